"""Drives tableau_tools: arguments are address, password, folder with book.twbx and orders.tdsx, name for new things."""

import json
import sys
from pathlib import Path

from tableau_tools import AlreadyExistsException, NoMatchFoundException, NotSignedInException, RecoverableHTTPException, TableauServerRest33

url, password, folder, place = sys.argv[1:]
try:
    TableauServerRest33(server=url, username="admin", password="wrong").signin()
except NotSignedInException:
    pass
else:
    raise AssertionError("signed in with a wrong password")
t = TableauServerRest33(server=url, username="admin", password=password, site_content_url="default")
t.signin()
facts = {}


def names(elements):
    """The names of the items of a list."""
    return sorted(element.get("name") for element in elements)


facts["sites"] = sorted(t.sites.query_all_site_content_urls())
facts["projects"] = names(t.projects.query_projects())
facts["users"] = names(t.users.query_users())
facts["workbooks"] = names(t.workbooks.query_workbooks())
facts["datasources"] = names(t.datasources.query_datasources())
facts["json"] = sorted(one["name"] for one in t.workbooks.query_workbooks_json()["workbook"])
facts["ada"] = t.users.query_user("ada").get("name")
try:
    t.users.query_user("nobody-here")
except NoMatchFoundException:
    facts["nobody"] = True

user = t.users.add_user(place, "Ted & Co", "Explorer", "a long enough password", "ted@example.com")
facts["same user"] = t.users.add_user(place, "Ted & Co", "Explorer", update_if_exists=True) == user
group = t.groups.create_group(place)
facts["same group"] = t.groups.create_group(place) == group
t.groups.add_users_to_group([place, "ada"], place)
t.groups.add_users_to_group([place, "ada"], place)
facts["members"] = len(t.groups.query_users_in_group(place))
t.groups.update_group(place, place + " two")

t.projects.create_project(place, project_desc="d", locked_permissions=False, no_return=True)
t.projects.create_project("Nested " + place, place, no_return=True)
# A project object brings its rules and default rules with it, those for flows too.
project = t.projects.query_project(place)
facts["locked"] = project.are_permissions_locked()
rules = project.get_permissions_obj(group_name_or_luid="All Users", role="Viewer")
project.set_permissions([rules])
project.clear_all_permissions()

# This release fails on its own answer after publishing, so the item is looked up by name.
book = str(Path(folder) / "book.twbx")
try:
    t.workbooks.publish_workbook(book, place, project)
except AttributeError:
    pass
found = t.query_workbook_luid(place, place)
try:
    t.workbooks.publish_workbook(book, place, project)
except RecoverableHTTPException as refused:
    facts["conflict"] = refused.luid == found
downloaded = t.workbooks.download_workbook(place, str(Path(folder) / "tools"), place)
facts["file"] = Path(downloaded).name
facts["bytes"] = Path(downloaded).read_bytes() == Path(book).read_bytes()
source = t.datasources.publish_datasource(str(Path(folder) / "orders.tdsx"), place, project)
t.datasources.update_datasource(source, new_datasource_name=place + " two", certification_status=True)

# Schedules, and the book on one of them.
every = t.schedules.create_hourly_extract_schedule(place + " hourly", "hours", "2", "02:00:00", "22:00:00", priority=10)
t.schedules.create_daily_subscription_schedule(place + " daily", "02:00:00")
t.schedules.create_weekly_extract_schedule(place + " weekly", ["Monday", "Friday"], "02:00:00", parallel_or_serial="Serial")
t.schedules.create_monthly_subscription_schedule(place + " monthly", "LastDay", "02:00:00")
kinds = {"Extract": t.schedules.query_extract_schedules(), "Subscription": t.schedules.query_subscription_schedules()}
facts["schedules"] = {
    kind: sorted(name.removeprefix(place + " ") for name in names(found_ones) if name.startswith(place))
    for kind, found_ones in kinds.items()
}
try:
    t.schedules.create_daily_extract_schedule(place + " WEEKLY", "02:00:00")
except AlreadyExistsException:
    facts["same schedule"] = True
t.schedules.update_schedule(
    place + " weekly", new_name=place + " yearly", frequency="Monthly", start_time="03:00:00", interval_value_s="15"
)
t.schedules.disable_schedule(every)
t.schedules.enable_schedule(every)
t.schedules.add_workbook_to_schedule(found, every)
[task] = t.extracts.get_extract_refresh_tasks_on_schedule(every)
facts["task"] = [task.tag.split("}")[1], task.get("priority"), t.extracts.run_extract_refresh_task(task.get("id")) != ""]
for stem in ("hourly", "daily", "yearly", "monthly"):
    t.schedules.delete_schedule(f"{place} {stem}")

t.workbooks.delete_workbooks([found])
t.datasources.delete_datasources([source])
t.projects.delete_projects([place])
t.groups.delete_groups([place + " two"])
t.users.remove_users_from_site([place])
t.signout()
print(json.dumps(facts))
