"""Workbooks and their views with the unmodified tableauserverclient."""

import datetime
import io
import zipfile

import pytest
import tableauserverclient as TSC
from tableauserverclient.server.endpoint.exceptions import InternalServerError

from conftest import ADMIN, ADMIN_PASSWORD
from support import content, seed
from support.content import Connection, Sheet, Workbook
from support.tsc import connect, options, refused

CREATE, OVERWRITE, REPLACE = "CreateNew", "Overwrite", "Replace"


@pytest.fixture
def publish(tsc, project):
    """Publishes bytes as a workbook of the test's own project."""

    def publish(name: str, data: bytes, mode: str = CREATE, **options) -> TSC.WorkbookItem:
        item = TSC.WorkbookItem(project_id=project, name=name, show_tabs=options.pop("show_tabs", False))
        for attribute in ("hidden_views", "description"):
            if attribute in options:
                setattr(item, attribute, options.pop(attribute))
        return tsc.workbooks.publish(item, io.BytesIO(data), mode, **options)

    return publish


def views(tsc, book) -> list[str]:
    tsc.workbooks.populate_views(book)
    return [view.name for view in book.views]


# Publishing


@pytest.mark.parametrize("kind", ["twb", "twbx"])
@pytest.mark.parametrize("form", ["path", "file object", "bytes"])
def test_publish_and_download(tsc, project, tmp_path, name, kind, form):
    document = content.twb("Überblick", "Details & more")
    data = document if kind == "twb" else content.twbx(document)
    path = tmp_path / f"Book {name}.{kind}"
    path.write_bytes(data)
    item = TSC.WorkbookItem(project_id=project, name=f"Book {name}")
    source = {"path": str(path), "file object": open(path, "rb"), "bytes": io.BytesIO(data)}[form]
    book = tsc.workbooks.publish(item, source, CREATE)

    assert (book.name, book.project_id, book.owner_id) == (f"Book {name}", project, tsc.user_id)
    assert book.webpage_url and book.content_url and isinstance(book.created_at, datetime.datetime)
    assert views(tsc, book) == ["Überblick", "Details & more"]

    saved = tsc.workbooks.download(book.id, str(tmp_path / "saved"))
    assert saved.endswith(f".{kind}")
    assert open(saved, "rb").read() == data
    into_folder = tsc.workbooks.download(book.id, str(tmp_path))
    assert into_folder == str(path), "the name of the download is not that of the workbook"
    buffer = io.BytesIO()
    tsc.workbooks.download(book.id, buffer)
    assert buffer.getvalue() == data


def test_name_comes_from_the_file(tsc, project, tmp_path, twb, name):
    path = tmp_path / f"Named by file {name}.twb"
    path.write_bytes(twb)
    assert tsc.workbooks.publish(TSC.WorkbookItem(project_id=project), str(path), CREATE).name == path.stem


def test_same_name_is_a_conflict(tsc, publish, twb):
    first = publish("Book", twb)
    with refused(("403007", "403130", "409011")):
        publish("Book", content.twb("Other"))
    with refused(("403007", "403130", "409011")):
        publish("BOOK", content.twb("Other"))
    assert views(tsc, tsc.workbooks.get_by_id(first.id)) == ["Overview", "Details"]


def test_same_name_in_two_projects(tsc, publish, twb, name):
    other = tsc.projects.create(TSC.ProjectItem(f"Other {name}"))
    first = publish(f"Book {name}", twb)
    second = tsc.workbooks.publish(TSC.WorkbookItem(project_id=other.id, name=f"Book {name}"), io.BytesIO(twb), CREATE)
    assert first.id != second.id
    assert second.content_url == first.content_url + "_1"


