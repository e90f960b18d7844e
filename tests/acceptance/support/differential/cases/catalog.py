"""Databases, tables, columns, and the queries of the metadata. No server here has them: the answers are our own."""

from __future__ import annotations

import json
from typing import Any

import tableauserverclient as TSC

from support.differential import values
from support.differential.case import Case
from support.differential.cases.flows import (
    ONE_PAGE,
    RULES_XML,
    WRITTEN_RULES,
    luid,
    paged,
    permissions,
    populated,
    quality_warnings,
    rules,
    same_kept_rules,
    same_rules,
    tags,
)
from support.differential.proxy import made

GROUPS = ["databases", "tables", "metadata"]

DATABASE_ID, TABLE_ID, COLUMN_ID, CONTACT_ID, DATASOURCE_ID = (luid(n) for n in range(51, 56))

DATABASE: values.Table = {
    "id": "id",
    "name": "name",
    "description": "description",
    "embedded": "isEmbedded",
    "certified": "isCertified",
    "certification_note": "certificationNote",
    "metadata_type": "type",
    "content_permissions": "contentPermissions",
    "host_name": "hostName",
    "port": "port",
    "file_path": "filePath",
    "provider": "provider",
    "mime_type": "mimeType",
    "connector_url": "connectorUrl",
    "connection_type": "connectionType",
    "request_url": "requestUrl",
    "file_extension": "fileExtension",
    "file_id": "fileId",
    "contact_id": "contact.id",
}

TABLE: values.Table = {
    "id": "id",
    "name": "name",
    "description": "description",
    "certified": "isCertified",
    "certification_note": "certificationNote",
    "contact_id": "contact.id",
    "schema": "schema",
}

COLUMN: values.Table = {"id": "id", "name": "name", "description": "description", "remote_type": "remoteType"}

DATABASE_XML = (
    f'<database id="{DATABASE_ID}" name="Orders &amp; more" connectionType="postgres" isEmbedded="false" description="All" '
    'contentPermissions="ManagedByOwner" isCertified="true" certificationNote="by &quot;us&quot;" type="DatabaseServer" '
    f'hostName="db.example" port="5432"><contact id="{CONTACT_ID}"/></database>'
)
FILE_XML = (
    f'<database id="{luid(57)}" name="a.csv" connectionType="google-drive" isEmbedded="true" isCertified="false" type="CloudFile" '
    'provider="drive" fileExtension="csv" mimeType="text/csv" fileId="f" requestUrl="https://x/?a=1&amp;b=2" filePath="/a.csv" '
    'connectorUrl="https://c"/>'
)
TABLE_XML = (
    f'<table id="{TABLE_ID}" name="orders" description="One row each" isEmbedded="false" isCertified="true" '
    f'certificationNote="fine" schema="public"><contact id="{CONTACT_ID}"/></table>'
)
COLUMN_XML = f'<column id="{COLUMN_ID}" name="größe" description="in cm" remoteType="WSTR"/>'

DATABASES, TABLES = r"/sites/[^/]+/databases", r"/sites/[^/]+/tables"
TABLE_RULES = f"{DATABASES}/{DATABASE_ID}/default-permissions/tables"


def database() -> TSC.DatabaseItem:
    item = TSC.DatabaseItem("Orders")
    item._id = DATABASE_ID
    item.certified, item.certification_note = True, 'by "us"'
    item.description, item.contact_id = "All & <more>", CONTACT_ID
    return item


def table() -> TSC.TableItem:
    item = TSC.TableItem("orders")
    item._id = TABLE_ID
    item.certified, item.certification_note = True, "fine"
    item.description, item.contact_id = "One row each", CONTACT_ID
    return item


def column() -> TSC.ColumnItem:
    item = TSC.ColumnItem("größe", "in cm")
    item._id = COLUMN_ID
    return item


def datasource() -> TSC.DatasourceItem:
    item = TSC.DatasourceItem(luid(58))
    item._id = DATASOURCE_ID
    return item


def columns_of(tsc: Any) -> list[Any]:
    return list(populated(tsc.tables, "populate_columns", table(), "columns"))


CHANGES = {"isCertified": True, "contact": {"id": CONTACT_ID}}

