"""What the matrix asks: every operation, who may call it in the words of the reference, and what it answers.

Each row says whom the reference lets call the method (`allowed`), the code for everybody else, and what the call
answers to those who may. Where Vivant reads the reference in another way on purpose, `docs/API.md` has the quirk.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable

from support import custom_views
from support.matrix.model import Standing
from support.matrix.world import SPARE, Caller, MatrixWorld, form
from support.rest import MIXED, NOBODY, element, multipart, ts_request

Place = dict[str, str]


@dataclass(frozen=True)
class Call:
    """One way to call an operation."""

    operation: str
    kind: str | None
    allowed: Callable[[Standing], bool]
    refused: tuple[str, ...] = ("403004",)
    answers: tuple[tuple[int, str | None], ...] = ((200, None),)
    where: str = ""
    """A part of the address, where the operation has several."""
    note: str = ""
    body: Callable[[MatrixWorld, Place], bytes] | None = None
    params: dict[str, str] = field(default_factory=dict)
    headers: Callable[[MatrixWorld, Place], dict[str, str]] | None = None
    place: Callable[[MatrixWorld, Place], Place] | None = None
    before: Callable[[MatrixWorld, Place, Caller], None] | None = None
    """Done before the call where it should succeed, by the administrator or the caller."""
    always: bool = False
    """Whether that is done where the call should fail, too, so that nothing else is missing."""
    spoils: bool = False
    """Whether a call that succeeds is made on an item of its own."""
    version: str | None = None

    def __str__(self) -> str:
        return " ".join(part for part in (self.operation, self.where.strip("/"), self.note, self.kind) if part)


CALLS: list[Call] = []


def call(operation: str, kind: str | None, allowed, refused="403004", answers=200, **options) -> None:
    """Adds a row."""
    refused = (refused,) if isinstance(refused, str) else refused
    answers = (answers, None) if isinstance(answers, int) else answers
    answers = answers if isinstance(answers[0], tuple) else (answers,)
    CALLS.append(Call(operation, kind, allowed, refused, answers, **options))


# The words of the reference.


def anyone(_: Standing) -> bool:
    return True


def server_admins(s: Standing) -> bool:
    return s.server_admin


def admins(s: Standing) -> bool:
    return s.admin


def publishers(s: Standing) -> bool:
    return s.publisher


def holders(*capabilities: str):
    return lambda s: all(s.may(one) for one in capabilities)


def leaders(s: Standing) -> bool:
    return s.may("ProjectLeader")


def republishers(s: Standing) -> bool:
    """Administrators; publishers with Read, Write and ExportXml on the item and Write on its project."""
    own = s.publisher and all(s.may(one) for one in ("Read", "Write", "ExportXml"))
    return s.admin or (own and s.may_save_to_project())


def rule_changers(s: Standing) -> bool:
    """Holders of ChangePermissions, but nobody where the project's rules are the item's."""
    return s.may("ChangePermissions") and not s.locked


def request(*children: str):
    return lambda w, p: ts_request(*children)


def rule(w: MatrixWorld, capability: str = "Read") -> bytes:
    capabilities = element("capabilities", element("capability", name=capability, mode="Allow"))
    return ts_request(element("permissions", element("granteeCapabilities", [element("user", id=w.users[SPARE]), capabilities])))


def of_rule(word: str = "users"):
    """The address of a rule that nobody asks after."""

    def fill(w: MatrixWorld, p: Place) -> Place:
        id = w.users[SPARE] if word == "users" else w.group
        named = {"user-id": id, "group-id": id, "grantee-id": id, "groups|users|groupSets": word}
        return {**named, "capability-name": "Read", "capability-mode": "Allow"}

    return fill


def give_rule(path: str, word: str = "users"):
    """Makes the rule that a call is to delete."""

    def give(w: MatrixWorld, p: Place, _: Caller) -> None:
        grantee = element("user", id=w.users[SPARE]) if word == "users" else element("group", id=w.group)
        capabilities = element("capabilities", element("capability", name="Read", mode="Allow"))
        body = ts_request(element("permissions", element("granteeCapabilities", [grantee, capabilities])))
        status, _, data = w.ask(w.root, "PUT", path, "3.3", p, body)
        assert status == 200, data

    return give


# Without regard to items.

call("Server Info", None, anyone)
call("Get Current Server Session", None, anyone)
call("Query Sites", None, anyone)
call("Query Site", None, anyone)  # A quirk: the reference says administrators, and shows the same in Query Sites.
call("Query Site", None, server_admins, note="of another site", place=lambda w, p: {"site-id": w.second_site})
call("Create Site", None, server_admins, answers=201,
     body=lambda w, p: ts_request(element("site", name=(name := w.fresh("made").replace(" ", "-")), contentUrl=name)))
call("Update Site", None, server_admins, body=request(element("site", name="Default")))
call("Delete Site", None, server_admins, answers=204, spoils=True, place=lambda w, p: {"site-id": w.new_site()})
# The mode of the site of the matrix is `disabled`, which is what those who may are told.
for verb, answers in (("Encrypt", (400, "400000")), ("Reencrypt", (400, "400000")), ("Decrypt", 200)):
    call(f"{verb} Extracts in a Site", None, admins, answers=answers)
call("Create Project", None, admins, answers=201,
     body=lambda w, p: ts_request(element("project", name=w.fresh("made"))))
call("Add User to Site", None, admins, answers=201,
     body=lambda w, p: ts_request(element("user", name=w.fresh("made"), siteRole="Unlicensed")))
call("Get Users on Site", None, admins)
call("Query User On Site", None, anyone, note="oneself")  # A quirk: people may look up themselves.
call("Query User On Site", None, admins, note="another", place=lambda w, p: {"user-id": w.users[SPARE]})
call("Update User", None, admins, body=request(element("user", fullName="Changed")),
     place=lambda w, p: {"user-id": w.users[SPARE]})
call("Remove User from Site", None, admins, answers=204, spoils=True, place=lambda w, p: {"user-id": w.new_user()})
call("Get Groups for a User", None, anyone, note="oneself")
call("Get Groups for a User", None, admins, note="another", place=lambda w, p: {"user-id": w.users[SPARE]})
call("Query Workbooks for User", None, anyone, note="oneself")
call("Query Workbooks for User", None, admins, "403018", note="another", place=lambda w, p: {"user-id": w.users[SPARE]})
call("Create Group", None, admins, answers=201, body=lambda w, p: ts_request(element("group", name=w.fresh("made"))))
call("Query Groups", None, admins)
call("Update Group", None, admins, body=request(element("group", name="Of the matrix")))
call("Delete Group", None, admins, answers=204, spoils=True, place=lambda w, p: {"group-id": w.new_group()})
call("Add User to Group", None, admins, spoils=True, place=lambda w, p: {"group-id": w.new_group()},
     body=lambda w, p: ts_request(element("user", id=w.users[SPARE])))
call("Get Users in Group", None, admins)
call("Remove User from Group", None, admins, answers=(404, "404002"), place=lambda w, p: {"user-id": NOBODY})
call("Remove Users from Group (batch)", None, admins, answers=204,
     body=lambda w, p: ts_request(element("users", element("user", id=w.users[SPARE]))))
call("Initiate File Upload", None, publishers, "403015", 201)
call("Append to File Upload", None, publishers, "403007", (404, "404015"), headers=lambda w, p: MIXED,
     body=lambda w, p: multipart((None, "request_payload", None, "text/xml", b""), (None, "tableau_file", "c", None, b"x")))
call("Get Favorites for User", None, anyone, note="own")
call("Get Favorites for User", None, admins, note="of another", place=lambda w, p: {"user-id": w.users[SPARE]})
for one in ("Query Projects", "Query Workbooks for Site", "Query Views for Site", "Query Data Sources"):
    call(one, None, anyone)

# Workbooks, their views, data sources.

NAMES = {"workbook": "Workbook", "datasource": "Data Source", "view": "View", "project": "Project"}


def elsewhere(kind: str):
    return lambda w, p: ts_request(element(kind, element("project", id=w.items["project"]["Other"])))


def to_spare(kind: str):
    return lambda w, p: ts_request(element(kind, element("owner", id=w.users[SPARE])))


CONNECTION = request(element("connection", serverPort="5432"))

call("Query Workbook", "workbook", holders("Read"), "403018")
call("Query Workbook Connections", "workbook", holders("Read"), "403021")
call("Query Views for Workbook", "workbook", holders("Read"))
call("Query Workbook Preview Image", "workbook", holders("Read"), answers=(404, "404003"))
call("Query View Preview Image", "view", holders("Read"), answers=(404, "404003"))
call("Get View", "view", holders("Read"))
for one in ("Query View Data", "Download View Crosstab Excel"):
    call(one, "view", holders("Read", "ExportData"), "403032")
call("Query View Image", "view", holders("Read", "ExportImage"))
call("Query View PDF", "view", holders("Read", "ExportImage"), "403032")
for one in ("Download Workbook PDF", "Download Workbook PowerPoint"):
    call(one, "workbook", holders("Read", "ExportImage"), "403032")
call("Download Workbook", "workbook", holders("ExportXml"), "403019")
call("Get Workbook Revisions", "workbook", republishers, "403056")
call("Download Workbook Revision", "workbook", republishers, "403019", place=lambda w, p: {"revision-number": "1"})
call("Remove Workbook Revision", "workbook", republishers, answers=(404, "404024"),
     place=lambda w, p: {"revision-number": "9"})
call("Update Workbook", "workbook", holders("Write"), "403027", body=request(element("workbook")))
call("Update Workbook", "workbook", lambda s: s.may("Write") and s.gives, "403027", note="its owner",
     body=to_spare("workbook"), spoils=True)
call("Update Workbook", "workbook", lambda s: s.may("Write") and s.may("ChangeHierarchy") and s.publisher,
     ("403004", "403025", "403027"), note="its project", body=elsewhere("workbook"), spoils=True)
call("Update Workbook Connection", "workbook", holders("Write"), "403029", body=CONNECTION)
call("Delete Workbook", "workbook", holders("Read", "Delete"), answers=204, spoils=True)

call("Query Data Source", "datasource", lambda s: s.may("Connect") or s.may("Read"))  # A quirk: or Read.
call("Query Data Source Connections", "datasource", holders("Read"), "403021")
call("Download Data Source", "datasource", holders("ExportXml"), "403028")
call("Get Data Source Revisions", "datasource", republishers, "403054")
call("Download Data Source Revision", "datasource", republishers, "403028", place=lambda w, p: {"revision-number": "1"})
call("Remove Data Source Revision", "datasource", republishers, answers=(404, "404024"),
     place=lambda w, p: {"revision-number": "9"})
call("Update Data Source", "datasource", holders("Write"), "403032", body=request(element("datasource")))
call("Update Data Source", "datasource", lambda s: s.may("Write") and (s.admin or s.leads), "403032", note="certify",
     body=lambda w, p: ts_request(element("datasource", isCertified=True, certificationNote=w.fresh())))
call("Update Data Source", "datasource", lambda s: s.may("Write") and s.gives, ("403027", "403032"), note="its owner",
     body=to_spare("datasource"), spoils=True)
call("Update Data Source", "datasource", lambda s: s.may("Write") and s.may("ChangeHierarchy") and s.publisher,
     ("403030", "403032"), note="its project", body=elsewhere("datasource"), spoils=True)
for one in ("Update Data Source Connection", "Update Data Source Connection (2.0 form)"):
    call(one, "datasource", holders("Write"), ("403023", "403027"), body=CONNECTION)
call("Delete Data Source", "datasource", holders("Read", "Delete"), answers=204, spoils=True)

for kind in ("workbook", "datasource"):
    name = NAMES[kind]
    # Over an item that is there, what counts is the item, too.
    call(f"Publish {name}", kind, lambda s: s.may_save_to_project() and s.may("Write"), "403007", 201, note="over one",
         params={"overwrite": "true"}, spoils=True, headers=lambda w, p: MIXED,
         body=lambda w, p, kind=kind: form(kind, p["name"], p["project"])[0])
    call(f"Publish {name}", "project", lambda s: s.may_save_to_project(), "403007", 201, note="a new one",
         headers=lambda w, p: MIXED, body=lambda w, p, kind=kind: form(kind, w.fresh("made"), p["project-id"])[0])


def tag(label: str):
    return ts_request(element("tags", element("tag", label=label)))


for kind in ("workbook", "view", "datasource"):
    name, path = NAMES[kind], f"/sites/{{site-id}}/{kind}s/{{{kind}-id}}"
    call(f"Add Tags to {name}", kind, holders("Read"), body=lambda w, p: tag("mine"))

    def foreign(w: MatrixWorld, p: Place, _: Caller, path=path) -> None:
        status, _, data = w.ask(w.root, "PUT", f"{path}/tags", "3.1", p, tag("theirs"))
        assert status == 200, data

    def own(w: MatrixWorld, p: Place, caller: Caller, path=path) -> None:
        status, _, data = w.ask(caller, "PUT", f"{path}/tags", "3.1", p, tag(p["tag-name"]))
        assert status == 200, data

    call(f"Delete Tag from {name}", kind, lambda s: s.may("Read") and s.gives, answers=204, note="of another",
         place=lambda w, p: {"tag-name": "theirs"}, before=foreign, always=True)
    call(f"Delete Tag from {name}", kind, holders("Read"), answers=204, note="of one's own",
         place=lambda w, p: {"tag-name": p["user-id"]}, before=own)
    add_rule, delete_rule, query_rules = (
        ("Add Permissions (views)", "Delete Permission (views)", "Query Permissions (views)")
        if kind == "view"
        else (f"Add {name} Permissions", f"Delete {name} Permission", f"Query {name} Permissions")
    )
    reading = holders("Read") if kind == "datasource" else lambda s: s.may("ChangePermissions") or s.gives and s.may("Read")
    call(query_rules, kind, reading)
    call(add_rule, kind, rule_changers, ("403004", "403039"), body=lambda w, p: rule(w))
    for word in ("users", "groups"):
        where = f"/{word}/" if kind != "view" else ""
        call(delete_rule, kind, rule_changers, ("403004", "403039"), 204, where=where, note=word if kind == "view" else "",
             place=of_rule(word), before=give_rule(f"{path}/permissions", word))

# Projects.

call("Update Project", "project", holders("Read"), note="to look at it", body=request(element("project")))
call("Update Project", "project", leaders, note="its description",
     body=lambda w, p: ts_request(element("project", description=w.fresh())))
call("Create Project", "project", leaders, answers=201, note="below one",  # A quirk: leaders may nest.
     body=lambda w, p: ts_request(element("project", name=w.fresh("made"), parentProjectId=p["project-id"])))
call("Delete Project", "project", lambda s: s.admin or s.leads_above, answers=204, spoils=True)  # A quirk, too.
call("Query Project Permissions", "project", leaders)  # A quirk: the reference says administrators.
call("Add Project Permissions", "project", leaders, body=lambda w, p: rule(w))
for word in ("users", "groups"):
    call("Delete Project Permission", "project", leaders, answers=204, where=f"/{word}/", place=of_rule(word),
         before=give_rule("/sites/{site-id}/projects/{project-id}/permissions", word))
for kind, refused in (("workbooks", "403036"), ("datasources", "403035"), ("flows", "403004")):
    end = " (flow)" if kind == "flows" else ""
    defaults = f"/default-permissions/{kind}"
    where = "" if end else defaults
    call(f"Query Default Permissions{end}", "project", leaders, refused, where=where)
    call(f"Add Default Permissions{end}", "project", leaders, where=where, body=lambda w, p: rule(w))
    for word in ("users", "groups"):
        call(f"Delete Default Permission{end}", "project", leaders, answers=204, note=word if end else "",
             where="" if end else f"{defaults}/{word}/", place=of_rule(word),
             before=give_rule("/sites/{site-id}/projects/{project-id}" + defaults, word))

# Favorites: one's own, of what one may look at.


def favorite(w: MatrixWorld, p: Place, kind: str) -> bytes:
    return ts_request(element("favorite", element(kind, id=p["item"]), label=w.fresh()))


for kind, name in NAMES.items():
    def add(w: MatrixWorld, p: Place, _: Caller, kind=kind) -> None:
        body = favorite(w, p, kind)
        status, _, data = w.ask(w.root, "PUT", "/sites/{site-id}/favorites/{user-id}", "3.1", p, body)
        assert status == 200, data

    call(f"Add {name} to Favorites", kind, holders("Read"), body=lambda w, p, kind=kind: favorite(w, p, kind))
    # Of data sources the reference asks for Read here, too.
    allowed = holders("Read") if kind == "datasource" else anyone
    call(f"Delete {name} from Favorites", kind, allowed, answers=204, before=add)
    call("Delete from Favorites (generic)", kind, allowed, answers=204, before=add,
         place=lambda w, p, kind=kind: {"content-type": kind, "content-id": p["item"]})
    call(f"Delete {name} from Favorites", kind, admins, answers=(204 if kind == "project" else (404, "404010")),
         note="of another", place=lambda w, p: {"user-id": w.users[SPARE]})

# Jobs, schedules, refreshes.

call("Query Jobs", None, admins)
call("Query Job", None, admins, place=lambda w, p: {"job-id": w.job()})
call("Cancel Job", None, admins, "403032", ((200, None), (403, "403091")), place=lambda w, p: {"job-id": w.job()})
DAILY = element("frequencyDetails", start="18:30:00")
MONDAYS = element(
    "schedule",
    element("frequencyDetails", element("intervals", element("interval", weekDay="Monday")), start="18:30:00"),
    frequency="Weekly",
)
call("Create Schedule", None, server_admins, body=lambda w, p: ts_request(element(
    "schedule", DAILY, name=w.fresh(), priority=50, type="Extract", frequency="Daily", executionOrder="Parallel")))
call("Query Schedules", None, admins)
call("Get Server Schedule", None, admins, place=lambda w, p: {"schedule-id": w.schedules["Extract"]})
call("Update Schedule", None, server_admins, body=request(element("schedule", priority=40)),
     place=lambda w, p: {"schedule-id": w.schedules["Extract"]})
call("Batch Update Schedule State", None, server_admins,
     body=lambda w, p: ts_request(element("scheduleLuids", element("scheduleLuid", w.schedules["Extract"]))),
     params={"state": "active"})
call("Delete Schedule", None, server_admins, answers=204, place=lambda w, p: {"schedule-id": w.new_schedule()})
call("Query Extract Refresh Tasks", None, admins, place=lambda w, p: {"schedule-id": w.schedules["Extract"]})
call("Get Extract Refresh Tasks", None, anyone)


def keepers(s: Standing) -> bool:
    """Administrators, the owner, leaders of the project."""
    return s.gives


def refreshers(s: Standing) -> bool:
    """The same, as far as their role saves anything."""
    return s.gives and s.publisher


# Where a refresh of the item waits already, a second one is refused.
QUEUED = ((202, None), (409, "409093"))
for kind in ("workbook", "datasource"):
    name = NAMES[kind]
    call(f"Update {name} Now", kind, holders("Read", "Write") if kind == "workbook" else holders("Write"), ("403004", "403032"),
         QUEUED, body=request())
    call(f"Add {name} to Schedule", kind, refreshers, "403032", place=lambda w, p: {"schedule-id": w.schedules["Extract"]},
         body=lambda w, p, kind=kind: ts_request(element("task", element("extractRefresh", element(kind, id=p["item"])))))
    of_item = lambda w, p, kind=kind: {"task-id": w.task(kind, p["item"])}  # noqa: E731
    call("Get Extract Refresh Task", kind, keepers, place=of_item)
    call("Run Extract Refresh Task", kind, refreshers, answers=((200, None), (409, "409093")), body=request(), place=of_item)
    call("Update Cloud Extract Refresh Task", kind, refreshers, place=of_item,
         body=request(MONDAYS))
    call("Delete Extract Refresh Task", kind, refreshers, answers=204, place=of_item)
    call("Create Cloud Extract Refresh Task", kind, refreshers, body=lambda w, p, kind=kind: ts_request(
        element("extractRefresh", element(kind, id=p["item"]), type="FullRefresh"), MONDAYS))

# Extracts. The matrix asks a server without the engine that makes them, of items that have none: that is what those
# hear who may.
for kind, create, delete in (
    ("workbook", "Create Extracts for Embedded Data Sources", "Delete Extracts of Embedded Data Sources"),
    ("datasource", "Create Extract for Data Source", "Delete Extract from Data Source"),
):
    everything = request(element("datasources", includeAll=True))
    call(create, kind, holders("Write"), answers=(501, "501000"), body=everything)
    call(delete, kind, holders("Write"), answers=(400, "400000"), body=everything)

# Subscriptions: to what one may read; others, by those who give the content away.


def subscription(w: MatrixWorld, p: Place, kind: str, user: str) -> bytes:
    inside = [
        element("content", type=kind.capitalize(), id=p["item"]), element("schedule", id=w.schedules["Subscription"]),
        element("user", id=user),
    ]  # fmt: skip
    return ts_request(element("subscription", inside, subject="Daily"))


for kind in ("workbook", "view"):
    new = lambda w, p, kind=kind: {"subscription-id": w.subscription(kind, p["item"])}  # noqa: E731
    kept = lambda w, p, kind=kind: {"subscription-id": w.kept_subscription(kind, p["item"])}  # noqa: E731
    call("Create Subscription", kind, holders("Read"), "403060", 201, note="oneself",
         body=lambda w, p, kind=kind: subscription(w, p, kind, p["user-id"]))
    # Whom they subscribe may not look at the item, which is the next thing that is asked.
    call("Create Subscription", kind, keepers, "403060", (403, "403063"), note="another",
         body=lambda w, p, kind=kind: subscription(w, p, kind, w.users[SPARE]))
    call("Query Subscription", kind, keepers, "403058", place=kept)
    call("Update Subscription", kind, keepers, "403065", place=kept, body=request(element("subscription", subject="Weekly")))
    call("Delete Subscription", kind, keepers, "403059", 204, place=new)
call("Query Subscriptions", None, anyone)

# Custom views: one of the administrator's that is shared, and one's own.


def of_admin(w: MatrixWorld, p: Place) -> Place:
    return {"custom-view-id": w.kept_custom_view(p["item"])}


def of_oneself(w: MatrixWorld, p: Place) -> Place:
    return {"custom-view-id": w.custom_view(p["item"], p["user-id"])}


def customized(w: MatrixWorld, p: Place, **options) -> bytes:
    return custom_views.form(p["workbook-id"], custom_views.definition(w.view_name(p["item"])), **options)


RENAMED = request(element("customView", name="Renamed"))
USERS = "Custom View as Default"
call("List Custom Views", None, anyone)
call("Get Custom View", "view", holders("Read"), place=of_admin)
call("Get Custom View", "view", anyone, note="one's own", place=of_oneself)
call("Update Custom View", "view", admins, place=of_admin, body=RENAMED)
call("Update Custom View", "view", anyone, note="one's own", place=of_oneself, body=RENAMED)
call("Delete Custom View", "view", admins, answers=204, place=lambda w, p: {"custom-view-id": w.custom_view(p["item"])})
call("Get Custom View Image", "view", holders("Read", "ExportImage"), place=of_admin)
call("Get Custom View PDF", "view", holders("Read", "ExportImage"), place=of_admin)
call("Get Custom View Data", "view", holders("Read", "ExportData"), place=of_admin)
call("Download Custom View definition", "view", admins, ("403004", "403163"), place=of_admin)
call("Publish Custom View", "view", holders("Read"), "403007", 201, headers=lambda w, p: MIXED, body=customized)
call("Publish Custom View", "view", holders("Read", "ShareView"), ("403004", "403007"), 201, note="shared",
     headers=lambda w, p: MIXED, body=lambda w, p: customized(w, p, shared=True))
call("Publish Custom View", "view", admins, "403007", 201, note="for another", headers=lambda w, p: MIXED,
     body=lambda w, p: customized(w, p, owner=w.users[SPARE]))
call(f"List Users with {USERS}", "view", admins, place=of_admin)
call(f"Set {USERS} for Users", "view", admins, place=of_admin,
     body=lambda w, p: ts_request(element("users", element("user", id=p["user-id"]))))

# Domains of the directory, of which there are none.

call("List Server Active Directory Domains", None, server_admins)
for one in ("Update Server Active Directory Domain", "Update Server Active Directory Domain (id in the address)"):
    call(one, None, server_admins, answers=(404, "404016"), place=lambda w, p: {"domain-id": "99"},
         body=request(element("domain", id="99", name="example.com")))
