//! The `hyperd` process: started, found again, ended.

use std::io::{self, Read};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::wire::{Address, Wire};
use crate::error::{DataError, Result};

/// File name of the program.
pub(super) const PROGRAM: &str = if cfg!(windows) { "hyperd.exe" } else { "hyperd" };

/// How long the program may take to start.
const START: Duration = Duration::from_secs(60);

/// A running `hyperd`.
#[derive(Debug)]
pub(super) struct Server {
    child: Mutex<Child>,
    /// The program ends itself when this connection does, so it never outlives this process.
    _alive: TcpStream,
    address: Address,
    /// Socket and log.
    _folder: TempDir,
}

impl Server {
    /// Starts the program and waits until it listens.
    pub fn start(program: &Path) -> Result<Self> {
        let failed = |source: io::Error| DataError::io(format!("`{}`", program.display()), source);
        // Readable by this user only.
        let folder = tempfile::Builder::new()
            .prefix("hyper-")
            .tempdir()
            .map_err(failed)?;
        let callback = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed)?;
        let port = callback.local_addr().map_err(failed)?.port();
        let (listen, own) = listen_on(folder.path());
        let nowhere = folder.path().join("no-files");
        let mut child = Command::new(program)
            .arg("run")
            .args(["--listen-connection", &listen])
            .args(["--callback-connection", &format!("tab.tcp://127.0.0.1:{port}")])
            .args([
                "--init-user",
                "tableau_internal_user",
                "--no-password",
                "--skip-license",
            ])
            .arg("--log-dir")
            .arg(folder.path())
            // No statement may read or write a file that is not attached as a database.
            .arg(format!("--external-file-whitelist={}", nowhere.display()))
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(failed)?;
        match accept(&callback, &mut child) {
            Ok((alive, told)) => {
                let address = match own {
                    Some(address) => address,
                    None => told.ok_or_else(|| refused(program, "it did not say where it listens"))?,
                };
                Ok(Self {
                    child: Mutex::new(child),
                    _alive: alive,
                    address,
                    _folder: folder,
                })
            }
            Err(message) => {
                let log = std::fs::read_to_string(folder.path().join("hyperd.log")).unwrap_or_default();
                // It may have ended already.
                let _ = child.kill();
                let _ = child.wait();
                let last = log.lines().last().unwrap_or_default();
                Err(refused(program, &format!("{message} {last}")))
            }
        }
    }

    /// Tells whether the program still runs.
    pub fn is_alive(&self) -> bool {
        self.child
            .lock()
            .is_ok_and(|mut child| matches!(child.try_wait(), Ok(None)))
    }

    /// Opens a connection.
    pub fn connect(&self) -> Result<Wire> {
        Wire::connect(&self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Ok(child) = self.child.get_mut() {
            // It may have ended already; the folder goes after it.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn refused(program: &Path, message: &str) -> DataError {
    DataError::Server {
        server: format!("`{}`", program.display()),
        message: message.trim().to_owned(),
    }
}

/// Chooses where the program listens: a socket in its folder where there are such, else a port that it finds.
fn listen_on(folder: &Path) -> (String, Option<Address>) {
    #[cfg(unix)]
    {
        let socket = folder.join("h");
        // The kernel's limit for such paths is 107 bytes.
        if socket.as_os_str().len() < 100 && socket.to_str().is_some() {
            return (
                format!("tab.domain://{}/domain/h", folder.display()),
                Some(Address::Socket(socket)),
            );
        }
    }
    let _ = folder;
    ("tab.tcp://127.0.0.1:0".to_owned(), None)
}

/// Waits for the program's call; it says where it listens.
fn accept(
    callback: &TcpListener,
    child: &mut Child,
) -> std::result::Result<(TcpStream, Option<Address>), String> {
    callback
        .set_nonblocking(true)
        .map_err(|error| error.to_string())?;
    let begin = Instant::now();
    let mut stream = loop {
        match callback.accept() {
            Ok((stream, _)) => break stream,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.to_string()),
        }
        if let Ok(Some(status)) = child.try_wait() {
            return Err(format!("it ended at once ({status})"));
        }
        if begin.elapsed() > START {
            return Err(format!("it did not start within {} seconds", START.as_secs()));
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    stream.set_nonblocking(false).map_err(|error| error.to_string())?;
    stream
        .set_read_timeout(Some(START))
        .map_err(|error| error.to_string())?;
    // A length, an address, a zero.
    let mut told = [0; 1024];
    let read = stream.read(&mut told).map_err(|error| error.to_string())?;
    let told = String::from_utf8_lossy(&told[..read]);
    let address = told
        .split_once("tab.tcp://")
        .and_then(|(_, rest)| rest.split('\0').next()?.parse().ok())
        .map(Address::Port);
    Ok((stream, address))
}