def test_overwrite_replaces(tsc, publish, twb, tmp_path):
    first = publish("Book", twb)
    tsc.workbooks.populate_views(first)
    kept = {view.name: view.id for view in first.views}
    changed = content.twb("Details", "New Sheet")
    second = publish("Book", changed, OVERWRITE)
    assert (second.id, second.content_url) == (first.id, first.content_url)
    assert views(tsc, second) == ["Details", "New Sheet"]
    # A view that stays keeps its identity, one that went is gone.
    assert {view.name: view.id for view in second.views}["Details"] == kept["Details"]
    with pytest.raises(TSC.ServerResponseError) as caught:
        tsc.views.get_by_id(kept["Overview"])
    assert caught.value.code.startswith("404")
    assert open(tsc.workbooks.download(first.id, str(tmp_path / "x")), "rb").read() == changed


def test_overwrite_creates(publish, twb):
    assert publish("Book", twb, OVERWRITE).name == "Book"


def test_overwrite_changes_the_kind_of_file(tsc, publish, twb, tmp_path):
    book = publish("Book", twb)
    package = content.twbx(content.twb("Packed"))
    publish("Book", package, OVERWRITE)
    saved = tsc.workbooks.download(book.id, str(tmp_path / "x"))
    assert saved.endswith(".twbx") and open(saved, "rb").read() == package


def test_hidden_views(tsc, publish):
    book = publish("Book", content.twb("One", "Two", "Three"), hidden_views=["Two"])
    assert views(tsc, book) == ["One", "Three"]
    assert {view.name for view in tsc.views.filter(workbook_name=book.name) if view.workbook_id == book.id} == {
        "One",
        "Three",
    }


def test_sheets_hidden_in_the_file(tsc, publish):
    assert views(tsc, publish("Book", content.twb("One", "Two", "Three", hidden=("One",)))) == ["Two", "Three"]


def test_kinds_and_order_of_views(tsc, publish):
    book = Workbook([Sheet("B Story", "story"), Sheet("C Sheet"), Sheet("A Dash", "dashboard"), Sheet("A Sheet")])
    made = publish("Book", book.xml())
    tsc.workbooks.populate_views(made)
    # Tableau's own word for a worksheet is "view".
    assert [(view.name, view.sheet_type) for view in made.views] == [
        ("B Story", "story"),
        ("C Sheet", "view"),
        ("A Dash", "dashboard"),
        ("A Sheet", "view"),
    ]


def test_show_tabs_and_description(tsc, publish, twb):
    shown = publish("Shown", twb, show_tabs=True, description="seen & read")
    hidden = publish("Hidden", twb)
    assert tsc.workbooks.get_by_id(shown.id).show_tabs is True
    assert tsc.workbooks.get_by_id(hidden.id).show_tabs is False
    assert tsc.workbooks.get_by_id(shown.id).description == "seen & read"


def test_skip_connection_check(tsc, publish):
    book = publish("Book", content.twb("One", connections=[Connection()]), skip_connection_check=True)
    tsc.workbooks.populate_connections(book)
    assert len(book.connections) == 1


def test_publish_connections(tsc, publish):
    connection = TSC.ConnectionItem()
    connection.server_address = "db.example.com"
    connection.server_port = "5432"
    connection.connection_credentials = TSC.ConnectionCredentials("writer", "hush-hush", embed=True)
    data = content.twb("One", connections=[Connection(), Connection("mysql", "other.example.com", "3306", "shop", "me")])
    book = publish("Book", data, connections=[connection])
    tsc.workbooks.populate_connections(book)
    found = {one.server_address: one for one in book.connections}
    assert set(found) == {"db.example.com", "other.example.com"}
    assert (found["db.example.com"].username, found["db.example.com"].embed_password) == ("writer", True)
    assert (found["other.example.com"].username, found["other.example.com"].embed_password) == ("me", False)
    assert {one.connection_type for one in book.connections} == {"postgres", "mysql"}
    assert {str(one.server_port) for one in book.connections} == {"5432", "3306"}
    assert all(one.datasource_name and one.datasource_id for one in book.connections)


