"""Sessions, sites, users, groups."""

from __future__ import annotations

import tempfile
from pathlib import Path

import tableauserverclient as TSC

from support import seed
from support.differential import values
from support.differential.case import Case
from support.differential.cases.content import JOB_XML
from support.differential.items import GROUP, JOB, USER, WORKBOOK, flag, one_by_one
from support.differential.proxy import made
from support.differential.queries import queries
from support.world import ADMIN, ADMIN_PASSWORD

GROUPS = ["auth", "server_info", "sites", "users", "groups"]

PAGE = {"page": 1, "page_size": 100}
ID = "2cb9f1a4-2f7f-4e62-9a8e-7f2b1b1d0c11"


def nothing_prepared(world) -> dict:
    return {"site": world.admin.site_id, "admin": world.admin.user_id, "people": world.people}


# Sessions.


def session(theirs, ours) -> None:
    """Both read the same ids of the session."""
    assert ours == {"site_id": theirs.site_id, "site_url": theirs.site_url, "user_id": theirs.user_id}


def signed_in(request):
    def call(tsc, things):
        server = TSC.Server(tsc.server_address)
        server.version = tsc.version
        server.auth.sign_in(request(things))
        return server

    return call


def by(method: str):
    def call(tsc, things):
        server = TSC.Server(tsc.server_address)
        server.version = tsc.version
        if method == "sign_in_with_json_web_token":
            server.auth.sign_in_with_json_web_token(TSC.JWTAuth("a.b.c", site_id="second"))
        else:
            server.auth.sign_in_with_personal_access_token(TSC.PersonalAccessTokenAuth(*seed.TOKEN, "second"))
        return server

    return call


def asked_under(version: str, tsc: TSC.Server) -> TSC.Server:
    server = TSC.Server(tsc.server_address)
    server.version = version
    return server


CREDENTIALS = made(
    "POST",
    "/auth/signin",
    f'<credentials token="t|o"><site id="{ID}" contentUrl="second"/><user id="{ID}"/></credentials>',
)

SITE_ITEM = TSC.SiteItem("Second Site", "second")

AUTH = [
    Case(
        "auth.sign_in",
        signed_in(lambda _: TSC.TableauAuth(ADMIN, ADMIN_PASSWORD)),
        lambda _: ("auth", "sign_in", {"username": ADMIN, "password": ADMIN_PASSWORD}),
        session,
    ),
    Case(
        "auth.sign_in",
        signed_in(lambda things: TSC.TableauAuth(ADMIN, ADMIN_PASSWORD, "", things["people"]["ada"])),
        lambda things: (
            "auth",
            "sign_in",
            {"username": ADMIN, "password": ADMIN_PASSWORD, "impersonate": things["people"]["ada"]},
        ),
        session,
        prepare=nothing_prepared,
        note="for somebody",
    ),
    Case(
        "auth.sign_in_with_personal_access_token",
        by("sign_in_with_personal_access_token"),
        lambda _: ("auth", "sign_in", {"token_name": seed.TOKEN[0], "token": seed.TOKEN[1], "site": "second"}),
        session,
        made=[CREDENTIALS],
    ),
    Case(
        "auth.sign_in_with_json_web_token",
        by("sign_in_with_json_web_token"),
        lambda _: ("auth", "sign_in", {"jwt": "a.b.c", "site": "second"}),
        session,
        made=[CREDENTIALS],
    ),
    Case(
        "auth.sign_out",
        lambda tsc, _: tsc.auth.sign_out(),
        lambda _: ("auth", "sign_out", {}),
        values.nothing,
        own_session=True,
    ),
    Case(
        "auth.switch_site",
        lambda tsc, _: tsc.auth.switch_site(SITE_ITEM) and tsc,
        lambda _: ("auth", "switch_site", {"content_url": "second"}),
        session,
        own_session=True,
    ),
    Case(
        "auth.revoke_all_server_admin_tokens",
        lambda tsc, _: tsc.auth.revoke_all_server_admin_tokens(),
        lambda _: ("auth", "revoke_all_server_admin_tokens", {}),
        values.nothing,
        made=[made("POST", "/auth/revokeAllServerAdminTokens")],
    ),
    Case(
        "server_info.get",
        # Both clients ask under the version that brought it; ours does so always.
        lambda tsc, _: asked_under("2.4", tsc).server_info.get(),
        lambda _: ("auth", "server_info", {}),
        values.one(
            {
                "product_version": "productVersion.value",
                "build_number": "productVersion.build",
                "rest_api_version": "restApiVersion",
            },
            "serverInfo",
        ),
    ),
]

