//! The encrypted stream under SQL Server's protocol: the driver comes without TLS, because what it would bring along
//! needs a second C library.
//!
//! Client and server agree on encryption in the first packet each, and their handshake travels inside packets of the
//! protocol. That happens here; the driver's own first packet stays here, and it gets the server's answer to ours.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::io::{AsyncRead as DriverRead, AsyncWrite as DriverWrite};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// The kind of packet that first packets and handshakes travel in.
const FIRST: u8 = 0x12;
/// Bytes before what a packet carries.
const HEAD: usize = 8;
/// Bytes that a packet of a handshake carries at most, as long as no other size is agreed on.
const MOST: usize = 4_096 - HEAD;

/// A connection of which the first packets were exchanged.
pub(super) struct Stream {
    inner: TlsStream<Handshake<TcpStream>>,
    /// The server's first packet, until the driver has read it.
    answer: Vec<u8>,
    at: usize,
    /// The driver's first packet, until it is whole.
    swallowed: Option<Vec<u8>>,
}

/// Agrees on encryption with the server and does it.
pub(super) async fn connect(
    mut tcp: TcpStream,
    host: &str,
    config: rustls::ClientConfig,
) -> io::Result<Stream> {
    tcp.set_nodelay(true)?;
    tcp.write_all(&first_packet()).await?;
    let mut answer = vec![0; HEAD];
    tcp.read_exact(&mut answer).await?;
    let length = usize::from(u16::from_be_bytes([answer[2], answer[3]]));
    if !(HEAD..=MOST + HEAD).contains(&length) {
        return Err(damaged("its first packet has no length"));
    }
    answer.resize(length, 0);
    tcp.read_exact(&mut answer[HEAD..]).await?;
    match option(&answer[HEAD..], 1) {
        // It encrypts everything, or insists on it.
        Some(1 | 3) => {}
        Some(_) => return Err(damaged("it offers no encryption; turn it on there")),
        None => return Err(damaged("it speaks another protocol")),
    }
    let name = ServerName::try_from(host.to_owned()).map_err(|_| damaged("its name is none"))?;
    let handshake = Handshake {
        inner: tcp,
        is_done: false,
        out: Vec::new(),
        sent: 0,
        head: [0; HEAD],
        got: 0,
        left: 0,
    };
    let mut inner = TlsConnector::from(Arc::new(config))
        .connect(name, handshake)
        .await?;
    inner.get_mut().0.is_done = true;
    Ok(Stream {
        inner,
        answer,
        at: 0,
        swallowed: Some(Vec::new()),
    })
}

fn damaged(message: &str) -> io::Error {
    io::Error::other(message.to_owned())
}

/// Writes the first packet: a version, and that everything is to be encrypted.
fn first_packet() -> Vec<u8> {
    // Each option: number, where its value is, how long it is.
    let options: [(u8, &[u8]); 5] = [
        (0, &[15, 0, 0, 0, 0, 0]),
        (1, &[1]),
        (2, &[0]),
        (3, &[0; 4]),
        (4, &[0]),
    ];
    let mut list = Vec::new();
    let mut values = Vec::new();
    for (number, value) in options {
        let at = options.len() * 5 + 1 + values.len();
        list.push(number);
        list.extend_from_slice(&(at as u16).to_be_bytes());
        list.extend_from_slice(&(value.len() as u16).to_be_bytes());
        values.extend_from_slice(value);
    }
    list.push(0xff);
    let body = [list, values].concat();
    [&head(body.len())[..], &body].concat()
}

fn head(body: usize) -> [u8; HEAD] {
    let [high, low] = ((body + HEAD) as u16).to_be_bytes();
    [FIRST, 1, high, low, 0, 0, 0, 0]
}

/// Returns the first byte of an option of a first packet.
fn option(body: &[u8], wanted: u8) -> Option<u8> {
    let found = body
        .chunks(5)
        .take_while(|chunk| chunk[0] != 0xff)
        .find(|chunk| chunk[0] == wanted)?;
    let at = usize::from(u16::from_be_bytes([*found.get(1)?, *found.get(2)?]));
    body.get(at).copied()
}

/// Puts what is written into packets, and takes what is read out of them, until the handshake is done.
struct Handshake<S> {
    inner: S,
    is_done: bool,
    /// What waits to be sent, and how much of it is.
    out: Vec<u8>,
    sent: usize,
    /// Of the packet that is read: its head, how much of it is there, how much of its body is not read.
    head: [u8; HEAD],
    got: usize,
    left: usize,
}

