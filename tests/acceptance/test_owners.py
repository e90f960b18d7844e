"""`vivant workbooks owners` beside the script that users write: the same rows from the same server."""

import csv
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from conftest import ADMIN, ADMIN_PASSWORD
from support import content, seed
from support.rest import Rest, element, ts_request
from support.server import run

WORKBOOKS = 1000
OWNERS = 50
SCRIPT = Path(__file__).parent / "support" / "owners_script.py"

# Exit codes of the program, as `vivant --help` prints them.
USAGE, AUTHORIZATION, NETWORK = 2, 3, 7


@pytest.fixture(scope="module")
def library(_servers):
    """A server with a thousand workbooks of fifty owners, some with names that CSV must quote."""
    world = {
        "sites": [
            {
                "name": "Default",
                "contentUrl": "",
                "users": [
                    {
                        "name": f"owner{number:02}",
                        "siteRole": "Creator",
                        "tokens": [{"name": "list", "value": f"token-value-of-owner-{number:02}"}],
                    }
                    for number in range(OWNERS)
                ],
                "projects": [
                    {
                        "name": "Library",
                        "permissions": [{"group": "All Users", "allow": ["Read", "Write"]}],
                        "defaultPermissions": {"workbooks": [{"group": "All Users", "deny": ["Read"]}]},
                    }
                ],
            }
        ]
    }
    server = _servers(seeded=False)
    server.arguments += ["--seed", str(seed.write(server.data_dir.parent, world, {}))]
    server.start()
    small, large = content.twb(), content.twbx(files={"noise.bin": content.noise(2 << 20, 1)})
    place = Rest(server.url).sign_in(ADMIN, ADMIN_PASSWORD).project("Library")

    def publish(owner: int) -> None:
        # By token: fifty password hashes would take longer than the thousand workbooks.
        session = Rest(server.url, "3.6").sign_in_with_token("list", f"token-value-of-owner-{owner:02}")
        for number in range(owner, WORKBOOKS, OWNERS):
            name = f'Book "{number}", ümläut; more' if number % 10 == 0 else f"Book {number}"
            session.publish_workbook(name, large if number % 97 == 0 else small, place).ok(201)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(publish, range(OWNERS)))
    yield server
    server.stop()
    server.check()