DATABASE_CASES = [
    Case(
        "databases.get",
        lambda tsc, _: tsc.databases.get(TSC.RequestOptions(1, 100)),
        lambda _: ("databases", "list", ONE_PAGE),
        values.page(DATABASE),
        made=[made("GET", DATABASES, paged("databases", DATABASE_XML + FILE_XML))],
    ),
    Case(
        "databases.get_by_id",
        lambda tsc, _: tsc.databases.get_by_id(DATABASE_ID),
        lambda _: ("databases", "get", {"id": DATABASE_ID}),
        values.one(DATABASE, "database"),
        made=[made("GET", f"{DATABASES}/{DATABASE_ID}", DATABASE_XML)],
    ),
    Case(
        "databases.update",
        lambda tsc, _: tsc.databases.update(database()),
        lambda _: (
            "databases",
            "update",
            {"id": DATABASE_ID, "database": {**CHANGES, "certificationNote": 'by "us"', "description": "All & <more>"}},
        ),
        values.one(DATABASE, "database"),
        made=[made("PUT", f"{DATABASES}/{DATABASE_ID}", DATABASE_XML)],
    ),
    Case(
        "databases.delete",
        lambda tsc, _: tsc.databases.delete(DATABASE_ID),
        lambda _: ("databases", "delete", {"id": DATABASE_ID}),
        values.nothing,
        made=[made("DELETE", f"{DATABASES}/{DATABASE_ID}", status=204)],
    ),
    Case(
        # Tableau's client keeps this method shut by a version that will never be.
        "databases.populate_tables",
        lambda tsc, _: tsc.databases._get_tables_for_database(database()),
        lambda _: ("databases", "tables", {"id": DATABASE_ID}),
        values.many(TABLE),
        made=[made("GET", f"{DATABASES}/{DATABASE_ID}/tables", f"<tables>{TABLE_XML}</tables>")],
    ),
    *quality_warnings("databases", "databases", "database", database, DATABASE_ID),
    *permissions("databases", database, f"{DATABASES}/{DATABASE_ID}"),
    *tags("databases", database, f"{DATABASES}/{DATABASE_ID}"),
    Case(
        "databases.populate_table_default_permissions",
        lambda tsc, _: populated(tsc.databases, "populate_table_default_permissions", database(), "default_table_permissions"),
        lambda _: ("databases", "table_default_permissions", {"id": DATABASE_ID}),
        same_rules,
        made=[made("GET", TABLE_RULES, RULES_XML)],
    ),
    Case(
        "databases.update_table_default_permissions",
        lambda tsc, _: tsc.databases.update_table_default_permissions(database(), rules()),
        lambda _: ("databases", "update_table_default_permissions", {"id": DATABASE_ID, "rules": WRITTEN_RULES}),
        same_rules,
        made=[made("PUT", TABLE_RULES, RULES_XML)],
    ),
    Case(
        "databases.delete_table_default_permissions",
        lambda tsc, _: tsc.databases.delete_table_default_permissions(rules()[0], database()),
        lambda _: ("databases", "delete_table_default_permissions", {"id": DATABASE_ID, "rules": WRITTEN_RULES[:1]}),
        values.nothing,
        made=[made("DELETE", rf"{TABLE_RULES}/users/[^/]+/[^/]+/(Allow|Deny)", status=204)],
    ),
]

