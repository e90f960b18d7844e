"""The program itself: `vivant serve` with its settings, `vivant admin`, and what they leave on disk."""

from __future__ import annotations

import datetime
import io
import ipaddress
import re
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
import tableauserverclient as TSC
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from conftest import ADMIN, ADMIN_PASSWORD
from support import content, seed
from support.content import Connection
from support.rest import Rest, element, ts_request
from support.server import ServerFailed, Vivant, answers, clean_env, run, wait_until
from support.tsc import connect


@pytest.fixture
def bare(binary, tmp_path):
    """Makes servers without any options of the fixtures, and stops them."""
    made: list[Vivant] = []

    def bare(data_dir: Path | None, *arguments: str, env: dict[str, str] | None = None) -> Vivant:
        server = Vivant(binary, data_dir, *arguments, env=env)
        made.append(server)
        return server

    yield bare
    for server in made:
        if server.alive():
            server.kill()


def signs_in(url: str, name: str, password: str) -> bool:
    body = ts_request(element("credentials", element("site", contentUrl=""), name=name, password=password))
    answer = Rest(url).post("/auth/signin", body)
    assert answer.status in (200, 401), str(answer)
    return answer.status == 200


# Starting


def test_first_start_needs_nothing(bare, binary, tmp_path):
    """Without any option: a data folder here, an administrator with a password that is printed once."""
    port = free_port()
    process = subprocess.Popen(
        [binary, "serve", "--listen", f"127.0.0.1:{port}"],
        cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: answers(url + "/readyz"), 30, "readiness")
        assert (tmp_path / "vivant-data").is_dir()
    finally:
        process.send_signal(signal.SIGTERM)
        printed = process.communicate(timeout=30)[0]
    line = next(line for line in printed.splitlines() if "password" in line.lower())
    words = [word.strip("`'\".,:;()") for word in line.split()]

    again = bare(tmp_path / "vivant-data")
    with again:
        (password,) = [word for word in words if len(word) >= 12 and signs_in(again.url, "admin", word)]
        assert not signs_in(again.url, "admin", "")
        rest = Rest(again.url).sign_in("admin", password)
        assert [one.get("name") for one in rest.get("/sites").all("sites/site")] == ["Default"]
        assert [one.get("name") for one in rest.get("/sites/{site}/projects").all("projects/project")] == ["Default"]
        assert [one.get("name") for one in rest.get("/sites/{site}/groups").all("groups/group")] == ["All Users"]
    assert password not in again.output(), "the password is printed once"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def test_ready_line_comes_first(live):
    assert re.fullmatch(r"vivant is ready at http://127\.0\.0\.1:\d+", live.stdout[0])


def test_readiness_on_existing_data(new_server, capsys):
    server = new_server().start()
    first = server.ready_seconds
    server.stop()
    times = []
    for _ in range(3):
        server.start()
        assert requests.get(server.url + "/readyz", timeout=5).status_code == 200
        times.append(server.ready_seconds)
        server.stop()
    with capsys.disabled():
        print(f"\nready after {first:.2f} s with a seed, after {min(times):.2f} s on existing data (debug build)")
    assert min(times) < 5


def test_health(live):
    for path in ("/healthz", "/readyz"):
        answer = requests.get(live.url + path, timeout=5)
        assert answer.status_code == 200
        assert requests.head(live.url + path, timeout=5).status_code == 200


def test_a_page_for_browsers(live):
    answer = requests.get(live.url, timeout=5)
    assert answer.status_code == 200 and "html" in answer.headers["Content-Type"]


# Settings


def test_environment(bare, tmp_path):
    server = bare(None, env={
        "VIVANT_DATA_DIR": str(tmp_path / "from-env"), "VIVANT_ADMIN_NAME": "root", "VIVANT_ADMIN_PASSWORD": "from the environment",
    })  # fmt: skip
    with server:
        assert signs_in(server.url, "root", "from the environment")
    assert (tmp_path / "from-env" / "vivant.db").exists()


