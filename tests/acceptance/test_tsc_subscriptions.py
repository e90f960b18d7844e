"""Subscriptions with the unmodified tableauserverclient: making, finding, changing, ending them, and who may."""

import datetime
import io

import pytest
import tableauserverclient as TSC

from support import content, seed
from support.rest import NOBODY, element, ts_request
from support.tsc import connect, options, refused
from support.world import ADMIN, ADMIN_PASSWORD

SCHEDULE = TSC.ScheduleItem.Type.Subscription


@pytest.fixture(scope="module")
def admin(live):
    server = connect(live, ADMIN, ADMIN_PASSWORD)
    yield server
    server.auth.sign_out()


@pytest.fixture(scope="module")
def people(live, admin):
    """Everybody by name, with an address each."""
    found = {user.name: user for user in TSC.Pager(admin.users)}
    for who in (seed.GRACE, seed.CORA, seed.VERA, seed.SITEADMIN):
        user = found[who[0]]
        user.email = f"{user.name}@example.com"
        admin.users.update(user)
    return {name: user.id for name, user in found.items()}


@pytest.fixture(scope="module")
def sessions(live, people):
    made = {who[0]: connect(live, *who) for who in (seed.ADA, seed.GRACE, seed.CORA, seed.SITEADMIN)}
    yield made
    for server in made.values():
        server.auth.sign_out()


@pytest.fixture
def schedules(admin, name):
    """Makes schedules of the test's own."""
    made = []

    def make(kind: str = SCHEDULE, label: str = "Mondays") -> TSC.ScheduleItem:
        interval = TSC.WeeklyInterval(datetime.time(7), "Monday")
        item = TSC.ScheduleItem(f"{label} {name} {len(made)}", 50, kind, TSC.ScheduleItem.ExecutionOrder.Parallel, interval)
        made.append(admin.schedules.create(item))
        return made[-1]

    yield make
    left = {one.id for one in TSC.Pager(admin.schedules)}
    for item in made:
        if item.id in left:
            admin.schedules.delete(item.id)


@pytest.fixture
def schedule(schedules):
    return schedules()


@pytest.fixture
def book(sessions, admin, project, name):
    """A workbook that Ada owns and everybody may look at."""
    item = TSC.WorkbookItem(project_id=project, name=f"Book {name}", show_tabs=False)
    item = admin.workbooks.publish(item, io.BytesIO(content.twb("One", "Two")), "CreateNew")
    item.owner_id = sessions["ada"].user_id
    admin.workbooks.update(item)
    admin.workbooks.populate_views(item)
    return item


def subscription(schedule, user: str, item, kind: str = "View", subject: str = "Weekly sales", **more) -> TSC.SubscriptionItem:
    made = TSC.SubscriptionItem(subject, schedule.id, user, TSC.Target(item.id, kind))
    for name, value in more.items():
        setattr(made, name, value)
    return made


def everything(server) -> dict[str, TSC.SubscriptionItem]:
    return {one.id: one for one in TSC.Pager(server.subscriptions)}


def test_a_subscription_is_made_found_changed_and_ended(admin, people, book, schedule, schedules):
    wanted = subscription(
        schedule, people["ada"], book.views[0], message="Good morning", attach_pdf=True, page_orientation="Landscape",
        page_size_option="A4", send_if_view_empty=False,
    )  # fmt: skip
    made = admin.subscriptions.create(wanted)
    for found in (made, admin.subscriptions.get_by_id(made.id), everything(admin)[made.id]):
        assert found.id == made.id
        assert (found.subject, found.message) == ("Weekly sales", "Good morning")
        assert (found.target.id, found.target.type) == (book.views[0].id, "View")
        assert (found.user_id, found.schedule_id) == (people["ada"], schedule.id)
        assert (found.attach_image, found.attach_pdf) == (True, True)
        assert (found.page_orientation, found.page_size_option) == ("Landscape", "A4")
        assert (found.send_if_view_empty, found.suspended) == (False, False)
    other = schedules(label="Other")
    made.subject, made.schedule_id, made.suspended, made.attach_pdf = "Sales", other.id, True, False
    made.send_if_view_empty = True
    changed = admin.subscriptions.update(made)
    for found in (changed, admin.subscriptions.get_by_id(made.id)):
        assert (found.subject, found.message, found.schedule_id) == ("Sales", "Good morning", other.id)
        assert (found.suspended, found.attach_image, found.attach_pdf) == (True, True, False)
        assert (found.send_if_view_empty, found.target.id) == (True, book.views[0].id)
    admin.subscriptions.delete(made.id)
    assert made.id not in everything(admin)
    for call in (admin.subscriptions.get_by_id, admin.subscriptions.delete):
        with refused("404025"):
            call(made.id)