# Sites.

WORDS = (
    "admin_mode state status_reason user_quota storage_quota revision_limit num_users storage tier_creator_capacity "
    "tier_explorer_capacity tier_viewer_capacity extract_encryption_mode data_acceleration_mode ask_data_mode time_zone "
    "user_visibility_mode auto_suspend_refresh_inactivity_window"
).split()
FLAGS = (
    "subscribe_others_enabled disable_subscriptions revision_history_enabled guest_access_enabled cache_warmup_enabled "
    "commenting_enabled cataloging_enabled editing_flows_enabled scheduling_flows_enabled allow_subscription_attachments "
    "request_access_enabled run_now_enabled data_alerts_enabled commenting_mentions_enabled catalog_obfuscation_enabled "
    "flow_auto_save_enabled web_extraction_enabled metrics_content_type_enabled notify_site_admins_on_throttle "
    "authoring_enabled custom_subscription_email_enabled custom_subscription_footer_enabled named_sharing_enabled "
    "mobile_biometrics_enabled sheet_image_enabled derived_permissions_enabled use_default_time_zone "
    "auto_suspend_refresh_enabled attribute_capture_enabled"
).split()


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


SITE: values.Table = {
    "id": "id",
    "name": "name",
    "content_url": "contentUrl",
    **{name: {"num_users": "usage.numUsers", "storage": "usage.storage"}.get(name, camel(name)) for name in WORDS},
    **{name: flag(camel(name)) for name in FLAGS},
}
LISTED = {name: place for name, place in SITE.items() if name not in ("num_users", "storage")}


def new_site(things: dict) -> TSC.SiteItem:
    return TSC.SiteItem(things["name"], things["name"], admin_mode="ContentAndUsers", user_quota=7, disable_subscriptions=True)


def site_name(world) -> dict:
    return {"name": world.fresh("site")}


def empty(method: str, path: str):
    return [made(method, path)]


