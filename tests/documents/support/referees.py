"""What `tableaudocumentapi` and `tableau_tools` read from a document, as plain values."""

from __future__ import annotations

from pathlib import Path

import tableaudocumentapi
from tableau_tools.tableau_documents.tableau_columns import TableauColumn
from tableau_tools.tableau_documents.tableau_file import TableauFileManager


def api(path: Path) -> dict:
    """Everything that `tableaudocumentapi` tells."""
    if path.suffix.startswith(".twb"):
        workbook = tableaudocumentapi.Workbook(str(path))
        sources, sheets = workbook.datasources, [*workbook.worksheets, *workbook.dashboards]
    else:
        sources, sheets = [tableaudocumentapi.Datasource.from_file(str(path))], []
    return {"sheets": sheets, "datasources": {source.name: api_source(source) for source in sources}}


def api_source(source: tableaudocumentapi.Datasource) -> dict:
    return {
        "caption": source.caption,
        "version": source.version,
        "connections": [
            {
                "class": one.dbclass,
                "server": one.server,
                "port": one.port,
                "database": one.dbname,
                "username": one.username,
                "schema": one.schema,
                "service": one.service,
                "authentication": one.authentication,
                "query band": one.query_band,
                "initial SQL": one.initial_sql,
            }
            for one in source.connections
        ],
        "fields": {
            field.id: {
                "caption": field.caption,
                "datatype": field.datatype,
                "role": field.role,
                "type": field.type,
                "hidden": field.hidden,
                "formula": field.calculation,
                "aliases": dict(field.aliases),
                "sheets": sorted(field.worksheets),
            }
            for field in source.fields.values()
        },
    }


def tools(path: Path) -> list[dict]:
    """What `tableau_tools` tells of the data sources."""
    file = TableauFileManager.open(str(path))
    parameters = getattr(file.tableau_document, "parameters", None)
    return [
        {
            "name": source.ds_name,
            "published": source.is_published,
            "connections": [
                {
                    "class": one.connection_type,
                    "server": one.server,
                    "port": one.port,
                    "database": one.dbname,
                    "authentication": one.authentication,
                    "sspi": one.is_windows_auth(),
                    "service": one.service,
                    "sslmode": one.sslmode,
                    "username": one.username,
                }
                for one in source.connections
            ],
            # The library keeps bare elements in its list, so its own class for columns is put around them.
            "columns": [
                {
                    "name": column.column_name,
                    "caption": column.alias,
                    "datatype": column.datatype,
                    "role": column.dimension_or_measure,
                    "type": column.aggregation_type,
                }
                for column in map(TableauColumn, source.columns.columns_list if source.columns else [])
            ],
            "tables": [
                (table.get("type"), table.get("name"), table.get("table") or table.get("stored-proc") or table.text)
                for table in source.tables.table_relations
            ],
            "extract": source.existing_tde_filename,
        }
        for source in file.datasources
    ] + ([{"parameters": parameter_values(parameters)}] if parameters else [])


def parameter_values(parameters) -> dict:
    # The library's look-up by name uses an attribute that it does not have, so its dictionary is read.
    return {
        name: {"datatype": one.datatype, "allowed": one.allowable_values}
        for name, one in parameters._parameters.items()
    }


def difference(before, after, path: str = "") -> list[str]:
    """Says what differs between two readings, a line for each."""
    if before == after:
        return []
    if isinstance(before, dict) and isinstance(after, dict):
        lines = []
        for key in dict.fromkeys([*before, *after]):
            here = f"{path} / {key}".removeprefix(" / ")
            if key not in before:
                lines.append(f"+ {here}")
            elif key not in after:
                lines.append(f"- {here}")
            else:
                lines.extend(difference(before[key], after[key], here))
        return lines
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return [
            line
            for index, (old, new) in enumerate(zip(before, after, strict=True))
            for line in difference(old, new, f"{path} {index}".strip())
        ]
    return [f"{path}: {before!r} -> {after!r}"]
