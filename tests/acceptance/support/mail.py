"""A mail server on loopback that keeps what arrives: aiosmtpd, with faults on demand."""

from __future__ import annotations

import asyncio
import datetime
import email
import email.policy
import ipaddress
import socket
import ssl
import threading
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from support.server import wait_until


class Mail:
    """One mail as it arrived."""

    def __init__(self, envelope, peer):
        self.sender: str = envelope.mail_from
        self.recipients: list[str] = list(envelope.rcpt_tos)
        self.raw: bytes = envelope.original_content
        self.peer = peer
        self.message: EmailMessage = email.message_from_bytes(self.raw, policy=email.policy.default)

    def __getitem__(self, header: str) -> str | None:
        value = self.message[header]
        return None if value is None else str(value)

    @property
    def text(self) -> str:
        return self.message.get_body(("plain",)).get_content()

    @property
    def html(self) -> str:
        return self.message.get_body(("html",)).get_content()

    @property
    def pictures(self) -> dict[str, bytes]:
        """The pictures by their Content-ID."""
        parts = [part for part in self.message.walk() if part.get_content_type() == "image/png"]
        return {part["Content-ID"].strip("<>"): part.get_content() for part in parts}

    @property
    def unsubscribe(self) -> str:
        return self["List-Unsubscribe"].strip("<>")


class PostOffice:
    """A mail server. `answers` are given to the next mails in place of taking them; with `hold` nothing is answered."""

    def __init__(self, *, tls: str | None = None, login: tuple[str, str] | None = None, folder: Path | None = None, port: int = 0):
        self.mails: list[Mail] = []
        self.tried: list[Mail] = []
        self.answers: list[str] = []
        self.names: list[str] = []
        self.hold = False
        self.login = login
        self.tls = tls
        self.port = port or free_port()
        self.context = None
        if tls:
            self.certificate, key = certificate(folder)
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(self.certificate, key)
        self._changed = threading.Lock()
        self._controller: Controller | None = None

    def start(self) -> PostOffice:
        options = {"enable_SMTPUTF8": True, "data_size_limit": 50_000_000}
        if self.login:
            options |= {"authenticator": self._check, "auth_required": True, "auth_require_tls": self.tls == "starttls"}
        if self.tls == "starttls":
            options |= {"tls_context": self.context, "require_starttls": True}
        self._controller = Controller(
            self, hostname="127.0.0.1", port=self.port, ssl_context=self.context if self.tls == "tls" else None, **options
        )
        self._controller.start()
        return self

    def stop(self) -> None:
        if self._controller:
            self._controller.stop(no_assert=True)
            self._controller = None

    def _check(self, server: SMTP, session, envelope, mechanism: str, data) -> AuthResult:
        given = tuple(part.decode() for part in data)
        self.names.append(given[0])
        return AuthResult(success=given == self.login, handled=False)

    async def handle_DATA(self, server: SMTP, session, envelope) -> str:
        mail = Mail(envelope, session.peer)
        with self._changed:
            self.tried.append(mail)
        while self.hold:
            await asyncio.sleep(0.02)
        with self._changed:
            if self.answers:
                return self.answers.pop(0)
            self.mails.append(mail)
        return "250 2.0.0 kept"

    def to(self, address: str) -> list[Mail]:
        """The mails to an address."""
        return [mail for mail in self.mails if address in mail.recipients]

    def wait_for(self, address: str, count: int = 1) -> list[Mail]:
        """Waits for the mails to an address."""
        return wait_until(lambda: len(self.to(address)) >= count and self.to(address), 60, f"mail to {address}")

    def options(self) -> list[str]:
        """What `vivant serve` is started with to send mail here."""
        options = ["--smtp-host", "127.0.0.1", "--smtp-port", str(self.port), "--smtp-tls", self.tls or "none"]
        options += ["--smtp-from", "Vivant Reports <reports@vivant.example>"]
        if self.tls:
            options += ["--smtp-ca", str(self.certificate)]
        if self.login:
            options += ["--smtp-user", self.login[0]]
        return options


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def certificate(folder: Path) -> tuple[Path, Path]:
    """Writes an authority's certificate for 127.0.0.1, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail acceptance")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / f"mail-{free_port()}.pem", folder / f"mail-{free_port()}.key"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return paths
