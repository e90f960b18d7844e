"""Calls of tableau_tools that the official client lacks: arguments are address, password, a name; prints what it read."""

import json
import sys
import xml.etree.ElementTree as ET

from tableau_tools import TableauServerRest311

url, password, name = sys.argv[1:]
t = TableauServerRest311(server=url, username="admin", password=password, site_content_url="default", api_version="3.11")
t.signin()
read = {}


def attributes(found, tag):
    """The attributes of all elements of a name."""
    return [dict(element.attrib) for element in found.iter() if element.tag.rsplit("}", 1)[-1] == tag]


session = t.get_current_server_session()
read["session"] = attributes(session, "site") + attributes(session, "user")
read["domains"] = attributes(t.list_server_active_directory_domains(), "domain")
t.delete_server_session("5,0,2,1")
# A finished request, as replication makes them.
request = ET.fromstring(f'<tsRequest><group name="{name}" minimumSiteRole="Viewer"/></tsRequest>')
read["group"] = t.groups.create_group(direct_xml_request=request)
# An address that the library has no method for.
read["things"] = attributes(t.query_resource("newThings/1"), "thing")
print(json.dumps(read))
