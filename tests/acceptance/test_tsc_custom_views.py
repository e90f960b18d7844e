"""Custom views with the unmodified tableauserverclient: published, listed, drawn, downloaded, changed, deleted."""

from __future__ import annotations

import io

import pytest
import tableauserverclient as TSC
from tableauserverclient.server.endpoint.exceptions import InternalServerError

from support import seed, sheets
from support.custom_views import definition, members
from support.rest import Rest, element, ts_request
from support.sheets import Sheet, number, pill, table, total
from support.tsc import connect, refused
from support.world import ADMIN, ADMIN_PASSWORD

ROWS = sheets.orders()
BY_REGION = Sheet("By Region", rows=[("region", "None")], text=[("amount", "Sum")])
BY_CUSTOMER = Sheet("By Customer", rows=[("customer", "None")], text=[("amount", "Sum")])
CHOSEN = {"By Region": members(pill("region"), "North", "West")}


class Book:
    """A published workbook, and ways to its custom views."""

    def __init__(self, server: TSC.Server, project: str, name: str):
        self.server = server
        data = sheets.packed(sheets.workbook([BY_REGION, BY_CUSTOMER]), ROWS)
        self.item = server.workbooks.publish(TSC.WorkbookItem(project_id=project, name=name), io.BytesIO(data), "CreateNew")
        server.workbooks.populate_views(self.item)
        self.views = {view.name: view for view in self.item.views}

    def publish(self, data: bytes, name: str = "Mine", shared: bool = False, server=None, owner=None) -> TSC.CustomViewItem:
        server = server or self.server
        item = TSC.CustomViewItem(name=name)
        item.shared, item.workbook = shared, self.item
        item.owner = TSC.UserItem()
        item.owner._id = owner or server.user_id
        return server.custom_views.publish(item, io.BytesIO(data))

    def ids(self, server: TSC.Server, **filters) -> set[str]:
        return {one.id for one in server.custom_views.filter(**filters)}


@pytest.fixture
def book(tsc, project, name) -> Book:
    return Book(tsc, project, name)


def lines(server: TSC.Server, item: TSC.CustomViewItem, **fields) -> dict[str, float]:
    asked = TSC.CSVRequestOptions()
    for field, value in fields.items():
        asked.vf(field, value)
    server.custom_views.populate_csv(item, asked)
    _, found = table(b"".join(item.csv))
    return {name: number(amount) for name, amount in found}


def test_what_is_chosen_shows(tsc, book):
    data = definition("By Region", CHOSEN)
    made = book.publish(data)
    assert (made.name, made.shared, made.owner.id) == ("Mine", False, tsc.user_id)
    assert (made.view.id, made.view.name, made.workbook.id) == (book.views["By Region"].id, "By Region", book.item.id)
    every = {region: amount for (region,), amount in total(ROWS, ["region"]).items()}
    assert lines(tsc, made) == {name: pytest.approx(every[name]) for name in ("North", "West")}
    # What the request asks for stands in place of what is chosen.
    assert lines(tsc, made, Region="South") == {"South": pytest.approx(every["South"])}
    # The view itself is as it was.
    tsc.views.populate_csv(book.views["By Region"])
    assert len(table(b"".join(book.views["By Region"].csv))[1]) == len(every)
    # The picture is that of the view with the same filter.
    asked = TSC.ImageRequestOptions()
    asked.vf("Region", "North,West")
    tsc.views.populate_image(book.views["By Region"], asked)
    tsc.custom_views.populate_image(made, TSC.ImageRequestOptions())
    assert made.image == book.views["By Region"].image
    tsc.custom_views.populate_pdf(made, TSC.PDFRequestOptions())
    assert made.pdf[:5] == b"%PDF-"
    out = io.BytesIO()
    tsc.custom_views.download(made, out)
    assert out.getvalue() == data


def test_what_cannot_be_applied_is_said(tsc, book):
    made = book.publish(definition("By Region", {"By Region": "<manual-sort />"}))
    tsc.custom_views.populate_csv(made, TSC.CSVRequestOptions())
    with pytest.raises(InternalServerError, match="not supported yet.*manual-sort"):
        b"".join(made.csv)
    with refused("400000"):
        book.publish(b"no definition")
    with refused("404011"):
        book.publish(definition("No such view"))