def test_a_workbook_can_be_subscribed_to(admin, people, book, schedule):
    made = admin.subscriptions.create(subscription(schedule, people["ada"], book, "Workbook"))
    assert (made.target.id, made.target.type) == (book.id, "Workbook")
    assert made.attach_image and not made.attach_pdf


def test_the_answer_has_the_shape_of_its_version(rest, admin, people, book, schedule):
    made = admin.subscriptions.create(
        subscription(schedule, people["ada"], book.views[0], attach_pdf=True, message="Hello")
    )
    place = f"/sites/{{site}}/subscriptions/{made.id}"
    old = rest.under("2.3").get(place).ok(200)
    assert set(old.find("subscription").attrib) == {"id", "subject"}
    assert dict(old.find("subscription/content").attrib) == {"id": book.views[0].id, "type": "View"}
    assert dict(old.find("subscription/schedule").attrib) == {"id": schedule.id, "name": schedule.name}
    assert dict(old.find("subscription/user").attrib) == {"id": people["ada"], "name": "ada"}
    new = rest.under("3.5").get(place).ok(200)
    assert dict(new.find("subscription").attrib) == {
        "id": made.id, "subject": "Weekly sales", "message": "Hello", "attachImage": "true", "attachPdf": "true",
        "pageOrientation": "Portrait", "pageSizeOption": "Letter", "suspended": "false",
    }  # fmt: skip
    assert new.find("subscription/content").get("sendIfViewEmpty") == "true"
    told = rest.under("3.5").as_json().get(place).ok(200).json["subscription"]
    assert told["attachImage"] is True and told["content"]["type"] == "View"
    assert told["schedule"] == {"id": schedule.id, "name": schedule.name}
    rest.under("2.2").get(place).refused(404, "404001")


def test_create_answers_where_it_is(rest, people, book, schedule):
    answer = rest.post("/sites/{site}/subscriptions", body(schedule.id, people["ada"], book.id, "workbook")).ok(201)
    made = answer.get("subscription", "id")
    assert answer.headers["Location"] == f"/api/3.1/sites/{rest.site_id}/subscriptions/{made}"
    data = {
        "subscription": {
            "subject": "In JSON", "content": {"type": "Workbook", "id": book.id}, "schedule": {"id": schedule.id},
            "user": {"id": people["ada"]},
        }
    }  # fmt: skip
    told = rest.as_json().post("/sites/{site}/subscriptions", data_json=data).ok(201)
    assert told.json["subscription"]["subject"] == "In JSON"


def body(schedule: str, user: str, item: str, kind: str = "View", subject: str = "Weekly", **attributes) -> bytes:
    inner = [element("content", type=kind, id=item), element("schedule", id=schedule), element("user", id=user)]
    return ts_request(element("subscription", inner, subject=subject, **attributes))


def test_lists_come_in_pages(admin, people, book, schedule):
    before = len(everything(admin))
    for number in range(5):
        admin.subscriptions.create(subscription(schedule, people["ada"], book, "Workbook", f"Number {number}"))
    page, place = admin.subscriptions.get(options(pagesize=2, pagenumber=1))
    assert (len(page), place.total_available) == (2, before + 5)
    assert len(everything(admin)) == before + 5
    paged = TSC.Pager(admin.subscriptions, options(pagesize=2))
    assert len({one.id for one in paged}) == before + 5