def test_option_before_environment_before_file(bare, tmp_path):
    file = tmp_path / "vivant.toml"
    file.write_text(
        f'data_dir = "{tmp_path / "file"}"\nadmin_name = "file"\nadmin_password = "password of the file"\nsamples = false\n'
    )
    server = bare(None, "--config", str(file))
    with server:
        assert signs_in(server.url, "file", "password of the file")
    assert (tmp_path / "file").is_dir()

    environment = {"VIVANT_DATA_DIR": str(tmp_path / "env"), "VIVANT_ADMIN_NAME": "env"}
    server = bare(None, "--config", str(file), env=environment)
    with server:
        assert signs_in(server.url, "env", "password of the file")
    assert (tmp_path / "env").is_dir()

    server = bare(tmp_path / "option", "--config", str(file), "--admin-name", "option", env=environment)
    with server:
        assert signs_in(server.url, "option", "password of the file")

    server = bare(None, env={"VIVANT_CONFIG": str(file), "VIVANT_DATA_DIR": str(tmp_path / "by-env"), "VIVANT_ADMIN_NAME": "x"})
    with server:
        assert signs_in(server.url, "x", "password of the file")


def test_mistakes_in_the_settings_file(bare, tmp_path):
    file = tmp_path / "vivant.toml"
    for text, word in (
        ("admin_nmae = 'x'", "admin_nmae"),
        ("listen = [", "vivant.toml"),
        ("token_idle_minutes = 'x'", "token_idle_minutes"),
    ):
        file.write_text(text)
        with pytest.raises(ServerFailed, match=word):
            bare(tmp_path / "data", "--config", str(file)).start()
    with pytest.raises(ServerFailed, match="missing.toml"):
        bare(tmp_path / "data", "--config", str(tmp_path / "missing.toml")).start()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--listen", "nonsense"], "nonsense"),
        (["--database-url", "mysql://x"], "mysql"),
        (["--storage-url", "ftp://x"], "ftp"),
        (["--tls-cert", "cert.pem"], "tls-key"),
        (["--seed", "no-such-seed.yaml"], "no-such-seed.yaml"),
        (["--token-idle-minutes", "0"], "token-idle-minutes"),
        (["--nonsense"], "--nonsense"),
        (["--database-url", "postgres://nobody:x@127.0.0.1:9/x"], "127.0.0.1"),
    ],
)
def test_unusable_settings(binary, tmp_path, arguments, words):
    result = run(binary, "serve", "--data-dir", str(tmp_path / "data"), *arguments, seconds=60)
    assert result.returncode not in (0, 101), result.stderr
    assert words in result.stderr and "panicked" not in result.stderr


def test_address_in_use(live, binary, tmp_path):
    address = urlsplit(live.url).netloc
    result = run(binary, "serve", "--data-dir", str(tmp_path / "data"), "--listen", address)
    assert result.returncode != 0 and address in result.stderr, result.stderr


def test_admin_password_counts_at_the_first_start_alone(bare, tmp_path):
    first = bare(tmp_path / "data", "--admin-password", "the first password")
    with first:
        pass
    second = bare(tmp_path / "data", "--admin-password", "another password")
    with second:
        assert signs_in(second.url, "admin", "the first password")
        assert not signs_in(second.url, "admin", "another password")


