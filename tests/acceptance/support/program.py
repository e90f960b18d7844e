"""The program's client commands, run as scripts and people run them."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import select
import struct
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.server import clean_env


@dataclass
class Ran:
    """What came of a command."""

    code: int
    out: str
    err: str

    def ok(self, code: int = 0) -> Ran:
        """Fails unless the exit code is the one."""
        assert self.code == code, f"exit code {self.code}, expected {code}\n{self.out}\n{self.err}"
        return self

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def rows(self) -> list[dict[str, str]]:
        """The CSV that was written."""
        return list(csv.DictReader(io.StringIO(self.out)))


class Program:
    """The program, a folder that it runs in, and the variables it sees."""

    def __init__(self, binary: Path, folder: Path, **variables: str):
        self.binary = binary
        self.folder = folder
        self.variables = variables

    def __call__(self, *arguments: str | Path, input: bytes | None = None, binary_out: bool = False, **variables: str) -> Ran:
        """Runs a command without a terminal."""
        result = subprocess.run(
            [str(self.binary), *map(str, arguments)],
            input=input,
            stdin=subprocess.DEVNULL if input is None else None,
            capture_output=True,
            env=self._environment(variables),
            cwd=self.folder,
            timeout=120,
            start_new_session=True,
        )
        out = result.stdout.decode("latin-1" if binary_out else "utf-8")
        err = result.stderr.decode()
        assert "panicked at" not in err, err
        return Ran(result.returncode, out, err)

    def with_(self, **variables: str) -> Program:
        """The same with other variables."""
        return Program(self.binary, self.folder, **{**self.variables, **variables})

    def without(self, *names: str) -> Program:
        """The same without some variables."""
        return Program(self.binary, self.folder, **{k: v for k, v in self.variables.items() if k not in names})

    def on_a_terminal(self, *arguments: str, columns: int = 80, typed: str = "", **variables: str) -> Ran:
        """Runs a command on a terminal of its own; all that it prints is in `out`."""
        import fcntl
        import termios

        pid, master = pty.fork()
        if pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
            os.chdir(self.folder)
            os.execve(str(self.binary), [str(self.binary), *arguments], self._environment({"TERM": "xterm", **variables}))
        printed = b""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if not select.select([master], [], [], 1)[0]:
                continue
            try:
                piece = os.read(master, 65536)
            except OSError:
                break
            if not piece:
                break
            printed += piece
            if typed and b"assword" in printed:
                # The question is there a moment before what is typed is no longer shown.
                while termios.tcgetattr(master)[3] & termios.ECHO and time.monotonic() < end:
                    os.sched_yield()
                os.write(master, typed.encode() + b"\n")
                typed = ""
        os.close(master)
        _, status = os.waitpid(pid, 0)
        return Ran(os.waitstatus_to_exitcode(status), printed.decode(), "")

    def _environment(self, more: dict[str, str]) -> dict[str, str]:
        home = {"HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder / "settings")}
        return clean_env({**home, **self.variables, **more})