def test_who_sees_which(admin, sessions, people, book, schedule):
    """Administrators see all, readers their own, owners and leaders those to their content."""
    mine = admin.subscriptions.create(subscription(schedule, people["grace"], book.views[0]))
    other = admin.subscriptions.create(subscription(schedule, people["cora"], book, "Workbook"))
    seen = {who: {mine.id, other.id} & set(everything(sessions[who])) for who in sessions}
    assert seen == {"ada": {mine.id, other.id}, "grace": {mine.id}, "cora": {other.id}, "sophie": {mine.id, other.id}}
    sessions["ada"].subscriptions.get_by_id(mine.id)
    sessions["grace"].subscriptions.get_by_id(mine.id)
    with refused("403058"):
        sessions["grace"].subscriptions.get_by_id(other.id)
    place = admin.projects.get_by_id(book.project_id)
    rule = TSC.PermissionsRule(
        TSC.UserItem.as_reference(people["cora"]), {TSC.Permission.Capability.ProjectLeader: TSC.Permission.Mode.Allow}
    )
    admin.projects.update_permissions(place, [rule])
    assert {mine.id, other.id} <= set(everything(sessions["cora"]))
    mine.subject = "Changed by the leader"
    assert sessions["cora"].subscriptions.update(mine).subject == "Changed by the leader"
    with refused("403065"):
        sessions["grace"].subscriptions.update(other)
    with refused("403059"):
        sessions["grace"].subscriptions.delete(other.id)
    sessions["grace"].subscriptions.delete(mine.id)
    sessions["cora"].subscriptions.delete(other.id)


def test_who_subscribes_whom(admin, sessions, people, book, schedule):
    own = sessions["grace"].subscriptions.create(subscription(schedule, people["grace"], book.views[0]))
    assert own.user_id == people["grace"]
    with refused("403060"):
        sessions["grace"].subscriptions.create(subscription(schedule, people["cora"], book.views[0]))
    # The owner and administrators of the site subscribe others.
    for who in ("ada", "sophie"):
        made = sessions[who].subscriptions.create(subscription(schedule, people["grace"], book, "Workbook"))
        assert made.user_id == people["grace"]
    # Nobody subscribes to what they may not look at, nor is subscribed to it.
    admin.views.update_permissions(book.views[1], [deny(people["grace"])])
    with refused("403060"):
        sessions["grace"].subscriptions.create(subscription(schedule, people["grace"], book.views[1]))
    with refused("403063"):
        sessions["ada"].subscriptions.create(subscription(schedule, people["grace"], book.views[1]))
    with refused("403063"):
        admin.subscriptions.create(subscription(schedule, people["ulrich"], book.views[0]))


def deny(user: str) -> TSC.PermissionsRule:
    return TSC.PermissionsRule(
        TSC.UserItem.as_reference(user), {TSC.Permission.Capability.Read: TSC.Permission.Mode.Deny}
    )


def test_subscriptions_go_with_what_they_hang_on(admin, people, book, schedules, name, rest):
    gone = schedules(label="Gone")
    user = rest.new_user(name)
    rest.put(f"/sites/{{site}}/users/{user}", ts_request(element("user", email="new@example.com"))).ok(200)
    kept = schedules(label="Kept")
    made = {
        "schedule": admin.subscriptions.create(subscription(gone, people["ada"], book, "Workbook")),
        "user": admin.subscriptions.create(subscription(kept, user, book, "Workbook")),
        "workbook": admin.subscriptions.create(subscription(kept, people["ada"], book.views[0])),
    }
    admin.schedules.delete(gone.id)
    left = set(everything(admin))
    assert made["schedule"].id not in left and made["user"].id in left
    admin.users.remove(user)
    assert made["user"].id not in everything(admin)
    admin.workbooks.delete(book.id)
    assert made["workbook"].id not in everything(admin)