TABLE_CASES = [
    Case(
        "tables.get",
        lambda tsc, _: tsc.tables.get(TSC.RequestOptions(1, 100)),
        lambda _: ("tables", "list", ONE_PAGE),
        values.page(TABLE),
        made=[made("GET", TABLES, paged("tables", TABLE_XML))],
    ),
    Case(
        "tables.get_by_id",
        lambda tsc, _: tsc.tables.get_by_id(TABLE_ID),
        lambda _: ("tables", "get", {"id": TABLE_ID}),
        values.one(TABLE, "table"),
        made=[made("GET", f"{TABLES}/{TABLE_ID}", TABLE_XML)],
    ),
    Case(
        "tables.update",
        lambda tsc, _: tsc.tables.update(table()),
        lambda _: (
            "tables",
            "update",
            {"id": TABLE_ID, "table": {**CHANGES, "certificationNote": "fine", "description": "One row each"}},
        ),
        values.one(TABLE, "table"),
        made=[made("PUT", f"{TABLES}/{TABLE_ID}", TABLE_XML)],
    ),
    Case(
        "tables.delete",
        lambda tsc, _: tsc.tables.delete(TABLE_ID),
        lambda _: ("tables", "delete", {"id": TABLE_ID}),
        values.nothing,
        made=[made("DELETE", f"{TABLES}/{TABLE_ID}", status=204)],
    ),
    Case(
        "tables.populate_columns",
        lambda tsc, _: columns_of(tsc),
        lambda _: ("tables", "columns", {"id": TABLE_ID, "options": {"page_size": 100}}),
        values.many(COLUMN),
        made=[made("GET", f"{TABLES}/{TABLE_ID}/columns", paged("columns", COLUMN_XML))],
    ),
    Case(
        "tables.update_column",
        lambda tsc, _: tsc.tables.update_column(table(), column()),
        lambda _: (
            "tables",
            "update_column",
            {"id": TABLE_ID, "column_id": COLUMN_ID, "column": {"description": "in cm"}},
        ),
        values.one(COLUMN, "column"),
        made=[made("PUT", f"{TABLES}/{TABLE_ID}/columns/{COLUMN_ID}", COLUMN_XML)],
    ),
    *quality_warnings("tables", "tables", "table", table, TABLE_ID),
    *permissions("tables", table, f"{TABLES}/{TABLE_ID}"),
    *tags("tables", table, f"{TABLES}/{TABLE_ID}"),
    *quality_warnings("datasources", "dqws", "datasource", datasource, DATASOURCE_ID),
]

QUERY = "query q($name: String) { databases(filter: {name: $name}) { id } }"
PAGES = "query q($first: Int, $afterToken: String) { tables { nodes { id } pageInfo { hasNextPage endCursor } } }"


def page_of(nodes: list[str], more: bool) -> bytes:
    info = {"hasNextPage": more, "endCursor": "cursor" if more else None}
    return json.dumps({"data": {"tables": {"nodes": nodes, "pageInfo": info}}}).encode()


def json_answer(value: Any) -> dict[str, Any]:
    return {"body": value if isinstance(value, bytes) else json.dumps(value).encode(), "kind": "application/json"}


def same_value(theirs: Any, ours: Any) -> None:
    assert theirs == ours["value"]


def same_pages(theirs: Any, ours: Any) -> None:
    assert theirs["pages"] == ours["value"] and ours["value"]


GRAPHQL = "/api/metadata/graphql"
PARTLY = {"data": {"databases": [{"id": "ü"}]}, "errors": [{"message": "not all"}]}

METADATA_CASES = [
    Case(
        "metadata.query",
        lambda tsc, _: tsc.metadata.query(QUERY, {"name": 'Orders & "more"'}),
        lambda _: ("metadata", "query", {"query": QUERY, "variables": {"name": 'Orders & "more"'}}),
        same_value,
        made=[made("POST", GRAPHQL, **json_answer(PARTLY))],
    ),
    Case(
        "metadata.query",
        lambda tsc, _: tsc.metadata.query("{ databases { id } }"),
        lambda _: ("metadata", "query", {"query": "{ databases { id } }"}),
        same_value,
        made=[made("POST", GRAPHQL, **json_answer({"data": {"databases": []}}))],
        note="without variables",
    ),
    Case(
        "metadata.paginated_query",
        lambda tsc, _: tsc.metadata.paginated_query(PAGES),
        lambda _: ("metadata", "paginated_query", {"query": PAGES}),
        same_pages,
        made=[made("POST", GRAPHQL, **json_answer(page_of(["a", "b"], False)))],
    ),
    Case(
        "metadata.backfill_status",
        lambda tsc, _: tsc.metadata.backfill_status(),
        lambda _: ("metadata", "backfill_status", {}),
        same_value,
        made=[made("GET", "/api/metadata/v1/control/backfill/status", **json_answer({"backfillStatus": {"state": "done"}}))],
    ),
    Case(
        "metadata.eventing_status",
        lambda tsc, _: tsc.metadata.eventing_status(),
        lambda _: ("metadata", "eventing_status", {}),
        same_value,
        made=[made("GET", "/api/metadata/v1/control/eventing/status", **json_answer({"eventingStatus": [1]}))],
    ),
]

CASES = [*DATABASE_CASES, *TABLE_CASES, *METADATA_CASES]
