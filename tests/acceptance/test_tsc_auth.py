"""Signing in and out with the unmodified tableauserverclient."""

import pytest
import requests
import tableauserverclient as TSC

from conftest import ADMIN, ADMIN_PASSWORD
from support import seed
from support.tsc import connect, refused


def test_password(live):
    server = TSC.Server(live.url)
    with server.auth.sign_in(TSC.TableauAuth(*seed.ADA)):
        assert server.is_signed_in()
        user = server.users.get_by_id(server.user_id)
        assert (user.name, user.fullname) == ("ada", "Ada Lovelace")
        assert server.site_url == ""
    assert not server.is_signed_in()


def test_user_name_and_site_match_without_case(live):
    server = TSC.Server(live.url, use_server_version=True)
    server.auth.sign_in(TSC.TableauAuth("ADA", seed.ADA[1], "SECOND"))
    assert server.site_url == "second"


def test_personal_access_token(live):
    server = TSC.Server(live.url, use_server_version=True)
    server.auth.sign_in(TSC.PersonalAccessTokenAuth(*seed.TOKEN))
    assert server.users.get_by_id(server.user_id).name == "ada"


def test_personal_access_token_opens_every_site_of_its_user(live):
    server = TSC.Server(live.url, use_server_version=True)
    server.auth.sign_in(TSC.PersonalAccessTokenAuth(*seed.TOKEN, site_id="second"))
    assert server.site_url == "second"
    with refused("401001", TSC.FailedSignInError):
        TSC.Server(live.url).auth.sign_in(TSC.PersonalAccessTokenAuth(*seed.TOKEN, site_id="third"))


def test_sessions_of_one_token_live_side_by_side(live):
    first, second = (TSC.Server(live.url, use_server_version=True) for _ in range(2))
    first.auth.sign_in(TSC.PersonalAccessTokenAuth(*seed.TOKEN))
    second.auth.sign_in(TSC.PersonalAccessTokenAuth(*seed.TOKEN))
    assert first.workbooks.get()[1].total_available == second.workbooks.get()[1].total_available
    second.auth.sign_out()
    first.workbooks.get()


@pytest.mark.slow
def test_strict_tokens_have_one_session(new_server):
    with new_server("--strict-tokens") as live:
        first, second = (TSC.Server(live.url, use_server_version=True) for _ in range(2))
        first.auth.sign_in(TSC.PersonalAccessTokenAuth(*seed.TOKEN))
        second.auth.sign_in(TSC.PersonalAccessTokenAuth(*seed.TOKEN))
        second.workbooks.get()
        with refused("401002", TSC.FailedSignInError):
            first.workbooks.get()
        # A password has no such rule.
        passwords = [connect(live, *seed.ADA) for _ in range(2)]
        for server in passwords:
            server.workbooks.get()


@pytest.mark.parametrize(
    "credentials",
    [
        TSC.TableauAuth("ada", "wrong"),
        TSC.TableauAuth("nobody", "ada's password"),
        TSC.TableauAuth("ada", ""),
        TSC.TableauAuth("ada", "ada's password", "no-such-site"),
        TSC.TableauAuth("ada", "ada's password", "third"),
        TSC.PersonalAccessTokenAuth("ci", "wrong"),
        TSC.PersonalAccessTokenAuth("other", seed.TOKEN[1]),
    ],
    ids=["password", "user", "empty password", "site", "site without the user", "token value", "token name"],
)
def test_wrong_secrets(live, credentials):
    with refused("401001", TSC.FailedSignInError) as caught:
        TSC.Server(live.url).auth.sign_in(credentials)
    assert caught.value.summary == "Signin Error"


def test_impersonation(live):
    admin = connect(live, ADMIN, ADMIN_PASSWORD)
    grace = next(user for user in TSC.Pager(admin.users) if user.name == "grace")
    server = TSC.Server(live.url, use_server_version=True)
    server.auth.sign_in(TSC.TableauAuth(ADMIN, ADMIN_PASSWORD, user_id_to_impersonate=grace.id))
    assert server.user_id == grace.id
    names = {workbook.name for workbook in TSC.Pager(server.workbooks)}
    # Grace's eyes, not the administrator's.
    assert "Shared Book" in names and "Secret" not in names


