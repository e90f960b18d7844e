"""Drives an old tableauserverclient: arguments are address, password, API version, folder with book.twbx, project."""

import json
import sys
from pathlib import Path

import tableauserverclient as TSC

url, password, version, folder, place = sys.argv[1:]
server = TSC.Server(url)
server.version = version
server.auth.sign_in(TSC.TableauAuth("admin", password))
facts = {}


def every(endpoint):
    """All items, two to a page."""
    return list(TSC.Pager(endpoint, TSC.RequestOptions(pagesize=2)))


facts["users"] = sorted(user.name for user in every(server.users))
facts["projects"] = sorted(project.name for project in every(server.projects))
facts["one page"] = len(server.workbooks.get()[0])

project = server.projects.create(TSC.ProjectItem(place, "made by an old client"))
path = str(Path(folder) / "book.twbx")
credentials = TSC.ConnectionCredentials("writer", "secret", embed=True)
item = TSC.WorkbookItem(project.id, name=place, show_tabs=True)
book = server.workbooks.publish(item, path, mode="CreateNew", connection_credentials=credentials)
facts["tabs"] = book.show_tabs

# The client keeps its connection: what the refusals leave unread must not end it.
refused = 0
for _ in range(20):
    try:
        server.workbooks.publish(TSC.WorkbookItem(project.id, name=place), path, mode="CreateNew")
    except TSC.ServerResponseError:
        refused += 1
    server.workbooks.get_by_id(book.id)
facts["refused"] = refused

server.workbooks.populate_views(book)
facts["views"] = [view.name for view in book.views]
server.workbooks.populate_connections(book)
facts["connections"] = [[one.connection_type, one.username, one.embed_password] for one in book.connections]
downloaded = server.workbooks.download(book.id, str(Path(folder) / "down"))
facts["bytes"] = Path(downloaded).read_bytes() == Path(path).read_bytes()
facts["file"] = Path(downloaded).name
book.tags.add("old")
server.workbooks.update(book)
facts["tags"] = sorted(server.workbooks.get_by_id(book.id).tags)
server.workbooks.delete(book.id)
server.projects.delete(project.id)
server.auth.sign_out()
print(json.dumps(facts))