def rows_of(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def owners(library, binary, *options: str, cwd: Path, env: dict[str, str] | None = None, **more):
    return run(binary, "workbooks", "owners", "--server", library.url, *options, env=env, cwd=cwd, **more)


def script(library, *options: str, secret: str, cwd: Path) -> None:
    subprocess.run(
        [sys.executable, str(SCRIPT), "--site_url", library.url, "--site_id", "", *options],
        env={**os.environ, "OWNERS_SECRET": secret},
        cwd=cwd,
        check=True,
        timeout=120,
    )


@pytest.mark.slow
def test_the_script_and_the_command_agree(library, binary, tmp_path, capsys):
    begin = time.monotonic()
    script(library, "--username", ADMIN, secret=ADMIN_PASSWORD, cwd=tmp_path)
    between = time.monotonic()
    result = owners(
        library, binary, "--username", ADMIN, "--output", "ours.csv", cwd=tmp_path, env={"VIVANT_PASSWORD": ADMIN_PASSWORD}
    )
    end = time.monotonic()
    assert result.returncode == 0, result.stderr
    theirs, ours = rows_of(tmp_path / "list_workbooks.csv"), rows_of(tmp_path / "ours.csv")
    assert list(ours[0]) == ["workbook_name", "size", "owner_name"]
    assert len(ours) == WORKBOOKS and len({row["owner_name"] for row in ours}) == OWNERS
    assert {row["size"] for row in ours} >= {"2"} or {row["size"] for row in ours} >= {"3"}

    def order(row: dict[str, str]) -> tuple[str, ...]:
        return row["workbook_name"], row["owner_name"]

    assert sorted(ours, key=order) == sorted(theirs, key=order)
    with capsys.disabled():
        print(f"\nowners of {WORKBOOKS} workbooks: script {between - begin:.1f} s, command {end - between:.1f} s")


@pytest.mark.slow
def test_only_what_the_caller_may_see(library, binary, tmp_path):
    """An owner sees the own books alone; by token this time."""
    script(library, "--token_name", "list", secret="token-value-of-owner-07", cwd=tmp_path)
    result = owners(
        library, binary, "--token-name", "list", "--output", "ours.csv", cwd=tmp_path,
        env={"VIVANT_TOKEN_VALUE": "token-value-of-owner-07"},
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    theirs, ours = rows_of(tmp_path / "list_workbooks.csv"), rows_of(tmp_path / "ours.csv")
    assert len(ours) == WORKBOOKS // OWNERS and {row["owner_name"] for row in ours} == {"owner07"}
    assert sorted(row["workbook_name"] for row in ours) == sorted(row["workbook_name"] for row in theirs)


def test_secret_from_a_file(library, binary, tmp_path):
    (tmp_path / "secret").write_text(ADMIN_PASSWORD + "\n")
    (tmp_path / "token").write_text("token-value-of-owner-03\n")
    for options in (
        ["--username", ADMIN, "--password-file", "secret"],
        ["--token-name", "list", "--token-file", "token"],
        ["--username", ADMIN, "--password-file", "secret", "--site", ""],
    ):
        result = owners(library, binary, *options, "--output", "ours.csv", cwd=tmp_path)
        assert result.returncode == 0, result.stderr
        assert rows_of(tmp_path / "ours.csv")
        (tmp_path / "ours.csv").unlink()


def test_default_output(library, binary, tmp_path):
    result = owners(
        library, binary, "--token-name", "list", cwd=tmp_path, env={"VIVANT_TOKEN_VALUE": "token-value-of-owner-03"}
    )
    assert result.returncode == 0, result.stderr
    assert len(rows_of(tmp_path / "list_workbooks.csv")) == WORKBOOKS // OWNERS


def test_no_secret_is_printed(library, binary, tmp_path):
    for level in ("debug", "info", "error"):
        result = owners(
            library, binary, "--username", ADMIN, "--output", "ours.csv", "--logging-level", level, cwd=tmp_path,
            env={"VIVANT_PASSWORD": ADMIN_PASSWORD},
        )  # fmt: skip
        assert result.returncode == 0, result.stderr
        assert ADMIN_PASSWORD not in result.stdout + result.stderr


def test_it_signs_out(library, binary, tmp_path):
    """Nothing is left of its session: with strict tokens or without, a list of sessions does not grow."""
    result = owners(
        library, binary, "--username", ADMIN, "--output", "ours.csv", "--logging-level", "debug", cwd=tmp_path,
        env={"VIVANT_PASSWORD": ADMIN_PASSWORD},
    )  # fmt: skip
    assert result.returncode == 0
    assert "signout" in result.stderr.lower() or "sign" in result.stderr.lower(), result.stderr[-2000:]


def test_wrong_secret(library, binary, tmp_path):
    for options, env in (
        (["--username", ADMIN], {"VIVANT_PASSWORD": "wrong"}),
        (["--token-name", "list"], {"VIVANT_TOKEN_VALUE": "wrong"}),
        (["--username", ADMIN, "--site", "nowhere"], {"VIVANT_PASSWORD": ADMIN_PASSWORD}),
    ):
        result = owners(library, binary, *options, cwd=tmp_path, env=env)
        assert result.returncode == AUTHORIZATION, (result.returncode, result.stderr)
        assert result.stderr.strip() and "wrong" not in result.stderr
    assert not (tmp_path / "list_workbooks.csv").exists()


def test_no_server(library, binary, tmp_path):
    begin = time.monotonic()
    result = run(
        binary, "workbooks", "owners", "--server", "http://127.0.0.1:9", "--username", ADMIN,
        env={"VIVANT_PASSWORD": "x"}, cwd=tmp_path,
    )  # fmt: skip
    assert result.returncode == NETWORK, (result.returncode, result.stderr)
    assert "127.0.0.1:9" in result.stderr
    assert time.monotonic() - begin < 30


def test_no_secret_and_no_terminal(library, binary, tmp_path):
    """It never waits where nobody can type."""
    for options, missing in (
        (["--username", ADMIN], "VIVANT_PASSWORD"),
        (["--token-name", "list"], "VIVANT_TOKEN_VALUE"),
    ):
        begin = time.monotonic()
        result = owners(library, binary, *options, cwd=tmp_path)
        assert time.monotonic() - begin < 5
        assert result.returncode == USAGE, (result.returncode, result.stderr)
        assert missing in result.stderr


@pytest.mark.parametrize(
    "options",
    [
        ["--username", "a", "--token-name", "b"],
        [],
        ["--username", "a", "--nonsense"],
        ["--username", "a", "--password-file", "/no/such/file"],
    ],
)
def test_unusable_command_lines(library, binary, tmp_path, options):
    result = owners(library, binary, *options, cwd=tmp_path)
    assert result.returncode == USAGE, (result.returncode, result.stderr)


def test_output_that_cannot_be_written(library, binary, tmp_path):
    result = owners(
        library, binary, "--username", ADMIN, "--output", "no/such/folder/x.csv", cwd=tmp_path,
        env={"VIVANT_PASSWORD": ADMIN_PASSWORD},
    )  # fmt: skip
    assert result.returncode not in (0,), result.stderr
    assert "x.csv" in result.stderr


def test_of_another_site(library, binary, tmp_path):
    Rest(library.url).sign_in(ADMIN, ADMIN_PASSWORD).post(
        "/sites", ts_request(element("site", name="Empty", contentUrl="empty"))
    ).ok(201)
    result = owners(
        library, binary, "--username", ADMIN, "--site", "empty", "--output", "empty.csv", cwd=tmp_path,
        env={"VIVANT_PASSWORD": ADMIN_PASSWORD},
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "empty.csv").read_text().strip() == "workbook_name,size,owner_name"