def test_a_custom_view_lives(tsc, book, name):
    first, second = book.publish(definition("By Region", CHOSEN)), book.publish(definition("By Customer"), name="Other")
    other = book.publish(definition("By Region"), name="Theirs", owner=next(one.id for one in TSC.Pager(tsc.users) if one.name == "ada"))
    assert book.ids(tsc, workbook_id=book.item.id) == {first.id, second.id, other.id}
    assert book.ids(tsc, view_id=book.views["By Region"].id) == {first.id, other.id}
    assert book.ids(tsc, workbook_id=book.item.id, owner_id=other.owner.id) == {other.id}
    page, pagination = tsc.custom_views.get(TSC.RequestOptions(pagenumber=1, pagesize=2))
    assert len(page) == 2 and pagination.total_available >= 3
    first.name = "Renamed"
    first.owner = other.owner
    changed = tsc.custom_views.update(first)
    assert (changed.name, changed.owner.id) == ("Renamed", other.owner.id)
    assert tsc.custom_views.get_by_id(first.id).name == "Renamed"
    tsc.custom_views.delete(second.id)
    with refused("404048"):
        tsc.custom_views.get_by_id(second.id)
    # They go with their view.
    tsc.workbooks.delete(book.item.id)
    assert not book.ids(tsc) & {first.id, other.id}


def test_who_sees_them(live, tsc, book):
    ada, grace = connect(live, *seed.ADA), connect(live, *seed.GRACE)
    for user in (ada, grace):
        capabilities = {one: "Allow" for one in ("Read", "ExportData", "ExportImage", "ShareView")}
        person = TSC.UserItem()
        person._id = user.user_id
        tsc.workbooks.update_permissions(book.item, [TSC.PermissionsRule(person, capabilities)])
    private, shared = book.publish(definition("By Region"), server=ada), book.publish(definition("By Region"), shared=True, server=ada)
    here = {"workbook_id": book.item.id}
    assert book.ids(ada, **here) == book.ids(tsc, **here) == {private.id, shared.id}
    assert book.ids(grace, **here) == {shared.id}
    assert not book.ids(grace) & {private.id, shared.id}
    assert grace.custom_views.get_by_id(shared.id).owner.id == ada.user_id
    assert lines(grace, shared)
    with refused("403004"):
        grace.custom_views.get_by_id(private.id)
    for call in (lambda: grace.custom_views.delete(shared.id), lambda: grace.custom_views.update(shared)):
        with refused("403004"):
            call()
    with refused("403163"):
        ada.custom_views.download(private, io.BytesIO())
    with refused("403007"):
        book.publish(definition("By Region"), server=ada, owner=grace.user_id)
    ada.custom_views.delete(private.id)


def test_users_are_shown_one_first(live, tsc, book):
    shared, private = book.publish(definition("By Region"), shared=True), book.publish(definition("By Region"))
    rest = Rest(live.url, "3.29").sign_in(ADMIN, ADMIN_PASSWORD)
    ids = {one.name: one.id for one in TSC.Pager(tsc.users)}

    def put(item, *users) -> list[str]:
        body = ts_request(element("users", [element("user", id=one) for one in users]))
        answer = rest.post(f"/sites/{{site}}/customviews/{item.id}/default/users", body).ok(200)
        found = answer.all("customViewAsUserDefaultResults/customViewAsUserDefaultViewResult")
        return [one.get("success") for one in found]

    def first(item) -> set[str]:
        return {one.get("id") for one in rest.get(f"/sites/{{site}}/customviews/{item.id}/default/users").ok(200).all("users/user")}

    me, siteadmin = rest.user_id, ids[seed.SITEADMIN[0]]
    assert put(shared, me, siteadmin) == ["true", "true"]
    assert first(shared) == {me, siteadmin}
    # A view shows somebody one first.
    assert put(private, siteadmin) == ["true"]
    assert (first(shared), first(private)) == ({me}, {siteadmin})
    # Whoever cannot see it keeps what there was.
    assert put(private, ids["ulrich"]) == ["false"]
    rest.post(f"/sites/{{site}}/customviews/{shared.id}/default/users", ts_request(element("users"))).refused(400, "400000")
