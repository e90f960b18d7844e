"""Drives tableau-api-lib: arguments are address, password, token name, token, API version, folder, project."""

import json
import sys
import warnings
from pathlib import Path

from tableau_api_lib import TableauServerConnection
from tableau_api_lib.utils import extract_pages, querying

warnings.simplefilter("ignore")
url, password, token_name, token, version, folder, place = sys.argv[1:]
common = {"server": url, "api_version": version, "site_name": "Default", "site_url": ""}
config = {
    "password": {**common, "username": "admin", "password": password},
    "token": {**common, "personal_access_token_name": token_name, "personal_access_token_secret": token},
}
facts = {"token": TableauServerConnection(config, env="token").sign_in().status_code}
conn = TableauServerConnection(config, env="password")
facts["password"] = conn.sign_in().status_code


def ok(response):
    """The answer's document, if it is a success."""
    assert response.status_code in (200, 201, 204), (response.request.method, response.url, response.text)
    return response.json() if response.text else None


facts["users"] = sorted(user["name"] for user in extract_pages(conn.get_users_on_site, page_size=2))
facts["workbooks"] = sorted(querying.get_workbooks_dataframe(conn)["name"])
facts["views"] = sorted(querying.get_views_dataframe(conn)["name"])
facts["datasources"] = sorted(querying.get_datasources_dataframe(conn)["name"])
facts["groups"] = sorted(querying.get_groups_dataframe(conn)["name"])
facts["projects"] = sorted(querying.get_projects_dataframe(conn)["name"])
facts["sites"] = sorted(querying.get_sites_dataframe(conn)["name"])
facts["nothing"] = extract_pages(conn.query_projects, parameter_dict={"f": "filter=name:eq:NoSuchProject"})

user = ok(conn.add_user_to_site(place, "Explorer"))["user"]["id"]
ok(conn.update_user(user, new_full_name="Full Name", new_password="a long enough password"))
group = ok(conn.create_group(place))["group"]["id"]
ok(conn.add_user_to_group(group, user))
facts["members"] = sorted(querying.get_group_users_dataframe(conn, group)["name"]) == [place]
project = ok(conn.create_project(place, project_description="d", content_permissions="ManagedByOwner"))["project"]["id"]
nested = ok(conn.create_project("Nested " + place, parent_project_id=project))["project"]["id"]

path = Path(folder) / "book.twbx"
# With nothing said of credentials, the form carries them all the same, with nulls.
book = ok(conn.publish_workbook(str(path), place, project))["workbook"]["id"]
facts["own name"] = list(querying.get_workbook_connections_dataframe(conn, book)["userName"])
given = {"server_address": "db.example.com", "port_number": "5432", "connection_username": "writer"}
again = conn.publish_workbook(
    str(path),
    place,
    project,
    connection_password="secret",
    embed_credentials_flag=True,
    parameter_dict={"overwrite": "overwrite=true"},
    **given,
)
assert ok(again)["workbook"]["id"] == book
facts["given name"] = list(querying.get_workbook_connections_dataframe(conn, book)["userName"])
facts["bytes"] = conn.download_workbook(book).content == path.read_bytes()
ok(conn.update_workbook(book, show_tabs_flag=True, new_project_id=nested))
facts["moved"] = ok(conn.query_workbook(book))["workbook"]["project"]["id"] == nested
connection = ok(conn.query_workbook_connections(book))["connections"]["connection"][0]["id"]
ok(conn.update_workbook_connection(book, connection, server_address="elsewhere", port="1"))
source = ok(conn.publish_data_source(str(Path(folder) / "orders.tdsx"), place, project))["datasource"]["id"]
facts["source"] = conn.download_data_source(source).content == (Path(folder) / "orders.tdsx").read_bytes()

monday = ok(conn.create_schedule(place))["schedule"]
facts["schedule"] = [monday["frequency"], monday["frequencyDetails"]["intervals"]["interval"], monday["priority"]]
hourly = ok(
    conn.create_schedule(
        place + " hourly",
        schedule_frequency="Hourly",
        start_time="02:00:00",
        end_time="22:00:00",
        interval_expression_list=[{"hours": "4"}],
    )
)["schedule"]["id"]
facts["state"] = ok(conn.update_schedule(hourly, schedule_state="Suspended"))["schedule"]["state"]
facts["listed"] = {monday["id"], hourly} <= {one["id"] for one in extract_pages(conn.query_schedules, page_size=2)}
facts["got"] = ok(conn.get_schedule(monday["id"]))["schedule"]["name"] == place
ok(conn.add_data_source_to_schedule(source, monday["id"]))
ok(conn.add_workbook_to_schedule(book, monday["id"]))
[extract] = [one for one in ok(conn.get_extract_refresh_tasks_for_schedule(monday["id"]))["extracts"]["extract"] if "workbook" in one]
facts["extract"] = extract["workbook"]["id"] == book
tasks = ok(conn.get_extract_refresh_tasks_for_site())["tasks"]["task"]
facts["tasks"] = sum(one["extractRefresh"]["schedule"]["id"] == monday["id"] for one in tasks)
facts["one task"] = ok(conn.get_extract_refresh_task(extract["id"]))["task"]["extractRefresh"]["type"]
ok(conn.run_extract_refresh_task(extract["id"]))
ok(conn.delete_extract_refresh_task(extract["id"]))
ok(conn.delete_schedule(hourly))
ok(conn.delete_schedule(monday["id"]))

for response in (
    conn.delete_data_source(source),
    conn.delete_workbook(book),
    conn.delete_project(project),
    conn.delete_group(group),
    conn.remove_user_from_site(user),
    conn.sign_out(),
):
    ok(response)
print(json.dumps(facts))