SITES = [
    Case(
        "sites.get",
        lambda tsc, _: tsc.sites.get(TSC.RequestOptions(1, 100)),
        lambda _: ("sites", "list", {"options": PAGE}),
        values.page(LISTED),
    ),
    Case(
        "sites.get_by_id",
        lambda tsc, things: tsc.sites.get_by_id(things["site"]),
        lambda things: ("sites", "get", {"id": things["site"]}),
        values.one(SITE, "site"),
        prepare=nothing_prepared,
    ),
    Case(
        "sites.get_by_name",
        lambda tsc, _: tsc.sites.get_by_name("Default"),
        lambda _: ("sites", "get_by_name", {"name": "Default"}),
        values.one(SITE, "site"),
    ),
    Case(
        # Tableau's client looks for the content URL in its own address, and so asks for few; "api" is one of them.
        "sites.get_by_content_url",
        lambda tsc, _: tsc.sites.get_by_content_url("api"),
        lambda _: ("sites", "get_by_content_url", {"content_url": "api"}),
        values.one({"id": "id", "name": "name", "content_url": "contentUrl", "state": "state"}, "site"),
        made=[made("GET", "/sites/api", f'<site id="{ID}" name="A" contentUrl="api" state="Active"/>')],
    ),
    Case(
        "sites.create",
        lambda tsc, things: tsc.sites.create(new_site(things)),
        lambda things: (
            "sites",
            "create",
            {
                "site": {
                    "name": things["name"], "contentUrl": things["name"], "adminMode": "ContentAndUsers", "userQuota": 7,
                    "disableSubscriptions": True,
                }
            },
        ),  # fmt: skip
        values.one(LISTED, "site"),
        prepare=site_name,
    ),
    Case(
        "sites.update",
        lambda tsc, things: tsc.sites.update(_changed_site(things)),
        lambda things: ("sites", "update", {"id": things["site"], "site": {"name": "Default", **UPDATED}}),
        values.one({"name": "name", "request_access_enabled": "requestAccessEnabled"}, "site"),
        prepare=nothing_prepared,
    ),
    Case(
        "sites.delete",
        lambda tsc, things: tsc.sites.delete(tsc.site_id),
        lambda things: ("sites", "delete", {"id": things["site"]}),
        values.nothing,
        prepare=nothing_prepared,
        made=[made("DELETE", "/sites/[^/]+", status=204)],
        own_session=True,
    ),
    *(
        Case(
            f"sites.{name}",
            lambda tsc, things, name=name: getattr(tsc.sites, name)(things["site"]),
            lambda things, name=name: ("sites", name, {"id": things["site"]}),
            values.nothing,
            prepare=nothing_prepared,
            made=empty("POST", f"/sites/[^/]+/{path}"),
        )
        for name, path in (
            ("encrypt_extracts", "encrypt-extracts"),
            ("decrypt_extracts", "decrypt-extracts"),
            ("re_encrypt_extracts", "reencrypt-extracts"),
        )
    ),
    Case(
        "sites.list_auth_configurations",
        lambda tsc, _: tsc.sites.list_auth_configurations(),
        lambda _: ("sites", "list_auth_configurations", {}),
        values.many(
            {
                "auth_setting": "authSetting",
                "enabled": "enabled",
                "idp_configuration_id": "idpConfigurationId",
                "idp_configuration_name": "idpConfigurationName",
                "known_provider_alias": "knownProviderAlias",
            }
        ),
        made=[
            made(
                "GET",
                "/sites/[^/]+/site-auth-configurations",
                '<siteAuthConfigurations><siteAuthConfiguration authSetting="OIDC" enabled="true" idpConfigurationId="'
                f'{ID}" idpConfigurationName="One &amp; only" knownProviderAlias="Google"/></siteAuthConfigurations>',
            )
        ],
    ),
]

UPDATED = {"requestAccessEnabled": True, "userQuota": 500, "runNowEnabled": False, "customSubscriptionFooter": "a & b"}


def _changed_site(things: dict) -> TSC.SiteItem:
    site = TSC.SiteItem("Default", "")
    site._id = things["site"]
    site.request_access_enabled, site.user_quota, site.run_now_enabled = True, 500, False
    site.custom_subscription_footer = "a & b"
    return site


# Users.


def user(world) -> dict:
    name = world.fresh("user")
    return {"name": name, "id": world.admin.new_user(f"local\\{name}"), "group": world.group}


def user_name(world) -> dict:
    return {"name": world.fresh("neu ü")}


def user_item(things: dict, **more) -> TSC.UserItem:
    item = TSC.UserItem(things.get("name"), "Viewer")
    item._id = things.get("id")
    for name, value in more.items():
        setattr(item, name, value)
    return item


def populated(what: str, *arguments, **more):
    def call(tsc, things):
        item = user_item(things)
        getattr(tsc.users, f"populate_{what}")(item, *arguments, **more)
        return one_by_one(getattr(item, what))

    return call


def file_of(things: dict) -> str:
    path = Path(tempfile.mkdtemp(prefix="differential-")) / "users.csv"
    path.write_text(f"{things['name']}1,pw,Full Name,Viewer,None,no,a@example.com\n{things['name']}2,,,Explorer,None,no,\n")
    return str(path)


def pair(world) -> dict:
    things = user_name(world)
    return {**things, "file": file_of(things)}


IMPORTED = [
    {"name": "anna", "full_name": 'Anna "A", B', "site_role": "Creator", "email": "a@example.com", "auth_setting": "SAML"},
    {"name": "bert", "password": "s&cret", "site_role": "ExplorerCanPublish"},
    {"name": "example\\cleo", "site_role": "SiteAdministratorCreator", "idp_configuration_id": ID},
]


