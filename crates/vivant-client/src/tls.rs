//! Encrypted connections: rustls with ring, the system's trusted authorities, and more on request.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use rustls_platform_verifier::Verifier;

use crate::error::{Error, Result};

/// Who the client is to the server: its certificate, those above it, and its key.
pub(crate) type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// Makes the configuration of encrypted connections of a client without a certificate of its own.
pub(crate) fn config(
    extra: Vec<CertificateDer<'static>>,
    accept_invalid: bool,
    http2: bool,
) -> Result<ClientConfig> {
    config_as(None, extra, accept_invalid, http2)
}

/// Makes the configuration of encrypted connections.
pub(crate) fn config_as(
    identity: Option<Identity>,
    extra: Vec<CertificateDer<'static>>,
    accept_invalid: bool,
    http2: bool,
) -> Result<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = match accept_invalid {
        true => Arc::new(AcceptAny(Arc::clone(&provider))),
        false => Arc::new(Lazy {
            provider: Arc::clone(&provider),
            extra,
            made: OnceLock::new(),
        }),
    };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| Error::invalid(format!("no TLS version can be used: {e}")))?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some((chain, key)) => builder
            .with_client_auth_cert(chain, key)
            .map_err(|e| Error::invalid(format!("the client certificate cannot be used: {e}")))?,
    };
    config.alpn_protocols = match http2 {
        true => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        false => vec![b"http/1.1".to_vec()],
    };
    Ok(config)
}

/// Reads the client's certificate and its key from one PEM file.
pub(crate) fn read_identity(path: &Path) -> Result<Identity> {
    let shown = path.display();
    let bytes = std::fs::read(path)
        .map_err(|e| Error::file(format!("the client certificate {shown} cannot be read: {e}")))?;
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&bytes)
        .collect::<std::result::Result<_, _>>()
        .map_err(|e| Error::invalid(format!("the client certificate {shown} is damaged: {e}")))?;
    if chain.is_empty() {
        return Err(Error::invalid(format!(
            "{shown} holds no certificate in PEM form"
        )));
    }
    let key = PrivateKeyDer::from_pem_slice(&bytes).map_err(|_| {
        Error::invalid(format!(
            "{shown} holds no private key in PEM form without a password"
        ))
    })?;
    Ok((chain, key))
}

/// Reads certificates of authorities from a file, PEM or DER.
pub(crate) fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let bytes = std::fs::read(path)
        .map_err(|e| Error::file(format!("the CA file {} cannot be read: {e}", path.display())))?;
    let pem: Vec<_> = CertificateDer::pem_slice_iter(&bytes)
        .collect::<std::result::Result<_, _>>()
        .map_err(|e| Error::invalid(format!("the CA file {} is damaged: {e}", path.display())))?;
    if !pem.is_empty() {
        return Ok(pem);
    }
    // DER begins with the tag of a sequence.
    match bytes.first() {
        Some(0x30) => Ok(vec![CertificateDer::from(bytes)]),
        _ => Err(Error::invalid(format!(
            "the CA file {} holds no certificate",
            path.display()
        ))),
    }
}

/// Loads the system's authorities with the first encrypted connection: plain HTTP needs none, and
/// some containers have none.
struct Lazy {
    provider: Arc<CryptoProvider>,
    extra: Vec<CertificateDer<'static>>,
    made: OnceLock<std::result::Result<Verifier, rustls::Error>>,
}

impl Lazy {
    fn verifier(&self) -> std::result::Result<&Verifier, rustls::Error> {
        self.made
            .get_or_init(|| match self.extra.is_empty() {
                true => Verifier::new(Arc::clone(&self.provider)),
                false => {
                    Verifier::new_with_extra_roots(self.extra.iter().cloned(), Arc::clone(&self.provider))
                }
            })
            .as_ref()
            .map_err(Clone::clone)
    }
}

impl fmt::Debug for Lazy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lazy")
            .field("extra", &self.extra.len())
            .finish_non_exhaustive()
    }
}

impl ServerCertVerifier for Lazy {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        self.verifier()?
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(
            message,
            cert,
            dss,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(
            message,
            cert,
            dss,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// Takes any certificate, as the caller asked for; signatures are still checked.
struct AcceptAny(Arc<CryptoProvider>);

impl fmt::Debug for AcceptAny {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AcceptAny")
    }
}

impl ServerCertVerifier for AcceptAny {
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
        dss: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_certificates_is_refused() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), "not a certificate").expect("written");
        let error = read_certificates(file.path()).expect_err("no certificate");
        assert!(error.to_string().contains("holds no certificate"), "{error}");
        assert!(read_certificates(Path::new("/nonexistent/ca.pem")).is_err());
    }

    #[test]
    fn no_authority_is_loaded_before_it_is_needed() {
        let config = config(Vec::new(), false, true).expect("a configuration");
        assert_eq!(config.alpn_protocols, [b"h2".to_vec(), b"http/1.1".to_vec()]);
    }
}
