"""Services that some tests need beside the server: a PostgreSQL, an S3 store, a directory."""

from __future__ import annotations

import os
import subprocess
import uuid
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

import pg8000.native
import pytest
from pyarrow.fs import FileSelector, S3FileSystem

ROOT = Path(__file__).resolve().parents[3]


class Service:
    """A service of `scripts/NAME serve`, which ends when its standard input closes."""

    def __init__(self, name: str):
        script = ROOT / "scripts" / name
        if not script.exists():
            pytest.fail(f"no {script}: set the VIVANT_TEST_{name.upper()}… variables that it would print")
        self.process = subprocess.Popen([str(script), "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.values: dict[str, str] = {}
        for line in self.process.stdout:
            if line.strip() == "ready":
                return
            name_, _, value = line.strip().partition("=")
            self.values[name_] = value
        pytest.fail(f"`{script} serve` ended with {self.process.wait()} before it was ready")

    def stop(self) -> None:
        """Ends the service."""
        self.process.stdin.close()
        self.process.wait(30)


class Postgres:
    """A PostgreSQL that gives each caller a database of its own."""

    def __init__(self) -> None:
        self.service: Service | None = None
        self.url = os.environ.get("VIVANT_TEST_POSTGRES_URL", "")
        if not self.url:
            self.service = Service("postgres")
            self.url = self.service.values["VIVANT_TEST_POSTGRES_URL"]
        self.databases: list[str] = []

    def connect(self, url: str) -> pg8000.native.Connection:
        """Opens a connection."""
        parts = urlsplit(url)
        return pg8000.native.Connection(
            unquote(parts.username or "postgres"),
            host=parts.hostname,
            port=parts.port or 5432,
            password=unquote(parts.password) if parts.password else None,
            database=parts.path.lstrip("/") or "postgres",
        )

    def database(self) -> str:
        """Creates an empty database and returns its address."""
        name = f"vivant_{uuid.uuid4().hex[:12]}"
        connection = self.connect(self.url)
        connection.run(f"create database {name}")
        connection.close()
        self.databases.append(name)
        return urlunsplit(urlsplit(self.url)._replace(path="/" + name))

    def dump(self, url: str) -> str:
        """Returns every row of every table as text, to look for what must not be there."""
        connection = self.connect(url)
        tables = connection.run(
            "select table_schema, table_name from information_schema.tables "
            "where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'"
        )
        rows = []
        for schema, table in tables:
            for (row,) in connection.run(f'select t::text from "{schema}"."{table}" t'):
                rows.append(row)
        connection.close()
        return "\n".join(rows)

    def stop(self) -> None:
        """Drops what was made and ends the service if this object started it."""
        if self.service:
            self.service.stop()
            return
        connection = self.connect(self.url)
        for name in self.databases:
            connection.run(f"drop database if exists {name} with (force)")
        connection.close()


class S3:
    """A bucket."""

    def __init__(self) -> None:
        self.service: Service | None = None
        self.values = {name: value for name, value in os.environ.items() if name.startswith("VIVANT_TEST_S3_")}
        if not self.values:
            self.service = Service("s3")
            self.values = self.service.values

    def __getitem__(self, name: str) -> str:
        return self.values[f"VIVANT_TEST_S3_{name}"]

    def options(self, prefix: str) -> list[str]:
        """Options of a server that keeps its content below a prefix of this bucket."""
        settings = f"endpoint={self['ENDPOINT']}&region={self['REGION']}&allow_http=true"
        return ["--storage-url", f"s3://{self['BUCKET']}/{prefix}?{settings}"]

    def env(self) -> dict[str, str]:
        """The keys of that bucket."""
        return {"AWS_ACCESS_KEY_ID": self["ACCESS_KEY_ID"], "AWS_SECRET_ACCESS_KEY": self["SECRET_ACCESS_KEY"]}

    def objects(self, prefix: str) -> dict[str, bytes]:
        """The objects below a prefix, as they lie there."""
        scheme, _, endpoint = self["ENDPOINT"].partition("://")
        files = S3FileSystem(
            access_key=self["ACCESS_KEY_ID"],
            secret_key=self["SECRET_ACCESS_KEY"],
            endpoint_override=endpoint,
            scheme=scheme,
            region=self["REGION"],
        )
        below = FileSelector(f"{self['BUCKET']}/{prefix}", allow_not_found=True, recursive=True)
        found = {}
        for info in files.get_file_info(below):
            if info.is_file:
                try:
                    with files.open_input_stream(info.path) as stream:
                        found[info.base_name] = stream.read()
                except OSError as error:
                    # What is swept meanwhile is not there, before it is opened or while it is read.
                    if not isinstance(error, FileNotFoundError) and "NOT_FOUND" not in str(error):
                        raise
        return found

    def stop(self) -> None:
        """Ends the service if this object started it."""
        if self.service:
            self.service.stop()


class Ldap:
    """A directory of two domains."""

    READER = "cn=reader,dc=example,dc=lan"

    def __init__(self) -> None:
        self.service: Service | None = None
        self.values = {name: value for name, value in os.environ.items() if name.startswith("VIVANT_TEST_LDAP_")}
        if not self.values:
            self.service = Service("ldap")
            self.values = self.service.values

    def __getitem__(self, name: str) -> str:
        return self.values[f"VIVANT_TEST_LDAP_{name}"]

    def options(self, *more: str, url: str | None = None) -> list[str]:
        """Options of a server that asks this directory; the domains come last."""
        return [
            "--ldap-kind", "openldap", "--ldap-url", url or self["URL"], "--ldap-bind-dn", self.READER, *more,
            "--ldap-domain", "example.lan/EXAMPLE=dc=example,dc=lan;other.lan=dc=other,dc=lan",
        ]  # fmt: skip

    def env(self) -> dict[str, str]:
        """The password of those options."""
        return {"VIVANT_LDAP_BIND_PASSWORD": self["PASSWORD"]}

    def add_person(self, uid: str, **attributes: str) -> None:
        """Adds somebody below People."""
        lines = [f"{name}: {value}" for name, value in attributes.items()]
        self._ldif("ldapadd", f"dn: uid={uid},ou=People,dc=example,dc=lan", "objectClass: inetOrgPerson", f"uid: {uid}",
                   f"cn: {uid}", f"sn: {uid}", *lines)  # fmt: skip

    def add_group(self, cn: str, people: list[str]) -> None:
        """Adds a group of people below Groups."""
        members = [f"member: uid={uid},ou=People,dc=example,dc=lan" for uid in people]
        self._ldif("ldapadd", f"dn: cn={cn},ou=Groups,dc=example,dc=lan", "objectClass: groupOfNames", f"cn: {cn}", *members)

    def modify(self, dn: str, *lines: str) -> None:
        """Changes one entry."""
        self._ldif("ldapmodify", dn, "changetype: modify", *lines)

    def rename(self, dn: str, new: str) -> None:
        """Gives one entry another name, and takes the old one off it."""
        self._ldif("ldapmodify", f"dn: {dn}", "changetype: modrdn", f"newrdn: {new}", "deleteoldrdn: 1")

    def remove(self, *names: str) -> None:
        """Takes entries away, those that are gone already, too."""
        for name in names:
            self._run(["ldapdelete", *self._root(), name], "", good=(0, 32))

    def _ldif(self, program: str, *lines: str) -> None:
        self._run([program, *self._root()], "\n".join(lines) + "\n", good=(0,))

    def _root(self) -> list[str]:
        return ["-x", "-H", self["URL"], "-D", "cn=root,dc=example,dc=lan", "-w", self["PASSWORD"]]

    @staticmethod
    def _run(command: list[str], text: str, good: tuple[int, ...]) -> None:
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=30)
        assert done.returncode in good, f"{command[0]}: {done.stderr}"

    def stop(self) -> None:
        """Ends the service if this object started it."""
        if self.service:
            self.service.stop()