def imported() -> list[TSC.UserItem]:
    made_ = []
    for given in IMPORTED:
        domain, _, name = given["name"].rpartition("\\")
        item = TSC.UserItem(name, given["site_role"])
        item._domain_name = domain or None
        item.fullname, item.email = given.get("full_name"), given.get("email")
        item.auth_setting = given.get("auth_setting")
        item.idp_configuration_id = given.get("idp_configuration_id")
        if "password" in given:
            item.password = given["password"]
        made_.append(item)
    return made_


USERS = [
    Case(
        "users.get",
        lambda tsc, _: tsc.users.get(TSC.RequestOptions(1, 100)),
        lambda _: ("users", "list", {"options": {**PAGE, "fields": "_all_"}}),
        values.page(USER),
    ),
    Case(
        "users.all",
        lambda tsc, _: one_by_one(tsc.users.all(page_size=3)),
        lambda _: ("users", "list", {"options": {"page_size": 3, "fields": "_all_"}}),
        values.many(USER),
    ),
    Case(
        "users.filter",
        lambda tsc, _: one_by_one(tsc.users.filter(name="ada", page_size=100)),
        lambda _: (
            "users",
            "list",
            {"options": {"page_size": 100, "fields": "_all_", "filters": [{"field": "name", "operator": "eq", "value": "ada"}]}},
        ),
        values.many(USER),
    ),
    Case(
        "users.get_by_id",
        lambda tsc, things: tsc.users.get_by_id(things["id"]),
        lambda things: ("users", "get", {"id": things["id"]}),
        values.one(USER, "user"),
        prepare=user,
    ),
    Case(
        "users.update",
        lambda tsc, things: tsc.users.update(user_item(things, fullname="F & N", email="x@example.com"), "n&w password"),
        lambda things: (
            "users",
            "update",
            {
                "id": things["id"],
                "user": {"fullName": "F & N", "email": "x@example.com", "siteRole": "Viewer", "password": "n&w password"},
            },
        ),
        values.one({"fullname": "fullName", "email": "email", "site_role": "siteRole"}, "user"),
        prepare=user,
    ),
    Case(
        "users.remove",
        lambda tsc, things: tsc.users.remove(things["id"]),
        lambda things: ("users", "remove", {"id": things["id"]}),
        values.nothing,
        prepare=user,
    ),
    Case(
        "users.remove",
        lambda tsc, things: tsc.users.remove(things["id"], things["heir"]),
        lambda things: ("users", "remove", {"id": things["id"], "assets_to": things["heir"]}),
        values.nothing,
        prepare=lambda world: {**user(world), "heir": world.people["ada"]},
        note="with an heir",
    ),
    Case(
        "users.add",
        lambda tsc, things: tsc.users.add(TSC.UserItem(things["name"], "Viewer", "ServerDefault")),
        lambda things: ("users", "add", {"user": {"name": things["name"], "siteRole": "Viewer", "authSetting": "ServerDefault"}}),
        values.one(USER, "user"),
        prepare=user_name,
    ),
    Case(
        "users.add_all",
        lambda tsc, things: tsc.users.add_all([TSC.UserItem(things["name"], "Viewer")])[0],
        lambda things: ("users", "add_all", {"users": [{"name": things["name"], "siteRole": "Viewer"}]}),
        values.many(USER),
        prepare=user_name,
    ),
    Case(
        "users.create_from_file",
        lambda tsc, things: tsc.users.create_from_file(things["file"])[0],
        lambda things: ("users", "create_from_file", {"file": things["file"]}),
        values.many(USER),
        prepare=pair,
    ),
    Case(
        "users.bulk_add",
        lambda tsc, _: tsc.users.bulk_add(imported()),
        lambda _: ("users", "bulk_add", {"users": IMPORTED}),
        values.one(JOB, "job"),
        made=[made("POST", "/sites/[^/]+/users/import", JOB_XML.format(type="UserImport"), status=202)],
    ),
    Case(
        "users.bulk_remove",
        lambda tsc, _: tsc.users.bulk_remove(imported()),
        lambda _: ("users", "bulk_remove", {"names": [given["name"] for given in IMPORTED]}),
        values.nothing,
        made=[made("POST", "/sites/[^/]+/users/delete", status=200)],
    ),
    Case(
        "users.populate_workbooks",
        populated("workbooks"),
        lambda things: ("workbooks", "list_for_user", {"user": things["id"], "options": {"page_size": 100}}),
        values.many(WORKBOOK),
        prepare=lambda world: {"id": world.admin.user_id},
    ),
    Case(
        "users.populate_workbooks",
        populated("workbooks", owned_only=True),
        lambda things: ("workbooks", "list_for_user", {"user": things["id"], "owned": True, "options": {"page_size": 100}}),
        values.many(WORKBOOK),
        prepare=lambda world: {"id": world.people["ada"]},
        note="owned",
    ),
    Case(
        "users.populate_groups",
        populated("groups"),
        lambda things: ("users", "groups", {"id": things["id"], "options": {"page_size": 100}}),
        values.many(GROUP),
        prepare=lambda world: {"id": world.people["ada"]},
    ),
    Case(
        "users.populate_favorites",
        lambda tsc, things: (lambda item: tsc.users.populate_favorites(item) or item.favorites["workbooks"])(user_item(things)),
        lambda things: ("favorites", "list", {"user": things["id"]}),
        values.many({"id": "workbook.id", "name": "workbook.name"}),
        prepare=lambda world: favorite_of(world),
    ),
]


