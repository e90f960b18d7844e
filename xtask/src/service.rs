//! Services that tests need, each behind a script that runs until its standard input closes.
//!
//! Ending with the input means that a service also goes when this program is killed.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::say;

/// A service that a step of the test run asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    Mysql,
    Postgres,
    S3,
}

impl Service {
    /// The script below `scripts` that runs the service.
    fn script(self) -> &'static str {
        match self {
            Service::Mysql => "mysql",
            Service::Postgres => "postgres",
            Service::S3 => "s3",
        }
    }

    /// The variable that tells tests where the service is. Where it is set, the caller brings a service along.
    pub fn variable(self) -> &'static str {
        match self {
            Service::Mysql => "VIVANT_TEST_MYSQL_URL",
            Service::Postgres => "VIVANT_TEST_POSTGRES_URL",
            Service::S3 => "VIVANT_TEST_S3_URL",
        }
    }
}

/// A service that runs until this value is dropped.
pub struct Running {
    service: Service,
    child: Child,
    values: Vec<(String, String)>,
}

impl Running {
    /// Starts a service and waits until it is ready.
    pub fn start(root: &Path, service: Service) -> Result<Self, String> {
        let script = format!("scripts/{}", service.script());
        let child = Command::new("bash")
            .arg(&script)
            .arg("serve")
            .current_dir(root)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| format!("cannot start `{script}`: {e}"))?;
        // From here on `drop` ends the script, whatever happens below.
        let mut running = Self {
            service,
            child,
            values: Vec::new(),
        };
        let output = running
            .child
            .stdout
            .take()
            .expect("the output was asked for as a pipe");
        for line in BufReader::new(output).lines() {
            let line = line.map_err(|e| format!("cannot read what `{script}` prints: {e}"))?;
            match line.split_once('=') {
                _ if line == "ready" => return running.with_its_variable(),
                Some((name, value)) => running.values.push((name.to_owned(), value.to_owned())),
                None => {
                    return Err(format!(
                        "`{script} serve` printed `{line}`, which is not NAME=value"
                    ));
                }
            }
        }
        Err(format!("`{script} serve` ended before it was ready"))
    }

    fn with_its_variable(self) -> Result<Self, String> {
        let variable = self.service.variable();
        if self.values.iter().any(|(name, _)| name == variable) {
            Ok(self)
        } else {
            Err(format!(
                "`scripts/{} serve` did not print {variable}",
                self.service.script()
            ))
        }
    }

    /// Which service this is.
    pub fn service(&self) -> Service {
        self.service
    }

    /// The variables that tell tests where the service is.
    pub fn values(&self) -> &[(String, String)] {
        &self.values
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        if let Err(e) = self.child.wait() {
            say(format!(
                "cannot wait for `scripts/{}`: {e}",
                self.service.script()
            ));
        }
    }
}
