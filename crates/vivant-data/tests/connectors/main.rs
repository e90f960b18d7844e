//! Connectors against what they connect to: databases that are brought along or that the environment names, and files of Hyper.

mod hyper;
mod live;
mod push;

use vivant_data::spec::ConnectionSpec;
use vivant_data::{Credentials, DataError, DataFile, DataLimits, Files, Place};

/// One file, whatever is asked for.
struct One(DataFile);

impl Files for One {
    fn find(&self, _: &str) -> Result<DataFile, DataError> {
        Ok(self.0.clone())
    }
}

/// Where connectors read without credentials, without an engine, and without a guard.
fn place<'p>(files: &'p dyn Files, limits: &'p DataLimits) -> Place<'p> {
    Place {
        files,
        credentials: &|_| None,
        limits,
        hyper: None,
        guard: &|_| Ok(()),
    }
}

/// A server under test: `user:password@host:port/database` after the scheme.
fn server(variable: &str, class: &str) -> Option<(ConnectionSpec, Credentials)> {
    let url = std::env::var(variable).ok()?;
    let (user, rest) = url.split_once("://")?.1.rsplit_once('@')?;
    let (username, password) = user.split_once(':').unwrap_or((user, ""));
    let (address, database) = rest.split_once('/')?;
    let (host, port) = address.rsplit_once(':')?;
    let connection = ConnectionSpec::of_class(class)
        .with("server", host)
        .with("port", port)
        .with("dbname", database.split('?').next()?);
    let credentials = Credentials {
        username: username.to_owned(),
        password: password.to_owned(),
    };
    Some((connection, credentials))
}