def favorite_of(world) -> dict:
    """A user whose one favorite is a workbook."""
    things = user(world)
    book = world.new_workbook()
    body = f'<tsRequest><favorite label="L &amp; l"><workbook id="{book}"/></favorite></tsRequest>'
    world.admin.put(f"/sites/{{site}}/favorites/{things['id']}", body.encode()).ok(200)
    return {**things, "book": book}


# Groups.


def group(world) -> dict:
    name = world.fresh("G & ü ")
    made_ = world.admin.post("/sites/{site}/groups", f'<tsRequest><group name="{name.replace("&", "&amp;")}"/></tsRequest>'.encode())
    return {"name": name, "id": made_.ok(201).get("group", "id"), "users": [world.people["ada"], world.people["grace"]]}


def with_users(world) -> dict:
    things = group(world)
    for one in things["users"]:
        world.admin.post(f"/sites/{{site}}/groups/{things['id']}/users", f'<tsRequest><user id="{one}"/></tsRequest>'.encode()).ok(200)
    return things


def group_item(things: dict, **more) -> TSC.GroupItem:
    item = TSC.GroupItem(more.pop("name", things.get("name")), more.pop("domain", None))
    item._id = things.get("id")
    for name, value in more.items():
        setattr(item, name, value)
    return item


DIRECTORY = {
    "name": "Staff",
    "import": {"source": "ActiveDirectory", "domainName": "example.com", "grantLicenseMode": "onLogin", "siteRole": "Viewer"},
}


def of_directory(things: dict) -> TSC.GroupItem:
    return group_item(things, name="Staff", domain="example.com", license_mode="onLogin", minimum_site_role="Viewer")


GROUP_XML = (
    f'<group id="{ID}" name="Staff"><domain name="example.com"/>'
    '<import domainName="example.com" siteRole="Viewer" grantLicenseMode="onLogin"/></group>'
)


def users_of(tsc, things):
    item = group_item(things)
    tsc.groups.populate_users(item)
    return one_by_one(item.users)