def test_as_job_is_never_ignored(tsc, publish, twb):
    try:
        job = publish("Book", twb, as_job=True)
    except InternalServerError as refusal:
        assert refusal.code == 501
    else:
        assert (job.type, job.mode) == ("PublishWorkbook", "Asynchronous")


def test_unknown_project(tsc, twb):
    with refused("404005"):
        tsc.workbooks.publish(
            TSC.WorkbookItem(project_id="00000000-0000-4000-8000-000000000000", name="W"), io.BytesIO(twb), CREATE
        )


# Lists


@pytest.fixture(scope="module")
def shelf(live):
    """A project with books of different names, tabs and owners."""
    tsc = connect(live, ADMIN, ADMIN_PASSWORD)
    shelf = tsc.projects.create(TSC.ProjectItem("Shelf"))
    for number, letter in enumerate("dbace"):
        names = [f"Sheet {count}" for count in range(number + 1)]
        item = TSC.WorkbookItem(project_id=shelf.id, name=f"{letter} book", show_tabs=letter in "ab")
        tsc.workbooks.publish(item, io.BytesIO(content.twbx(content.twb(*names))), CREATE)
    return shelf


def test_get_pages(tsc, shelf):
    first, page = tsc.workbooks.get(TSC.RequestOptions(pagenumber=1, pagesize=3))
    second, _ = tsc.workbooks.get(TSC.RequestOptions(pagenumber=2, pagesize=3))
    assert (page.page_number, page.page_size) == (1, 3) and len(first) == 3
    assert not {one.id for one in first} & {one.id for one in second}
    everything = [one.id for one in TSC.Pager(tsc.workbooks, TSC.RequestOptions(pagesize=3))]
    assert len(everything) == len(set(everything)) == page.total_available


def test_past_the_last_page(tsc, shelf):
    with refused("400006"):
        tsc.workbooks.get(TSC.RequestOptions(pagenumber=99))


def test_empty_result_is_a_page(tsc):
    found, page = tsc.workbooks.get(options(filters=[("name", "eq", "no such workbook")]))
    assert (found, page.total_available, page.page_number) == ([], 0, 1)


@pytest.mark.parametrize(
    ("filters", "letters"),
    [
        ([("name", "eq", "a book")], "a"),
        ([("name", "in", ["a book", "c book", "x"])], "ac"),
        ([("sheetCount", "gte", 3)], "ace"),
        ([("sheetCount", "lt", 2)], "d"),
        ([("displayTabs", "eq", "true")], "ab"),
        ([("name", "cieq", "A BOOK")], "a"),
        ([("contentUrl", "eq", "abook")], "a"),
        ([("createdAt", "gt", "2020-01-01T00:00:00Z")], "abcde"),
        ([("createdAt", "lte", "2020-01-01T00:00:00Z")], ""),
        ([("ownerName", "eq", ADMIN), ("sheetCount", "gt", 4)], "e"),
        ([("ownerName", "eq", "somebody else")], ""),
    ],
)
def test_filter(tsc, shelf, filters, letters):
    found, page = tsc.workbooks.get(options(filters=[*filters, ("projectName", "eq", "Shelf")], sort=[("name", "asc")]))
    assert "".join(one.name[0] for one in found) == letters
    assert page.total_available == len(letters)


@pytest.mark.parametrize(
    ("sort", "letters"),
    [
        ([("name", "asc")], "abcde"),
        ([("name", "desc")], "edcba"),
        ([("sheetCount", "asc")], "dbace"),
        ([("createdAt", "desc")], "ecabd"),
        ([("displayTabs", "desc"), ("name", "asc")], "abcde"),
    ],
)
def test_sort(tsc, shelf, sort, letters):
    # The client sorts the keys as text before it sends them.
    found, _ = tsc.workbooks.get(options(filters=[("projectName", "eq", "Shelf")], sort=sort))
    if sort == [("createdAt", "desc")]:
        times = [one.created_at for one in found]
        assert times == sorted(times, reverse=True) and len(times) == 5
    else:
        assert "".join(one.name[0] for one in found) == letters


