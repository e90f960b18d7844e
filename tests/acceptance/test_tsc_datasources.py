"""Data sources with the unmodified tableauserverclient."""

import io
import zipfile

import pytest
import tableauserverclient as TSC
from tableauserverclient.server.endpoint.exceptions import InternalServerError

from support import content, seed
from support.content import Connection
from support.tsc import connect, options, refused

CREATE, OVERWRITE = "CreateNew", "Overwrite"

KINDS = {
    "tds": content.tds(),
    "tdsx": content.tdsx(),
    "hyper": content.hyper(),
    "tde": content.tde(),
}


@pytest.fixture
def publish(tsc, project, tmp_path):
    """Publishes bytes as a data source of the test's own project."""

    def publish(name: str, data: bytes, kind: str = "tds", mode: str = CREATE, **options) -> TSC.DatasourceItem:
        path = tmp_path / f"file.{kind}"
        path.write_bytes(data)
        item = TSC.DatasourceItem(project, name)
        item.description = options.pop("description", None)
        return tsc.datasources.publish(item, str(path), mode, **options)

    return publish


@pytest.mark.parametrize("kind", KINDS)
def test_publish_and_download(tsc, project, publish, tmp_path, name, kind):
    source = publish(f"Orders {name}", KINDS[kind], kind)
    assert (source.name, source.project_id, source.owner_id) == (f"Orders {name}", project, tsc.user_id)
    assert source.content_url and source.webpage_url
    saved = tsc.datasources.download(source.id, str(tmp_path / "saved"))
    assert saved.endswith(f".{kind}"), saved
    assert open(saved, "rb").read() == KINDS[kind]
    buffer = io.BytesIO()
    tsc.datasources.download(source.id, buffer)
    assert buffer.getvalue() == KINDS[kind]


@pytest.mark.parametrize("kind", ["tds", "tdsx"])
def test_publish_a_file_object(tsc, project, kind):
    source = tsc.datasources.publish(TSC.DatasourceItem(project, "Orders"), io.BytesIO(KINDS[kind]), CREATE)
    assert source.name == "Orders"


def test_type_is_the_class_of_the_connection(tsc, publish):
    source = publish("Orders", content.tds([Connection("mysql", "db.example.com", "3306", "shop", "me")]))
    assert tsc.datasources.get_by_id(source.id).datasource_type in ("mysql", "federated")
    tsc.datasources.populate_connections(source)
    (connection,) = source.connections
    assert (connection.connection_type, connection.server_address, connection.username) == (
        "mysql",
        "db.example.com",
        "me",
    )


def test_same_name_is_a_conflict(publish):
    publish("Orders", KINDS["tds"])
    with refused(("403007", "409006", "409004")):
        publish("Orders", KINDS["tds"])
    with refused(("403007", "409006", "409004")):
        publish("ORDERS", KINDS["tds"])


def test_overwrite(tsc, publish, tmp_path):
    first = publish("Orders", KINDS["tds"])
    second = publish("Orders", KINDS["tdsx"], "tdsx", OVERWRITE)
    assert (second.id, second.content_url) == (first.id, first.content_url)
    saved = tsc.datasources.download(first.id, str(tmp_path / "x"))
    assert saved.endswith(".tdsx") and open(saved, "rb").read() == KINDS["tdsx"]
    assert publish("New Orders", KINDS["tds"], "tds", OVERWRITE).id != first.id


def test_append_is_never_a_silent_overwrite(tsc, publish):
    with pytest.raises((TSC.ServerResponseError, InternalServerError)) as caught:
        publish("No Orders", KINDS["hyper"], "hyper", "Append")
    assert str(caught.value.code) in ("404004", "501")
    first = publish("Orders", KINDS["hyper"], "hyper")
    try:
        publish("Orders", content.hyper(seed=2), "hyper", "Append")
    except InternalServerError as refusal:
        assert refusal.code == 501
        buffer = io.BytesIO()
        tsc.datasources.download(first.id, buffer)
        assert buffer.getvalue() == KINDS["hyper"]


def test_embedded_credentials(tsc, publish):
    credentials = TSC.ConnectionCredentials("writer", "hush-hush", embed=True)
    source = publish("Orders", content.tds(), connection_credentials=credentials)
    tsc.datasources.populate_connections(source)
    (connection,) = source.connections
    assert (connection.username, connection.embed_password, connection.password) == ("writer", True, None)


def test_certification(tsc, publish):
    source = publish("Orders", KINDS["tds"])
    assert tsc.datasources.get_by_id(source.id).certified is False
    source.certified = True
    source.certification_note = "checked <by> Ada & co"
    tsc.datasources.update(source)
    read = tsc.datasources.get_by_id(source.id)
    assert (read.certified, read.certification_note) == (True, "checked <by> Ada & co")
    assert source.id in {one.id for one in tsc.datasources.filter(is_certified=True)}
    read.certified = False
    assert tsc.datasources.update(read).certified is False