impl<S: AsyncWrite + Unpin> Handshake<S> {
    fn send(&mut self, ctx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.sent < self.out.len() {
            match ready!(Pin::new(&mut self.inner).poll_write(ctx, &self.out[self.sent..]))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                sent => self.sent += sent,
            }
        }
        self.out.clear();
        self.sent = 0;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Handshake<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        ctx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        // A packet that began before the end of the handshake is read to its end.
        if this.is_done && this.left == 0 && this.got == 0 {
            return Pin::new(&mut this.inner).poll_read(ctx, into);
        }
        while this.left == 0 {
            let mut head = ReadBuf::new(&mut this.head[this.got..]);
            ready!(Pin::new(&mut this.inner).poll_read(ctx, &mut head))?;
            match head.filled().len() {
                0 => return Poll::Ready(Ok(())),
                read => this.got += read,
            }
            if this.got == HEAD {
                this.got = 0;
                let length = usize::from(u16::from_be_bytes([this.head[2], this.head[3]]));
                this.left = length
                    .checked_sub(HEAD)
                    .ok_or_else(|| damaged("a packet has no length"))?;
            }
        }
        let most = this.left.min(into.remaining());
        let mut part = into.take(most);
        ready!(Pin::new(&mut this.inner).poll_read(ctx, &mut part))?;
        let read = part.filled().len();
        // The part is at the beginning of what is not filled, and this much of it was just written.
        let bytes = part.filled().to_vec();
        let _ = part;
        into.put_slice(&bytes);
        this.left -= read;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Handshake<S> {
    fn poll_write(self: Pin<&mut Self>, ctx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.is_done {
            ready!(this.send(ctx))?;
            return Pin::new(&mut this.inner).poll_write(ctx, bytes);
        }
        ready!(this.send(ctx))?;
        let taken = bytes.len().min(MOST);
        this.out.extend_from_slice(&head(taken));
        this.out.extend_from_slice(&bytes[..taken]);
        Poll::Ready(Ok(taken))
    }

    fn poll_flush(self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.send(ctx))?;
        Pin::new(&mut this.inner).poll_flush(ctx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.send(ctx))?;
        Pin::new(&mut this.inner).poll_shutdown(ctx)
    }
}

impl DriverRead for Stream {
    fn poll_read(self: Pin<&mut Self>, ctx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.at < this.answer.len() {
            let taken = into.len().min(this.answer.len() - this.at);
            into[..taken].copy_from_slice(&this.answer[this.at..this.at + taken]);
            this.at += taken;
            return Poll::Ready(Ok(taken));
        }
        let mut into = ReadBuf::new(into);
        ready!(Pin::new(&mut this.inner).poll_read(ctx, &mut into))?;
        Poll::Ready(Ok(into.filled().len()))
    }
}

impl DriverWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, ctx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let Some(first) = &mut this.swallowed else {
            return Pin::new(&mut this.inner).poll_write(ctx, bytes);
        };
        let length = match first.get(2..4) {
            Some(two) => usize::from(u16::from_be_bytes([two[0], two[1]])).max(HEAD),
            None => HEAD,
        };
        let taken = bytes.len().min(length - first.len().min(length));
        first.extend_from_slice(&bytes[..taken]);
        let length = match first.get(2..4) {
            Some(two) => usize::from(u16::from_be_bytes([two[0], two[1]])),
            None => usize::MAX,
        };
        if first.len() >= length {
            this.swallowed = None;
        }
        Poll::Ready(Ok(taken))
    }

    fn poll_flush(self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(ctx)
    }

    fn poll_close(self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(ctx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_packet_says_what_it_must() {
        let packet = first_packet();
        assert_eq!(
            usize::from(u16::from_be_bytes([packet[2], packet[3]])),
            packet.len()
        );
        assert_eq!(option(&packet[HEAD..], 0), Some(15));
        assert_eq!(option(&packet[HEAD..], 1), Some(1));
        assert_eq!(option(&packet[HEAD..], 9), None);
        assert_eq!(option(&[1], 1), None);
    }

    #[test]
    fn handshakes_travel_in_packets() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let (near, mut far) = tokio::io::duplex(64 << 10);
            let mut near = Handshake {
                inner: near,
                is_done: false,
                out: Vec::new(),
                sent: 0,
                head: [0; HEAD],
                got: 0,
                left: 0,
            };
            near.write_all(&[7; 5_000]).await.unwrap();
            near.flush().await.unwrap();
            let mut sent = vec![0; 5_000 + 2 * HEAD];
            far.read_exact(&mut sent).await.unwrap();
            assert_eq!(sent[..HEAD], head(MOST));
            assert_eq!(sent[HEAD + MOST..2 * HEAD + MOST], head(5_000 - MOST));
            far.write_all(&[&head(3)[..], b"abc", &head(2), b"de"].concat())
                .await
                .unwrap();
            let mut read = [0; 5];
            near.read_exact(&mut read).await.unwrap();
            assert_eq!(&read, b"abcde");
            near.is_done = true;
            far.write_all(b"plain").await.unwrap();
            near.read_exact(&mut read).await.unwrap();
            assert_eq!(&read, b"plain");
        });
    }
}