def test_query_set(tsc, shelf):
    books = tsc.workbooks.filter(project_name="Shelf", name__in=["a book", "b book", "e book"]).order_by("-name")
    assert len(books) == 3
    assert [one.name[0] for one in books] == ["e", "b", "a"]
    paged = tsc.workbooks.filter(project_name="Shelf", page_size=2).order_by("name")
    assert [one.name[0] for one in paged] == list("abcde")
    assert paged[3].name == "d book"
    assert [one.name for one in paged[1:3]] == ["b book", "c book"]
    assert tsc.workbooks.filter(project_name="Shelf").order_by("name")[-1].name == "e book"
    assert tsc.workbooks.all().total_available >= 8


def test_fields(tsc, shelf):
    bare = options(filters=[("projectName", "eq", "Shelf")])
    bare.fields = {"id", "name"}
    found, _ = tsc.workbooks.get(bare)
    assert {one.name for one in found} == {f"{letter} book" for letter in "abcde"}
    assert all(one.id for one in found)
    assert all(one.size is None and one.content_url is None for one in found)

    every = options(filters=[("projectName", "eq", "Shelf"), ("name", "eq", "e book")])
    every.all_fields = True
    (book,), _ = tsc.workbooks.get(every)
    assert book.sheet_count == 5 and book.has_extracts is False
    assert book.owner.name == ADMIN
    assert book.project.name == "Shelf"

    # The client's `fields` adds the letters of `_default_` one by one: unknown names do no harm.
    assert {one.name[0] for one in tsc.workbooks.filter(project_name="Shelf").fields("name")} == set("abcde")
    assert {one.name[0] for one in tsc.workbooks.filter(project_name="Shelf").only_fields("name")} == set("abcde")


def test_get_by_id(tsc, shelf):
    listed = next(iter(tsc.workbooks.filter(project_name="Shelf", name="c book")))
    book = tsc.workbooks.get_by_id(listed.id)
    assert (book.name, book.project_name, book.project_id) == ("c book", "Shelf", shelf.id)
    assert [view.name for view in book.views] == ["Sheet 0", "Sheet 1", "Sheet 2", "Sheet 3"]
    with refused("404006"):
        tsc.workbooks.get_by_id("00000000-0000-4000-8000-000000000000")


def test_workbooks_of_a_user(tsc, live):
    ada = next(iter(tsc.users.filter(name="ada")))
    tsc.users.populate_workbooks(ada)
    assert {"Sales Report", "Secret", "Shared Book"} <= {one.name for one in ada.workbooks}
    grace = next(iter(tsc.users.filter(name="grace")))
    tsc.users.populate_workbooks(grace)
    assert "Secret" not in {one.name for one in grace.workbooks}
    tsc.users.populate_workbooks(grace, owned_only=True)
    assert [one.name for one in grace.workbooks] == []


def test_size(tsc, publish):
    """The size is a whole number of megabytes, and never 0 for something."""
    small = publish("Small", content.twb("One"))
    large = publish("Large", content.twbx(files={"Data/noise.bin": content.noise(3 << 20, 1)}))
    sizes = {one.name: one.size for one in (tsc.workbooks.get_by_id(book.id) for book in (small, large))}
    assert sizes["Large"] in (3, 4)
    assert sizes["Small"] in (0, 1)


# Changes


def test_update(tsc, publish, twb, name):
    book = publish("Book", twb)
    other = tsc.projects.create(TSC.ProjectItem(f"Other {name}"))
    ada = next(iter(tsc.users.filter(name="ada")))
    book.name = "Renamed"
    book.project_id = other.id
    book.owner_id = ada.id
    book.show_tabs = True
    book.description = "now with words"
    tsc.workbooks.update(book)
    read = tsc.workbooks.get_by_id(book.id)
    assert (read.name, read.project_id, read.project_name) == ("Renamed", other.id, f"Other {name}")
    assert (read.owner_id, read.show_tabs, read.description) == (ada.id, True, "now with words")
    assert read.content_url == book.content_url, "a content URL outlives a rename"
    assert read.updated_at >= read.created_at