def test_update(tsc, publish, name):
    source = publish("Orders", KINDS["tds"])
    other = tsc.projects.create(TSC.ProjectItem(f"Other {name}"))
    ada = next(iter(tsc.users.filter(name="ada")))
    source.project_id, source.owner_id = other.id, ada.id
    source.name, source.description = "Renamed", "with words"
    tsc.datasources.update(source)
    read = tsc.datasources.get_by_id(source.id)
    assert (read.project_id, read.project_name, read.owner_id) == (other.id, f"Other {name}", ada.id)
    assert (read.name, read.description, read.content_url) == ("Renamed", "with words", source.content_url)


def test_move_onto_a_taken_name(tsc, publish, tmp_path, name):
    other = tsc.projects.create(TSC.ProjectItem(f"Other {name}"))
    tsc.datasources.publish(TSC.DatasourceItem(other.id, "Orders"), io.BytesIO(KINDS["tds"]), CREATE)
    source = publish("Orders", KINDS["tds"])
    source.project_id = other.id
    with refused("409015"):
        tsc.datasources.update(source)


def test_update_connection(tsc, publish):
    source = publish("Orders", KINDS["tds"])
    tsc.datasources.populate_connections(source)
    (connection,) = source.connections
    connection.server_address, connection.server_port = "new.example.com", "6543"
    connection.username, connection.password, connection.embed_password = "someone", "hush", True
    answered = tsc.datasources.update_connection(source, connection)
    assert (answered.id, answered.server_address, answered.username) == (connection.id, "new.example.com", "someone")
    tsc.datasources.populate_connections(source)
    (connection,) = source.connections
    assert (connection.server_address, str(connection.server_port), connection.embed_password) == (
        "new.example.com",
        "6543",
        True,
    )


def test_delete(tsc, publish):
    source = publish("Orders", KINDS["tds"])
    tsc.datasources.delete(source.id)
    for call in (tsc.datasources.get_by_id, tsc.datasources.delete, tsc.datasources.download):
        with refused("404004"):
            call(source.id)


def test_filter_sort_page(tsc, publish, name):
    for letter in "bca":
        publish(f"{letter} {name}", KINDS["tds"])
    mine = [f"{letter} {name}" for letter in "abc"]
    found, page = tsc.datasources.get(options(filters=[("name", "in", mine)], sort=[("name", "asc")]))
    assert [one.name for one in found] == mine and page.total_available == 3
    assert [one.name for one in tsc.datasources.filter(name__in=mine, page_size=2).order_by("-name")] == mine[::-1]
    found, _ = tsc.datasources.get(options(filters=[("contentUrl", "eq", found[0].content_url)]))
    assert [one.name for one in found] == mine[:1]
    assert len(tsc.datasources.filter(name=mine[0], type="no such type")) == 0


def test_download_without_the_extract(tsc, publish, tmp_path):
    source = publish("Orders", KINDS["tdsx"], "tdsx")
    slim = tsc.datasources.download(source.id, str(tmp_path / "slim"), include_extract=False)
    if slim.endswith(".tdsx"):
        with zipfile.ZipFile(slim) as package:
            assert content.EXTRACT_PATH not in package.namelist()
            assert "Orders.tds" in package.namelist()
    else:
        assert slim.endswith(".tds") and b"<datasource" in open(slim, "rb").read()


def test_published_source_of_a_workbook(tsc, publish, project):
    source = publish("Orders", KINDS["tds"])
    book = content.Workbook(connections=[Connection()], published=source.content_url)
    made = tsc.workbooks.publish(TSC.WorkbookItem(project_id=project, name="Book"), io.BytesIO(book.xml()), CREATE)
    tsc.workbooks.populate_connections(made)
    kinds = {one.connection_type: one for one in made.connections}
    assert set(kinds) == {"postgres", "sqlproxy"}
    assert kinds["sqlproxy"].datasource_id == source.id


def test_people_see_what_they_may(live, tsc):
    grace = connect(live, *seed.GRACE)
    hidden = next(iter(tsc.datasources.filter(name="Hidden Orders")))
    assert "Hidden Orders" not in {one.name for one in TSC.Pager(grace.datasources)}
    with refused(("403004", "404004")):
        grace.datasources.get_by_id(hidden.id)
    with refused(("403028", "404004")):
        grace.datasources.download(hidden.id, io.BytesIO())
    with refused(("403021", "404011", "404004")):
        grace.datasources.populate_connections(hidden)
        hidden.connections