def test_a_site_without_subscriptions(rest, people, live, name):
    """Switched off, none is made; those that are there can be seen, and end."""
    rest.post("/sites", ts_request(element("site", name=name, contentUrl=name[:40]))).ok(201)
    there = type(rest)(live.url).sign_in(ADMIN, ADMIN_PASSWORD, name[:40])
    there.put(f"/sites/{{site}}/users/{there.user_id}", ts_request(element("user", email="admin@example.com"))).ok(200)
    book = there.publish_workbook("Book", content.twb("One")).ok(201).get("workbook", "id")
    schedule = new_schedule(rest, name)
    made = there.post("/sites/{site}/subscriptions", body(schedule, there.user_id, book, "Workbook")).ok(201)
    there.put("/sites/{site}", ts_request(element("site", disableSubscriptions=True))).ok(200)
    there.post("/sites/{site}/subscriptions", body(schedule, there.user_id, book, "Workbook")).refused(403, "403060")
    found = there.get("/sites/{site}/subscriptions").ok(200)
    assert [one.get("id") for one in found.all("subscriptions/subscription")] == [made.get("subscription", "id")]
    there.delete(f"/sites/{{site}}/subscriptions/{made.get('subscription', 'id')}").ok(204)
    rest.delete(f"/schedules/{schedule}").ok(204)
    there.delete("/sites/{site}").ok(204)


def test_a_site_where_only_administrators_subscribe_others(live, rest, name):
    rest.post("/sites", ts_request(element("site", name=name, contentUrl=name[:40], subscribeOthersEnabled=False))).ok(201)
    there = type(rest)(live.url).sign_in(ADMIN, ADMIN_PASSWORD, name[:40])
    ids = {}
    for who, role in (("owner", "Creator"), ("reader", "Explorer")):
        ids[who] = there.new_user(f"{who} {name}", role, "a password of theirs")
        there.put(f"/sites/{{site}}/users/{ids[who]}", ts_request(element("user", email=f"{who}@example.com"))).ok(200)
    owner = type(rest)(live.url).sign_in(f"owner {name}", "a password of theirs", name[:40])
    book = there.publish_workbook("Book", content.twb("One")).ok(201).get("workbook", "id")
    there.put(f"/sites/{{site}}/workbooks/{book}", ts_request(element("workbook", element("owner", id=ids["owner"])))).ok(200)
    schedule = new_schedule(rest, name)
    form = body(schedule, ids["reader"], book, "Workbook")
    owner.post("/sites/{site}/subscriptions", form).refused(403, "403060")
    owner.post("/sites/{site}/subscriptions", body(schedule, ids["owner"], book, "Workbook")).ok(201)
    there.post("/sites/{site}/subscriptions", form).ok(201)
    rest.delete(f"/schedules/{schedule}").ok(204)
    there.delete("/sites/{site}").ok(204)


def new_schedule(rest, name: str, kind: str = "Subscription") -> str:
    details = element("frequencyDetails", start="07:00:00")
    schedule = element("schedule", details, name=f"S {name}", type=kind, priority=50, frequency="Daily", executionOrder="Parallel")
    return rest.post("/schedules", ts_request(schedule)).ok().get("schedule", "id")


def test_what_cannot_change_is_refused(rest, people, book, schedule):
    made = rest.post("/sites/{site}/subscriptions", body(schedule.id, people["ada"], book.id, "Workbook")).ok(201)
    place = f"/sites/{{site}}/subscriptions/{made.get('subscription', 'id')}"
    same = [element("content", id=book.id, type="Workbook"), element("user", id=people["ada"]), element("schedule")]
    rest.put(place, ts_request(element("subscription", same, subject="Same"))).ok(200)
    for inner in (
        element("content", id=book.views[0].id, type="View"), element("content", type="View"),
        element("content", id=NOBODY), element("user", id=people["grace"]),
    ):  # fmt: skip
        rest.put(place, ts_request(element("subscription", inner))).refused(400, "400000")
    for attributes in (
        {"attachImage": False}, {"attachImage": "perhaps"}, {"pageOrientation": "diagonal"}, {"pageSizeOption": "Napkin"},
        {"message": "x" * 10_001},
    ):  # fmt: skip
        rest.put(place, ts_request(element("subscription", **attributes))).refused(400, "400000")
        create = body(schedule.id, people["ada"], book.id, "Workbook", **attributes)
        rest.post("/sites/{site}/subscriptions", create).refused(400, "400000")
    rest.put(place, ts_request(element("subscription", attachImage=False, attachPdf=True))).ok(200)
    own = element("schedule", element("frequencyDetails", start="07:00:00"), frequency="Daily")
    answer = rest.put(place, ts_request(element("subscription", own))).refused(400, "400000")
    assert "Tableau Cloud" in answer.find("error/detail").text