def test_move_onto_a_taken_name(tsc, publish, twb, name):
    other = tsc.projects.create(TSC.ProjectItem(f"Other {name}"))
    tsc.workbooks.publish(TSC.WorkbookItem(project_id=other.id, name="Book"), io.BytesIO(twb), CREATE)
    book = publish("Book", twb)
    book.project_id = other.id
    with pytest.raises(TSC.ServerResponseError) as caught:
        tsc.workbooks.update(book)
    assert caught.value.code[:3] in ("400", "403", "409")
    assert tsc.workbooks.get_by_id(book.id).project_id != other.id


def test_update_to_nothing_there(tsc, publish, twb):
    nobody = "00000000-0000-4000-8000-000000000000"
    book = publish("Book", twb)
    book.owner_id = nobody
    with refused("404002"):
        tsc.workbooks.update(book)
    book = tsc.workbooks.get_by_id(book.id)
    book._views = None
    book.project_id = nobody
    with refused("404005"):
        tsc.workbooks.update(book)


def test_update_connection(tsc, publish):
    data = content.twb("One", connections=[Connection(), Connection("mysql", "other.example.com", "3306", "shop", "me")])
    book = publish("Book", data)
    tsc.workbooks.populate_connections(book)
    target = next(one for one in book.connections if one.connection_type == "postgres")
    target.server_address = "new.example.com"
    target.server_port = "6543"
    target.username = "someone"
    target.password = "hush-hush-hush"
    target.embed_password = True
    answered = tsc.workbooks.update_connection(book, target)
    assert (answered.id, answered.server_address, answered.username) == (target.id, "new.example.com", "someone")
    tsc.workbooks.populate_connections(book)
    found = {one.connection_type: one for one in book.connections}
    assert (found["postgres"].server_address, str(found["postgres"].server_port)) == ("new.example.com", "6543")
    assert (found["postgres"].username, found["postgres"].embed_password) == ("someone", True)
    assert found["mysql"].server_address == "other.example.com"
    assert all(one.password is None for one in book.connections)


def test_unknown_connection(tsc, publish):
    book = publish("Book", content.twb("One", connections=[Connection()]))
    tsc.workbooks.populate_connections(book)
    connection = book.connections[0]
    connection._id = "00000000-0000-4000-8000-000000000000"
    with refused("404020"):
        tsc.workbooks.update_connection(book, connection)


def test_delete(tsc, publish, twb):
    book = publish("Book", twb)
    tsc.workbooks.delete(book.id)
    for call in (tsc.workbooks.get_by_id, tsc.workbooks.delete, tsc.workbooks.download):
        with refused("404006"):
            call(book.id)
    publish("Book", twb)


# Downloads


def test_download_without_the_extract(tsc, publish, tmp_path):
    document = content.twb_with_extract("One")
    data = content.twbx(document, files={content.EXTRACT_PATH: content.hyper(), "Image/logo.png": b"not a picture"})
    book = publish("Book", data)
    full = open(tsc.workbooks.download(book.id, str(tmp_path / "full")), "rb").read()
    assert full == data
    slim = tsc.workbooks.download(book.id, str(tmp_path / "slim"), include_extract=False)
    with zipfile.ZipFile(slim) as package:
        names = package.namelist()
        assert package.testzip() is None
        assert content.EXTRACT_PATH not in names
        assert {"Book.twb", "Image/logo.png"} <= set(names)
        assert package.read("Image/logo.png") == b"not a picture"


def test_download_without_an_extract_there(tsc, publish, twb, tmp_path):
    book = publish("Book", twb)
    assert open(tsc.workbooks.download(book.id, str(tmp_path / "x"), include_extract=False), "rb").read() == twb


