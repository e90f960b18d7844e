//! A small client of the PostgreSQL protocol: simple queries and COPY, nothing else.
//!
//! It blocks, so rows are pulled at the speed at which they are used, and needs no runtime.

use std::io::{self, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

use crate::error::{DataError, Result, shorten};

/// Where a server listens.
#[derive(Debug, Clone)]
pub(super) enum Address {
    /// A socket in the file system.
    #[cfg(unix)]
    Socket(std::path::PathBuf),
    /// A port of this machine.
    Port(SocketAddr),
}

trait Stream: Read + Write + Send {}
impl<S: Read + Write + Send> Stream for S {}

/// A connection.
pub(super) struct Wire {
    stream: BufReader<Box<dyn Stream>>,
}

/// A row of texts.
pub(super) type Row = Vec<Option<String>>;

/// Longest message that is held in memory.
const LONGEST: usize = 1 << 30;

impl Wire {
    /// Connects and signs in.
    pub fn connect(address: &Address) -> Result<Self> {
        let stream: Box<dyn Stream> = match address {
            #[cfg(unix)]
            Address::Socket(path) => Box::new(std::os::unix::net::UnixStream::connect(path).map_err(lost)?),
            Address::Port(address) => Box::new(TcpStream::connect(address).map_err(lost)?),
        };
        let mut wire = Self {
            stream: BufReader::with_capacity(256 << 10, stream),
        };
        let mut body = Vec::new();
        body.extend_from_slice(&196_608_i32.to_be_bytes());
        for text in ["user", "tableau_internal_user", "client_encoding", "UTF8"] {
            body.extend_from_slice(text.as_bytes());
            body.push(0);
        }
        body.push(0);
        let mut message = Vec::with_capacity(body.len() + 4);
        message.extend_from_slice(&length(body.len())?);
        message.extend_from_slice(&body);
        wire.write(&message)?;
        wire.until_ready(&mut |_, _| Ok(()))?;
        Ok(wire)
    }

    /// Runs statements whose rows do not matter.
    pub fn run(&mut self, sql: &str) -> Result<()> {
        self.rows(sql).map(drop)
    }

    /// Runs a query and collects its rows: for catalogs, not for data.
    pub fn rows(&mut self, sql: &str) -> Result<Vec<Row>> {
        self.query(sql)?;
        let mut rows = Vec::new();
        self.until_ready(&mut |kind, body| {
            if kind == b'D' {
                rows.push(row(body).ok_or_else(broken)?);
            }
            Ok(())
        })?;
        Ok(rows)
    }

    /// Begins a `COPY … TO STDOUT`; the bytes are read from what is returned.
    pub fn copy_out(mut self, sql: &str) -> Result<CopyOut> {
        self.query(sql)?;
        self.expect(b'H')?;
        Ok(CopyOut {
            wire: self,
            left: 0,
            ended: false,
        })
    }

    /// Begins a `COPY … FROM STDIN`; the bytes are written to what is returned.
    pub fn copy_in(&mut self, sql: &str) -> Result<CopyIn<'_>> {
        self.query(sql)?;
        self.expect(b'G')?;
        Ok(CopyIn { wire: self })
    }

    /// Reads up to the answer of this kind.
    fn expect(&mut self, wanted: u8) -> Result<()> {
        loop {
            let (kind, body) = self.message()?;
            match kind {
                kind if kind == wanted => return Ok(()),
                b'E' => {
                    self.until_ready(&mut |_, _| Ok(()))?;
                    return Err(refusal(&body));
                }
                b'Z' => return Err(broken()),
                _ => {}
            }
        }
    }

    fn query(&mut self, sql: &str) -> Result<()> {
        if sql.contains('\0') {
            return Err(broken());
        }
        self.send(b'Q', &[sql.as_bytes(), &[0]].concat())
    }

    fn send(&mut self, kind: u8, body: &[u8]) -> Result<()> {
        let mut head = [kind, 0, 0, 0, 0];
        head[1..].copy_from_slice(&length(body.len())?);
        self.write(&head)?;
        self.write(body)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.stream.get_mut().write_all(bytes).map_err(lost)
    }

    /// Reads the head of a message: its kind and the length of its body.
    fn head(&mut self) -> io::Result<(u8, usize)> {
        let mut head = [0; 5];
        self.stream.read_exact(&mut head)?;
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
        match length.checked_sub(4).filter(|length| *length <= LONGEST) {
            Some(length) => Ok((head[0], length)),
            None => Err(io::Error::from(io::ErrorKind::InvalidData)),
        }
    }

    fn body(&mut self, length: usize) -> io::Result<Vec<u8>> {
        let mut body = Vec::with_capacity(length.min(1 << 20));
        let read = self.stream.by_ref().take(length as u64).read_to_end(&mut body)?;
        if read < length {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
        }
        Ok(body)
    }

    fn message(&mut self) -> Result<(u8, Vec<u8>)> {
        let (kind, length) = self.head().map_err(lost)?;
        Ok((kind, self.body(length).map_err(lost)?))
    }

    /// Reads messages until the server is ready for the next query; the first error is returned then.
    fn until_ready(&mut self, each: &mut dyn FnMut(u8, &[u8]) -> Result<()>) -> Result<()> {
        let mut first: Option<DataError> = None;
        loop {
            let (kind, body) = self.message()?;
            match kind {
                b'Z' => return first.map_or(Ok(()), Err),
                b'E' => {
                    first.get_or_insert_with(|| refusal(&body));
                }
                // Asked for a password, which this server is told not to want.
                b'R' if body.first_chunk() != Some(&[0, 0, 0, 0]) => return Err(broken()),
                kind => {
                    if let Err(error) = each(kind, &body) {
                        first.get_or_insert(error);
                    }
                }
            }
        }
    }
}

