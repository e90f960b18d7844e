//! A small runtime for drivers that are asynchronous: one thread for one statement.

use std::future::Future;
use std::sync::Arc;

use crate::batches::{Announcement, Batches};
use crate::error::{DataError, Result};

/// Runs a driver on a thread of its own until its statement is read.
pub(super) fn on_thread<F>(read: impl FnOnce(Announcement) -> F + Send + 'static) -> Result<Batches>
where
    F: Future<Output = Result<()>>,
{
    Batches::opened(move |announcement| {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| DataError::io("a thread for reading", error))?
            .block_on(read(announcement))
    })
}

/// Runs a driver on a thread of its own until it has an answer: whoever asks may be on a runtime already.
pub(super) fn answer<T, F>(ask: impl FnOnce() -> F + Send + 'static) -> Result<T>
where
    T: Send + 'static,
    F: Future<Output = Result<T>>,
{
    let io = |error| DataError::io("a thread for reading", error);
    let asking = std::thread::Builder::new()
        .name("data".to_owned())
        .spawn(move || {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(io)?
                .block_on(ask())
        });
    asking.map_err(io)?.join().map_err(|_| DataError::Cancelled)?
}

/// Makes the settings of encrypted connections: certificates are checked against those that the system trusts.
#[cfg(any(feature = "postgres", feature = "sqlserver"))]
pub(super) fn tls() -> Result<rustls::ClientConfig> {
    use rustls_platform_verifier::BuilderVerifierExt;

    let failed = |error: rustls::Error| DataError::Server {
        server: "TLS".to_owned(),
        message: error.to_string(),
    };
    Ok(
        rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(failed)?
            .with_platform_verifier()
            .map_err(failed)?
            .with_no_client_auth(),
    )
}

/// Makes the settings of encrypted connections to servers that may have any certificate: whoever listens on the way
/// learns nothing, whoever stands in the way does.
#[cfg(feature = "sqlserver")]
pub(super) fn tls_of_any() -> Result<rustls::ClientConfig> {
    use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
    use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
    use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
    use rustls::{DigitallySignedStruct, SignatureScheme};

    #[derive(Debug)]
    struct Any(Arc<CryptoProvider>);

    impl ServerCertVerifier for Any {
        fn verify_server_cert(
            &self,
            _: &CertificateDer<'_>,
            _: &[CertificateDer<'_>],
            _: &ServerName<'_>,
            _: &[u8],
            _: UnixTime,
        ) -> std::result::Result<ServerCertVerified, rustls::Error> {
            Ok(ServerCertVerified::assertion())
        }

        fn verify_tls12_signature(
            &self,
            message: &[u8],
            cert: &CertificateDer<'_>,
            signature: &DigitallySignedStruct,
        ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
            verify_tls12_signature(
                message,
                cert,
                signature,
                &self.0.signature_verification_algorithms,
            )
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            cert: &CertificateDer<'_>,
            signature: &DigitallySignedStruct,
        ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
            verify_tls13_signature(
                message,
                cert,
                signature,
                &self.0.signature_verification_algorithms,
            )
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            self.0.signature_verification_algorithms.supported_schemes()
        }
    }

    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = rustls::ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| DataError::Server {
            server: "TLS".to_owned(),
            message: error.to_string(),
        })?;
    Ok(versions
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Any(provider)))
        .with_no_client_auth())
}
