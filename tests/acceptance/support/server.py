"""A `vivant serve` process that a test starts, asks, kills and starts again."""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import threading
import time
from pathlib import Path

import requests

READY = re.compile(r"^vivant is ready at (https?://\S+)$")

# Generous, for a debug build on a busy machine; a server that works is ready in far less.
START_SECONDS = 60


class ServerFailed(Exception):
    """The server ended, or was not ready in time; the message holds what it printed."""


class Vivant:
    """One data folder and the server process over it."""

    def __init__(self, binary: Path, data_dir: Path | None, *arguments: str, env: dict[str, str] | None = None):
        self.binary = binary
        self.data_dir = data_dir
        self.arguments = list(arguments)
        self.env = env or {}
        self.process: subprocess.Popen[str] | None = None
        self.url = ""
        self.ready_seconds = 0.0
        self.stdout: list[str] = []
        self.stderr: list[str] = []

    def start(self) -> Vivant:
        """Starts the server and waits for the line that says it is ready."""
        self.stdout, self.stderr = [], []
        command = [str(self.binary), "serve", "--listen", "127.0.0.1:0"]
        if self.data_dir is not None:
            command += ["--data-dir", str(self.data_dir)]
        command += self.arguments
        begin = time.monotonic()
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=clean_env(self.env),
            cwd=self.data_dir.parent if self.data_dir else None,
        )
        ready: queue.Queue[str | None] = queue.Queue()
        self._readers = [
            threading.Thread(target=self._read, args=(self.process.stdout, self.stdout, ready), daemon=True),
            threading.Thread(target=self._read, args=(self.process.stderr, self.stderr, None), daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        try:
            while True:
                line = ready.get(timeout=max(0.1, START_SECONDS - (time.monotonic() - begin)))
                if line is None:
                    raise ServerFailed(f"ended with {self._reap()} before it was ready\n{self.output()}")
                found = READY.match(line)
                if found:
                    self.url = found.group(1).rstrip("/")
                    self.ready_seconds = time.monotonic() - begin
                    return self
        except queue.Empty:
            self.kill()
            raise ServerFailed(f"not ready after {START_SECONDS} s\n{self.output()}") from None

    @staticmethod
    def _read(stream, lines: list[str], ready: queue.Queue[str | None] | None) -> None:
        with stream:
            for line in stream:
                lines.append(line.rstrip("\n"))
                if ready is not None:
                    ready.put(lines[-1])
        if ready is not None:
            ready.put(None)

    def output(self) -> str:
        """Returns all that the process printed so far."""
        return "\n".join(["--- stdout", *self.stdout, "--- stderr", *self.stderr])

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def alive(self) -> bool:
        """Returns whether the process runs."""
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """Ends the process at once, as a power cut does."""
        if self.alive():
            self.process.send_signal(signal.SIGKILL)
        self._reap()

    def stop(self, seconds: float = 30) -> int:
        """Asks the server to end and returns its exit code."""
        if self.alive():
            self.process.send_signal(signal.SIGTERM)
        try:
            return self._reap(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise ServerFailed(f"still running {seconds} s after SIGTERM\n{self.output()}") from None

    def _reap(self, seconds: float | None = None) -> int:
        code = self.process.wait(seconds)
        # What it said last is read before anybody looks at it.
        for reader in self._readers:
            reader.join(5)
        return code

    def restart(self) -> Vivant:
        """Ends the server in order and starts it on the same data."""
        self.stop()
        return self.start()

    def __enter__(self) -> Vivant:
        return self if self.alive() else self.start()

    def __exit__(self, *_: object) -> None:
        if self.process is not None:
            self.stop()

    def admin(self, *arguments: str, input: str | None = None) -> subprocess.CompletedProcess[str]:
        """Runs `vivant admin …` on the data folder (and database) of this server."""
        return run(self.binary, "admin", *arguments, *self.admin_options(), env=self.env, input=input)

    def admin_options(self) -> list[str]:
        """Returns the options that say where the data is: those given to the server."""
        options = ["--data-dir", str(self.data_dir)]
        pairs = zip(self.arguments, self.arguments[1:])
        for name, value in pairs:
            if name in ("--database-url", "--storage-url"):
                options += [name, value]
        return options

    def check(self) -> None:
        """Fails unless `vivant admin check` finds nothing."""
        result = self.admin("check")
        assert result.returncode == 0, f"`admin check` found something:\n{result.stdout}\n{result.stderr}"

    def peak_memory(self) -> int:
        """Returns the largest resident size so far, in bytes."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) * 1024


def clean_env(extra: dict[str, str]) -> dict[str, str]:
    """Returns this process's environment without settings that would change a server, and with `extra`.

    Sessions that commands keep would outlive the servers of tests; who wants them names a folder.
    """
    settings = ("VIVANT_", "HYPERD_PATH")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(settings)}
    return {**kept, "RUST_BACKTRACE": "1", "VIVANT_SESSIONS": "none", **extra}


def run(
    binary: Path, *arguments: str, env: dict[str, str] | None = None, input: str | None = None, seconds: float = 60, cwd=None
) -> subprocess.CompletedProcess[str]:
    """Runs the program to its end, without a terminal."""
    return subprocess.run(
        [str(binary), *arguments],
        stdin=subprocess.DEVNULL if input is None else None,
        input=input,
        capture_output=True,
        text=True,
        env=clean_env(env or {}),
        timeout=seconds,
        cwd=cwd,
        start_new_session=True,
    )


def wait_until(condition, seconds: float = 20, what: str = "the condition"):
    """Polls until `condition()` is true and returns its value."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come true within {seconds} s")
        time.sleep(0.02)


def answers(url: str) -> bool:
    """Returns whether anything answers HTTP at the address."""
    try:
        requests.get(url, timeout=2)
        return True
    except requests.RequestException:
        return False