/// The bytes of a `COPY … TO STDOUT`.
pub(super) struct CopyOut {
    wire: Wire,
    /// Bytes left of the message that is being read.
    left: usize,
    ended: bool,
}

impl Read for CopyOut {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.left == 0 {
            if self.ended {
                return Ok(0);
            }
            let (kind, length) = self.wire.head()?;
            match kind {
                b'd' => self.left = length,
                b'E' => {
                    let body = self.wire.body(length)?;
                    self.ended = true;
                    return Err(io::Error::other(refusal(&body).to_string()));
                }
                b'Z' => {
                    self.wire.body(length)?;
                    self.ended = true;
                }
                _ => drop(self.wire.body(length)?),
            }
        }
        let most = out.len().min(self.left);
        let read = self.wire.stream.read(&mut out[..most])?;
        if read == 0 && most > 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
        }
        self.left -= read;
        Ok(read)
    }
}

/// Where the bytes of a `COPY … FROM STDIN` go.
pub(super) struct CopyIn<'w> {
    wire: &'w mut Wire,
}

impl Write for CopyIn<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let most = bytes.len().min(1 << 20);
        self.wire
            .send(b'd', &bytes[..most])
            .map_err(|error| io::Error::other(error.to_string()))?;
        Ok(most)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl CopyIn<'_> {
    /// Says that everything was written and waits for the answer.
    pub fn finish(self) -> Result<()> {
        self.wire.send(b'c', &[])?;
        self.wire.until_ready(&mut |_, _| Ok(()))
    }

    /// Takes everything back.
    pub fn fail(self) {
        if self.wire.send(b'f', b"stopped\0").is_ok() {
            // The server answers with the error that it was told.
            let _ = self.wire.until_ready(&mut |_, _| Ok(()));
        }
    }
}

fn length(body: usize) -> Result<[u8; 4]> {
    i32::try_from(body + 4)
        .map(i32::to_be_bytes)
        .map_err(|_| broken())
}

fn row(body: &[u8]) -> Option<Row> {
    let (count, mut rest) = body.split_first_chunk::<2>()?;
    let mut row = Vec::new();
    for _ in 0..u16::from_be_bytes(*count) {
        let (length, after) = rest.split_first_chunk::<4>()?;
        rest = after;
        match usize::try_from(i32::from_be_bytes(*length)) {
            Err(_) => row.push(None),
            Ok(length) => {
                let (value, after) = rest.split_at_checked(length)?;
                rest = after;
                row.push(Some(String::from_utf8_lossy(value).into_owned()));
            }
        }
    }
    Some(row)
}

/// Makes an error of what the server said.
fn refusal(body: &[u8]) -> DataError {
    let mut message = String::new();
    for field in body.split(|byte| *byte == 0) {
        if let Some((b'M' | b'D', text)) = field.split_first() {
            let text = String::from_utf8_lossy(text);
            if !text.trim().is_empty() {
                message = match message.is_empty() {
                    true => text.trim().to_owned(),
                    false => format!("{message}: {}", text.trim()),
                };
            }
        }
    }
    DataError::Server {
        server: "hyperd".to_owned(),
        message: shorten(&message.replace(['\n', '\t'], " ")),
    }
}

fn lost(source: io::Error) -> DataError {
    DataError::io("the connection to hyperd", source)
}

fn broken() -> DataError {
    lost(io::Error::from(io::ErrorKind::InvalidData))
}