PEOPLE = [
    Case(
        "groups.get",
        lambda tsc, _: tsc.groups.get(TSC.RequestOptions(1, 100)),
        lambda _: ("groups", "list", {"options": PAGE}),
        values.page(GROUP),
    ),
    Case(
        "groups.all",
        lambda tsc, _: one_by_one(tsc.groups.all(page_size=2)),
        lambda _: ("groups", "list", {"options": {"page_size": 2}}),
        values.many(GROUP),
    ),
    Case(
        "groups.filter",
        lambda tsc, _: one_by_one(tsc.groups.filter(name="Analysts", page_size=100)),
        lambda _: (
            "groups",
            "list",
            {"options": {"page_size": 100, "filters": [{"field": "name", "operator": "eq", "value": "Analysts"}]}},
        ),
        values.many(GROUP),
    ),
    Case(
        "groups.populate_users",
        users_of,
        lambda things: ("groups", "users", {"id": things["id"], "options": {"page_size": 100}}),
        values.many(USER),
        prepare=with_users,
    ),
    Case(
        "groups.create",
        lambda tsc, things: tsc.groups.create(group_item(things, minimum_site_role="Viewer")),
        lambda things: ("groups", "create", {"group": {"name": things["name"], "minimumSiteRole": "Viewer"}}),
        # Tableau's client does not read the role of local groups.
        values.one({"id": "id", "name": "name"}, "group"),
        prepare=lambda world: {"name": world.fresh("G & ")},
    ),
    Case(
        "groups.create_AD_group",
        lambda tsc, _: tsc.groups.create_AD_group(of_directory({})),
        lambda _: ("groups", "create", {"group": DIRECTORY}),
        values.one({**GROUP, "domain_name": "import.domainName"}, "group"),
        made=[made("POST", "/sites/[^/]+/groups", GROUP_XML, status=201)],
    ),
    Case(
        "groups.create_AD_group",
        lambda tsc, _: tsc.groups.create_AD_group(of_directory({}), asJob=True),
        lambda _: ("groups", "create_as_job", {"group": DIRECTORY}),
        values.one(JOB, "job"),
        made=[made("POST", "/sites/[^/]+/groups", JOB_XML.format(type="GroupImport"), status=202)],
        note="as a job",
    ),
    Case(
        "groups.update",
        lambda tsc, things: tsc.groups.update(group_item(things, name=things["name"] + "2", minimum_site_role="Viewer")),
        lambda things: (
            "groups",
            "update",
            {"id": things["id"], "group": {"name": things["name"] + "2", "minimumSiteRole": "Viewer"}},
        ),
        values.one({"id": "id", "name": "name"}, "group"),
        prepare=group,
    ),
    Case(
        "groups.update",
        lambda tsc, things: tsc.groups.update(of_directory(things), as_job=True),
        lambda things: ("groups", "update_as_job", {"id": things["id"], "group": DIRECTORY}),
        values.one(JOB, "job"),
        prepare=group,
        made=[made("PUT", "/sites/[^/]+/groups/[^/]+", JOB_XML.format(type="GroupSync"), status=202)],
        note="as a job",
    ),
    Case(
        "groups.delete",
        lambda tsc, things: tsc.groups.delete(things["id"]),
        lambda things: ("groups", "delete", {"id": things["id"]}),
        values.nothing,
        prepare=group,
    ),
    Case(
        "groups.add_user",
        lambda tsc, things: tsc.groups.add_user(group_item(things), things["users"][0]),
        lambda things: ("groups", "add_user", {"id": things["id"], "user": things["users"][0]}),
        values.one(USER, "user"),
        prepare=group,
    ),
    Case(
        "groups.add_users",
        lambda tsc, things: tsc.groups.add_users(group_item(things), things["users"]),
        lambda things: ("groups", "add_users", {"id": things["id"], "users": things["users"]}),
        values.many(USER),
        prepare=group,
    ),
    Case(
        "groups.remove_user",
        lambda tsc, things: tsc.groups.remove_user(group_item(things), things["users"][0]),
        lambda things: ("groups", "remove_user", {"id": things["id"], "user": things["users"][0]}),
        values.nothing,
        prepare=with_users,
    ),
    Case(
        "groups.remove_users",
        lambda tsc, things: tsc.groups.remove_users(group_item(things), things["users"]),
        lambda things: ("groups", "remove_users", {"id": things["id"], "users": things["users"]}),
        values.nothing,
        prepare=with_users,
    ),
]

CASES = [
    *AUTH,
    *SITES,
    *USERS,
    *PEOPLE,
    *queries("users", USER, "ada", always="_all_"),
    *queries("groups", GROUP, "Analysts"),
]