# Views


def test_views(tsc, shelf, live):
    book = next(iter(tsc.workbooks.filter(project_name="Shelf", name="b book")))
    tsc.workbooks.populate_views(book)
    first, second = book.views
    read = tsc.views.get_by_id(first.id)
    assert (read.name, read.content_url, read.workbook_id) == ("Sheet 0", "bbook/sheets/Sheet0", book.id)
    assert (read.owner_id, read.project_id) == (tsc.user_id, shelf.id)
    found, _ = tsc.views.get(options(filters=[("contentUrl", "eq", second.content_url)]))
    assert [one.id for one in found] == [second.id]
    mine = {one.id for one in tsc.views.filter(project_name="Shelf", page_size=1000)}
    assert {first.id, second.id} <= mine and len(mine) == 15
    assert [one.name for one in tsc.views.filter(workbook_name="e book").order_by("-name")] == [
        f"Sheet {number}" for number in (4, 3, 2, 1, 0)
    ]
    with pytest.raises(TSC.ServerResponseError) as caught:
        tsc.views.get_by_id("00000000-0000-4000-8000-000000000000")
    assert caught.value.code.startswith("404")


def test_usage_of_views_when_asked(tsc, shelf):
    book = next(iter(tsc.workbooks.filter(project_name="Shelf", name="b book")))
    tsc.workbooks.populate_views(book, usage=True)
    assert [view.total_views for view in book.views] == [0, 0]
    found, _ = tsc.views.get(usage=True)
    assert all(view.total_views >= 0 for view in found)


# What others may do


def test_people_see_what_they_may(live, tsc):
    grace, vera = connect(live, *seed.GRACE), connect(live, *seed.VERA)
    seen = {one.name for one in TSC.Pager(grace.workbooks)}
    assert "Shared Book" in seen and "Secret" not in seen
    assert "Secret" not in {one.name for one in TSC.Pager(vera.workbooks)}
    assert "Secret Sheet" not in {one.name for one in TSC.Pager(grace.views)}

    secret = next(iter(tsc.workbooks.filter(name="Secret")))
    with refused(("403018", "403004", "404006")):
        grace.workbooks.get_by_id(secret.id)
    with refused(("403019", "404006")):
        grace.workbooks.download(secret.id, io.BytesIO())
    with pytest.raises(TSC.ServerResponseError):
        grace.workbooks.delete(secret.id)
    # Grace is in Analysts, who may download, but she herself may not.
    shared = next(iter(grace.workbooks.filter(name="Shared Book")))
    with refused("403019"):
        grace.workbooks.download(shared.id, io.BytesIO())


def test_people_publish_where_they_may(live, tsc, twb, name):
    ada, grace, vera, ulrich = (connect(live, *who) for who in (seed.ADA, seed.GRACE, seed.VERA, seed.ULRICH))
    shared = tsc.projects.get_by_path("Shared")
    closed = tsc.projects.get_by_path("Closed")
    book = ada.workbooks.publish(TSC.WorkbookItem(project_id=shared.id, name=f"W {name}"), io.BytesIO(twb), CREATE)
    assert book.owner_id == ada.user_id
    # An Explorer, a Viewer and an unlicensed user publish nowhere, whatever the rules say.
    for server, place in ((grace, shared), (vera, shared), (ulrich, shared), (grace, closed)):
        with refused(("403007", "403004", "404005")):
            server.workbooks.publish(TSC.WorkbookItem(project_id=place.id, name=f"X {name}"), io.BytesIO(twb), CREATE)


def test_connection_passwords_of_others(live, tsc):
    grace = connect(live, *seed.GRACE)
    shared = next(iter(grace.workbooks.filter(name="Shared Book")))
    grace.workbooks.populate_connections(shared)
    connection = shared.connections[0]
    connection.username = "intruder"
    with refused(("403029", "403027", "403004")):
        grace.workbooks.update_connection(shared, connection)