def test_only_server_administrators_impersonate(live):
    admin = connect(live, ADMIN, ADMIN_PASSWORD)
    grace = next(user for user in TSC.Pager(admin.users) if user.name == "grace")
    for who in (seed.ADA, seed.SITEADMIN):
        with pytest.raises((TSC.FailedSignInError, TSC.ServerResponseError)) as caught:
            TSC.Server(live.url).auth.sign_in(TSC.TableauAuth(*who, user_id_to_impersonate=grace.id))
        assert caught.value.code in ("401001", "403004")


def test_switch_site(live):
    server = connect(live, *seed.ADA)
    before = server.auth_token
    default_site, default_user = server.site_id, server.user_id
    server.auth.switch_site(TSC.SiteItem("Second Site", "second"))
    assert server.site_url == "second"
    assert server.site_id != default_site
    assert server.auth_token != before
    assert server.users.get_by_id(server.user_id).name == "ada"
    # The old token is dead.
    old = requests.get(f"{live.url}/api/3.1/sites/{default_site}/workbooks", headers={"X-Tableau-Auth": before})
    assert old.status_code == 401 and b"401002" in old.content
    # Switching to where one is does no harm.
    now = server.auth_token
    server.auth.switch_site(TSC.SiteItem("Second Site", "second"))
    assert server.auth_token == now
    server.auth.switch_site(TSC.SiteItem("Default", ""))
    assert (server.site_id, server.user_id) == (default_site, default_user)


def test_switch_to_a_closed_site(live):
    server = connect(live, *seed.ADA)
    for content_url in ("third", "nowhere"):
        with refused("401003", TSC.FailedSignInError):
            server.auth.switch_site(TSC.SiteItem("x", content_url))
    # The refusals ended nothing.
    server.workbooks.get()


def test_sign_out_ends_the_token(live):
    server = connect(live, *seed.ADA)
    token, site = server.auth_token, server.site_id
    server.auth.sign_out()
    response = requests.get(f"{live.url}/api/3.1/sites/{site}/workbooks", headers={"X-Tableau-Auth": token})
    assert response.status_code == 401 and b"401002" in response.content


def test_server_info(live):
    server = TSC.Server(live.url)
    info = server.server_info.get()
    major, minor = info.rest_api_version.split(".")
    assert (int(major), int(minor)) >= (3, 29)
    assert info.product_version and info.build_number


def test_use_server_version(live):
    server = TSC.Server(live.url)
    assert server.version == "2.4"
    server.use_server_version()
    newest = server.version
    assert newest == server.server_info.get().rest_api_version
    signed_in = TSC.Server(live.url, use_server_version=True)
    signed_in.auth.sign_in(TSC.TableauAuth(*seed.ADA))
    assert signed_in.version == newest


@pytest.mark.parametrize("version", ["2.3", "2.4", "2.5", "2.8", "3.0", "3.1", "3.2", "3.6", "3.7", "3.10", "3.21", "newest"])
def test_every_version_lists_workbooks(live, version):
    server = TSC.Server(live.url)
    if version == "newest":
        server.use_server_version()
    else:
        server.version = version
    with server.auth.sign_in(TSC.TableauAuth(ADMIN, ADMIN_PASSWORD)):
        names = {workbook.name for workbook in TSC.Pager(server.workbooks)}
        assert {"Sales Report", "Secret", "Shared Book"} <= names
        sales = next(one for one in TSC.Pager(server.workbooks) if one.name == "Sales Report")
        server.workbooks.populate_views(sales)
        assert [view.name for view in sales.views] == ["Overview", "By Region"]
        server.workbooks.populate_connections(sales)
        assert len(sales.connections) == 1
