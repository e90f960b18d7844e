"""The program's own settings file, so that commands reach several servers by the names of profiles."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from support.server import clean_env


@dataclass
class Profiles:
    """A settings file of a test's own, and the program that reads it."""

    binary: Path
    folder: Path
    known: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        return self.folder / "config.toml"

    def add(self, name: str, server: str, site: str, user: str, password: str) -> None:
        """Keeps a server, site and user under a name."""
        self.known[name] = {"server": server, "site": site, "username": user, "secret": password}
        text = ""
        for profile, settings in self.known.items():
            lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
            text += f"[profiles.{profile}]\n" + "\n".join(lines) + "\n"
        self.path.touch(mode=0o600)
        self.path.write_text(text)

    def environment(self) -> dict[str, str]:
        return clean_env({"VIVANT_CONFIG": str(self.path), "NO_PROXY": "127.0.0.1,localhost"})

    def run(self, *arguments: str, seconds: float = 120, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Runs the program to its end."""
        return subprocess.run(
            [str(self.binary), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env={**self.environment(), **(env or {})},
            timeout=seconds,
            cwd=self.folder,
        )

    def ok(self, *arguments: str, **options) -> str:
        """Runs the program, which must succeed, and returns what it printed."""
        result = self.run(*arguments, **options)
        assert result.returncode == 0, f"exit code {result.returncode}\n{result.stdout}\n{result.stderr}"
        return result.stdout

    def start(self, *arguments: str) -> subprocess.Popen:
        """Starts the program, to be killed."""
        return subprocess.Popen(
            [str(self.binary), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=self.environment(),
            cwd=self.folder,
        )