def test_ephemeral(bare, tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    server = bare(
        None, "--ephemeral", "--seed", str(seed.write(tmp_path)),
        env={"TMPDIR": str(scratch), "VIVANT_ADMIN_PASSWORD": ADMIN_PASSWORD},
    )  # fmt: skip
    with server:
        rest = Rest(server.url).sign_in(*seed.ADA)
        rest.publish_workbook("Fleeting", content.twb()).status
        assert any(scratch.iterdir()), "nothing is kept where temporary files belong"
    assert not any(scratch.iterdir()), f"left behind: {list(scratch.rglob('*'))[:5]}"
    assert not (Path.cwd() / "vivant-data").exists()


def test_samples(bare, tmp_path):
    server = bare(tmp_path / "data", "--samples", env={"VIVANT_ADMIN_PASSWORD": ADMIN_PASSWORD})
    for _ in range(2):
        with server:
            tsc = connect(server, "admin", ADMIN_PASSWORD)
            books = list(TSC.Pager(tsc.workbooks))
            assert books and len({(book.project_id, book.name) for book in books}) == len(books)
            for book in books:
                tsc.workbooks.populate_views(book)
                kinds = [view.sheet_type for view in book.views]
                assert kinds, book.name
            saved = io.BytesIO()
            tsc.workbooks.download(books[0].id, saved)
            assert saved.getvalue()


def test_seed_twice(new_server):
    """A seed on data that has it already changes nothing and is no error."""
    server = new_server().start()
    tsc = connect(server, ADMIN, ADMIN_PASSWORD)
    before = {(book.id, book.name) for book in TSC.Pager(tsc.workbooks)}
    server.restart()
    tsc = connect(server, ADMIN, ADMIN_PASSWORD)
    assert {(book.id, book.name) for book in TSC.Pager(tsc.workbooks)} == before
    connect(server, *seed.ADA)


@pytest.mark.parametrize(
    ("world", "words"),
    [
        ({"sites": [{"name": "Default", "contentUrl": "", "workbooks": [{"file": "gone.twb"}]}]}, "gone.twb"),
        ({"sites": [{"name": "Default", "contentUrl": "", "users": [{"name": "x", "siteRole": "Emperor"}]}]}, "Emperor"),
        ({"sites": [{"name": "Default", "contentUrl": "", "groups": [{"name": "g", "users": ["nobody"]}]}]}, "nobody"),
        ({"sites": [{"name": "Default", "contentUrl": "", "projcts": []}]}, "projcts"),
        (
            {
                "sites": [
                    {
                        "name": "Default",
                        "contentUrl": "",
                        "projects": [{"name": "p", "permissions": [{"group": "All Users", "allow": ["Fly"]}]}],
                    }
                ]
            },
            "Fly",
        ),
    ],
)
def test_mistakes_in_a_seed(bare, tmp_path, world, words):
    path = seed.write(tmp_path, world, {})
    with pytest.raises(ServerFailed, match=words):
        bare(tmp_path / "data", "--seed", str(path), env={"VIVANT_ADMIN_PASSWORD": ADMIN_PASSWORD}).start()


def test_seeded_rights(live):
    """A user without rights does not see the workbook, and direct access answers as it must."""
    admin, grace = Rest(live.url).sign_in(ADMIN, ADMIN_PASSWORD), Rest(live.url).sign_in(*seed.GRACE)
    secret = admin.get("/sites/{site}/workbooks", params={"filter": "name:eq:Secret"}).get("workbooks/workbook", "id")
    assert secret not in grace.ids("workbooks") and secret in Rest(live.url).sign_in(*seed.ADA).ids("workbooks")
    path = f"/sites/{{site}}/workbooks/{secret}"
    grace.get(path).refused(403, "403018")
    grace.get(path + "/content").refused(403, "403019")
    grace.get(path + "/views").refused(403, "403004")
    grace.get(path + "/connections").refused(403, "403021")
    grace.put(path, ts_request(element("workbook", showTabs=True))).refused(403, "403027")
    answer = grace.delete(path)
    assert answer.status == 403, str(answer)
    admin.get(path).ok(200)


# Stopping


@pytest.mark.slow
def test_shutdown_finishes_what_runs(new_server):
    """A download under way is finished, new requests are not taken, and the exit code is 0."""
    server = new_server(seeded=False).start()
    rest = Rest(server.url).sign_in(ADMIN, ADMIN_PASSWORD)
    data = content.twbx(files={"noise.bin": content.noise(50 << 20, 4)})
    book = rest.publish_workbook("Long", data).ok(201).get("workbook", "id")
    response = requests.get(
        f"{server.url}/api/3.1/sites/{rest.site_id}/workbooks/{book}/content",
        headers={"X-Tableau-Auth": rest.token}, stream=True, timeout=30,
    )  # fmt: skip
    pieces = response.iter_content(1 << 20)
    received = next(pieces)
    ended: list[int] = []
    stopper = threading.Thread(target=lambda: ended.append(server.stop(60)))
    stopper.start()
    wait_until(lambda: not answers(server.url + "/healthz"), 10, "the end of new connections")
    assert server.alive()
    for piece in pieces:
        received += piece
        time.sleep(0.01)
    response.close()
    assert received == data
    stopper.join(30)
    assert ended == [0]


def test_interrupt_ends_it_too(bare, tmp_path):
    server = bare(tmp_path / "data", env={"VIVANT_ADMIN_PASSWORD": ADMIN_PASSWORD}).start()
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(20) == 0


# TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> tuple[Path, Path]:
    """A self-signed certificate for the loopback address, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vivant acceptance")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "cert.pem", folder / "key.pem"


def test_tls(new_server, certificate, tmp_path):
    cert, key = certificate
    with new_server("--tls-cert", str(cert), "--tls-key", str(key)) as server:
        assert server.url.startswith("https://")
        tsc = TSC.Server(server.url, http_options={"verify": str(cert)}, use_server_version=True)
        with tsc.auth.sign_in(TSC.TableauAuth(*seed.ADA)):
            book = next(book for book in TSC.Pager(tsc.workbooks) if book.name == "Sales Report")
            assert book.webpage_url.startswith("https://")
            saved = tsc.workbooks.download(book.id, str(tmp_path / "x"))
            assert Path(saved).read_bytes() == seed.FILES["sales.twbx"]
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(server.url + "/healthz", timeout=5)
        # Plain HTTP on the same port gets no answer that could be taken for one.
        plain = server.url.replace("https://", "http://")
        try:
            assert requests.get(plain + "/healthz", timeout=5).status_code >= 400
        except requests.RequestException:
            pass


@pytest.mark.parametrize("broken", ["missing", "swapped", "empty"])
def test_tls_files_that_are_wrong(bare, certificate, tmp_path, broken):
    cert, key = certificate
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    pair = {"missing": (tmp_path / "gone.pem", key), "swapped": (key, cert), "empty": (empty, key)}[broken]
    with pytest.raises(ServerFailed, match=pair[0].name):
        bare(tmp_path / "data", "--tls-cert", str(pair[0]), "--tls-key", str(pair[1])).start()


# Secrets


SECRETS = {
    "password": "pAsSwOrD-of-a-user-8151",
    "connection": "pAsSwOrD-of-a-connection-2342",
    "published": "pAsSwOrD-of-a-published-connection-1312",
    "wrong": "pAsSwOrD-that-was-wrong-4242",
}


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_secrets_stay_secret(new_server, store, request):
    """No password and no token in the logs at their most talkative, in the database, or in any file."""
    server = new_server("--log", "trace", store=store).start()
    rest = Rest(server.url, "3.6").sign_in(ADMIN, ADMIN_PASSWORD)
    user = rest.new_user("keeper", "Creator", SECRETS["password"])
    Rest(server.url).sign_in("keeper", SECRETS["password"])
    token = Rest(server.url, "3.6").sign_in_with_token(*seed.TOKEN)
    wrong = element("credentials", element("site", contentUrl=""), name="keeper", password=SECRETS["wrong"])
    Rest(server.url).post("/auth/signin", ts_request(wrong)).refused(401, "401001")
    data = content.twb("One", connections=[Connection()])
    credentials = element("connectionCredentials", name="me", password=SECRETS["published"], embed=True)
    inner = element("connections", element("connection", credentials, serverAddress="db.example.com", serverPort="5432"))
    payload = ts_request(element("workbook", [inner, element("project", id=rest.project())], name="Kept"))
    book = rest.publish("workbooks", payload, "x.twb", data).ok(201).get("workbook", "id")
    connection = rest.get(f"/sites/{{site}}/workbooks/{book}/connections").get("connections/connection", "id")
    body = element("connection", password=SECRETS["connection"], embedPassword=True)
    answer = rest.put(f"/sites/{{site}}/workbooks/{book}/connections/{connection}", ts_request(body)).ok(200)
    everything_said = [answer.content, rest.get(f"/sites/{{site}}/users/{user}").content]
    rest.put(f"/sites/{{site}}/users/{user}", ts_request(element("user", password=SECRETS["password"]))).ok(200)
    sessions = {"session": rest.token, "token session": token.token}
    server.stop()

    hidden = {**SECRETS, **sessions, "token": seed.TOKEN[1], "seeded password": seed.ADA[1], "admin": ADMIN_PASSWORD}
    places = {"log": server.output().encode(), "answers": b"".join(everything_said)}
    places |= {str(path): path.read_bytes() for path in server.data_dir.rglob("*") if path.is_file()}
    if store == "postgres":
        url = server.arguments[server.arguments.index("--database-url") + 1]
        places["database"] = request.getfixturevalue("postgres").dump(url).encode()
        places["log of the address"] = server.output().encode()
        hidden["database password"] = urlsplit(url).password
    for what, secret in hidden.items():
        for place, contents in places.items():
            assert secret.encode() not in contents, f"the {what} is in {place}"
    assert len(places["log"]) > 1000, "the log says nothing, so this proves nothing"
    key = server.data_dir / "vivant.key"
    if key.exists():
        assert key.stat().st_mode & 0o077 == 0, "others may read the key of the installation"


# Administration


def test_admin_options_stand_on_either_side(new_server):
    server = new_server(seeded=False).start()
    server.stop()
    for arguments in (["check", *server.admin_options()], [*server.admin_options(), "check"]):
        result = run(server.binary, "admin", *arguments, env=server.env)
        assert result.returncode == 0, result.stderr


def test_reset_password(new_server):
    server = new_server().start()
    session = Rest(server.url).sign_in(*seed.ADA)
    server.stop()
    server.env["VIVANT_PASSWORD"] = "a brand new password"
    result = server.admin("reset-password", "ada")
    assert result.returncode == 0, result.stderr
    assert "a brand new password" not in result.stdout + result.stderr
    server.start()
    assert signs_in(server.url, "ada", "a brand new password")
    assert not signs_in(server.url, *seed.ADA)
    Rest(server.url, "3.1", session.token, session.site_id).get("/sites/{site}/workbooks").refused(401, "401002")


def test_reset_password_by_file_and_without_any(new_server, tmp_path):
    server = new_server().start()
    server.stop()
    (tmp_path / "secret").write_text("from a file, please\n")
    assert server.admin("reset-password", "ada", "--password-file", str(tmp_path / "secret")).returncode == 0
    begin = time.monotonic()
    result = server.admin("reset-password", "ada")
    assert result.returncode not in (0, 101) and "VIVANT_PASSWORD" in result.stderr
    assert time.monotonic() - begin < 10
    server.start()
    assert signs_in(server.url, "ada", "from a file, please")


def test_reset_password_of_nobody(new_server):
    server = new_server(seeded=False).start()
    server.stop()
    server.env["VIVANT_PASSWORD"] = "long enough"
    result = server.admin("reset-password", "nobody")
    assert result.returncode == 4 and "nobody" in result.stderr, (result.returncode, result.stderr)


def test_tokens(new_server):
    server = new_server().start()
    server.stop()
    made = server.admin("create-token", "ada", "nightly")
    assert made.returncode == 0, made.stderr
    value = made.stdout.strip().splitlines()[-1].split()[-1]
    again = server.admin("create-token", "ada", "nightly")
    assert again.returncode != 0 and "nightly" in again.stderr
    server.start()
    session = Rest(server.url, "3.6").sign_in_with_token("nightly", value)
    assert session.get("/sites/{site}/users/{user}").get("user", "name") == "ada"
    server.stop()
    for path in server.data_dir.rglob("*"):
        assert not path.is_file() or value.encode() not in path.read_bytes()

    assert server.admin("revoke-token", "ada", "nightly").returncode == 0
    assert server.admin("revoke-token", "ada", "nightly").returncode == 4
    server.start()
    body = element(
        "credentials", element("site", contentUrl=""), personalAccessTokenName="nightly", personalAccessTokenSecret=value
    )
    Rest(server.url, "3.6").post("/auth/signin", ts_request(body)).refused(401, "401001")
    Rest(server.url, "3.1", session.token, session.site_id).get("/sites/{site}/workbooks").refused(401, "401002")


def test_check_finds_damage(new_server):
    """The check is not for show: it names what is lost or spoilt."""
    server = new_server().start()
    server.stop()
    server.check()
    objects = [path for path in (server.data_dir / "content").rglob("*") if path.is_file()]
    assert len(objects) >= 4
    victim = max(objects, key=lambda path: path.stat().st_size)
    whole = victim.read_bytes()

    victim.unlink()
    result = server.admin("check")
    assert result.returncode not in (0, 2), result.stdout
    assert victim.name in result.stdout + result.stderr

    victim.write_bytes(whole[:-1])
    assert server.admin("check").returncode not in (0, 2)

    victim.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert server.admin("check", "--deep").returncode not in (0, 2)

    victim.write_bytes(whole)
    server.check()
    (victim.parent / "stray-object").write_bytes(b"whose am I?")
    stray = server.admin("check")
    assert "stray-object" in stray.stdout + stray.stderr


def test_damaged_database(new_server):
    server = new_server(seeded=False, store="sqlite").start()
    server.stop()
    database = server.data_dir / "vivant.db"
    data = bytearray(database.read_bytes())
    data[4096:8192] = content.noise(4096, 1)
    database.write_bytes(data)
    for journal in ("vivant.db-wal", "vivant.db-shm"):
        (server.data_dir / journal).unlink(missing_ok=True)
    result = server.admin("check")
    assert result.returncode not in (0, 101), result.stdout
    assert "panicked" not in result.stderr


def test_admin_on_a_folder_without_data(binary, tmp_path):
    for command in (["check"], ["reset-password", "admin"], ["create-token", "admin", "x"]):
        result = run(binary, "admin", *command, "--data-dir", str(tmp_path / "nothing"), env={"VIVANT_PASSWORD": "long enough"})
        assert result.returncode != 0, result.stdout
        assert "nothing" in result.stderr and "panicked" not in result.stderr
    assert not (tmp_path / "nothing").exists(), "a look must not make a data folder"


def test_downloads_of_damaged_content(new_server):
    """Content that is gone from disk is an error, never an empty or shorter file."""
    server = new_server().start()
    rest = Rest(server.url).sign_in(ADMIN, ADMIN_PASSWORD)
    book = (
        rest.publish_workbook("Lost", content.twbx(files={"noise.bin": content.noise(3 << 20, 8)}))
        .ok(201)
        .get("workbook", "id")
    )
    victim = max(
        (path for path in (server.data_dir / "content").rglob("*") if path.is_file()), key=lambda path: path.stat().st_size
    )
    whole = victim.read_bytes()
    victim.unlink()
    answer = rest.get(f"/sites/{{site}}/workbooks/{book}/content")
    assert answer.status >= 500, str(answer)
    victim.write_bytes(whole)
    assert len(rest.get(f"/sites/{{site}}/workbooks/{book}/content").ok(200).content) == len(whole)


# Other stores


def test_content_in_another_folder(new_server, tmp_path):
    with new_server("--storage-url", str(tmp_path / "elsewhere"), seeded=False) as server:
        rest = Rest(server.url).sign_in(ADMIN, ADMIN_PASSWORD)
        rest.publish_workbook("W", content.twb()).ok(201)
        assert any(path.is_file() for path in (tmp_path / "elsewhere").rglob("*"))


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_content_in_s3(new_server, s3, database, tmp_path, name):
    server = new_server(*s3.options(database), store=database, env=s3.env()).start()
    rest = Rest(server.url).sign_in(ADMIN, ADMIN_PASSWORD)
    data = content.twbx(content.twb("In a bucket"), files={"noise.bin": content.noise(30 << 20, 6)})
    book = rest.publish_workbook("Bucket", data).ok(201).get("workbook", "id")
    path = f"/sites/{{site}}/workbooks/{book}"
    assert rest.get(path + "/content").ok(200).content == data
    assert [view.get("name") for view in rest.get(path + "/views").all("views/view")] == ["In a bucket"]
    again = content.twbx(content.twb("Again"))
    rest.publish_workbook("Bucket", again, params={"overwrite": "true"}).ok(201)
    big = tmp_path / "big.twbx"
    hash_of_file = content.big_twbx(big, 80)
    tsc = connect(server, ADMIN, ADMIN_PASSWORD)
    item = TSC.WorkbookItem(name="Big", project_id=rest.project())
    large = tsc.workbooks.publish(item, str(big), "CreateNew")
    server.restart()
    rest = Rest(server.url).sign_in(ADMIN, ADMIN_PASSWORD)
    assert rest.get(path + "/content").ok(200).content == again
    assert content.sha256(rest.get(f"/sites/{{site}}/workbooks/{large.id}/content").ok(200).content) == hash_of_file
    rest.delete(path).ok(204)
    assert not [
        file
        for file in server.data_dir.rglob("*")
        if file.is_file() and file.stat().st_size > 1 << 20 and "vivant.db" not in file.name
    ], "content on the local disk"
    assert s3["SECRET_ACCESS_KEY"] not in server.output()


@pytest.mark.slow
def test_two_servers_on_one_postgres_and_one_folder(new_server, postgres, tmp_path):
    """Nodes beside each other: what one writes, the other answers, and a session of one is one of the other."""
    url, shared = postgres.database(), str(tmp_path / "shared")
    first = new_server("--database-url", url, "--storage-url", shared, seeded=False)
    first.start()
    # The key of the installation belongs to all of its nodes.
    second = new_server("--database-url", url, "--storage-url", shared, seeded=False)
    second.data_dir.mkdir(parents=True, exist_ok=True)
    original = first.data_dir / "vivant.key"
    if original.exists():
        (second.data_dir / "vivant.key").write_bytes(original.read_bytes())
        (second.data_dir / "vivant.key").chmod(0o600)
    second.start()
    one = Rest(first.url).sign_in(ADMIN, ADMIN_PASSWORD)
    two = Rest(second.url, "3.1", one.token, one.site_id, one.user_id)
    book = one.publish_workbook("Shared", content.twb("Here")).ok(201).get("workbook", "id")
    assert two.get(f"/sites/{{site}}/workbooks/{book}/content").ok(200).content == content.twb("Here")
    two.publish_workbook("Shared", content.twb("There"), params={"overwrite": "true"}).ok(201)
    assert one.get(f"/sites/{{site}}/workbooks/{book}/content").ok(200).content == content.twb("There")
    two.post("/auth/signout").ok(204)
    one.get("/sites/{site}/workbooks").refused(401, "401002")
    second.stop()


def test_help(binary):
    for arguments in (["--help"], ["serve", "--help"], ["admin", "--help"], ["workbooks", "owners", "--help"], ["--version"]):
        result = run(binary, *arguments)
        assert result.returncode == 0 and result.stdout, arguments
    everything = run(binary, "serve", "--help").stdout
    for option in (
        "--listen", "--data-dir", "--database-url", "--storage-url", "--admin-name", "--admin-password", "--seed", "--samples",
        "--ephemeral", "--tls-cert", "--tls-key", "--token-idle-minutes", "--strict-tokens",
    ):  # fmt: skip
        assert option in everything


def test_a_log_that_nobody_reads_is_in_nobodys_way(binary):
    """A closed pipe behind the log stops neither requests nor the end."""
    process = subprocess.Popen(
        [str(binary), "serve", "--ephemeral", "--listen", "127.0.0.1:0"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_env({}),
    )  # fmt: skip
    try:
        process.stderr.close()
        url = next(line.split()[-1] for line in process.stdout if line.startswith("vivant is ready at "))
        assert requests.get(f"{url}/readyz", timeout=10).status_code == 200
        process.terminate()
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.stdout.close()
