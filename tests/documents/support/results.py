"""Query results that Tableau cached in packages: the logical query of one, rebuilt as a worksheet over the same extract."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from tableauhyperapi import Connection, HyperProcess, TableName

MAGIC = b"Hyper"
MEMBER = "Data/extract.hyper"

OPERATORS = {"==": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=", "+": "+", "-": "-", "*": "*", "/": "/"}
LOGIC = {"&&": "AND", "||": "OR", "$SYS_NARY_AND$": "AND", "$SYS_NARY_OR$": "OR"}
TYPES = {
    "TEXT": "string", "VARCHAR": "string", "CHAR": "string", "BIGINT": "integer", "BIG_INT": "integer", "INTEGER": "integer", "INT": "integer", "SMALLINT": "integer", "SMALL_INT": "integer", "BOOL": "boolean",
    "DOUBLE": "real", "DOUBLE PRECISION": "real", "NUMERIC": "real", "BOOLEAN": "boolean", "DATE": "date", "TIMESTAMP": "datetime",
}  # fmt: skip


class Unclear(Exception):
    """Why a result has no counterpart here."""


def extract(package: Path, connection: dict[str, str]) -> bytes:
    """The file that a result was asked of."""
    with zipfile.ZipFile(package) as archive:
        name = connection.get("dbname", "")
        data = archive.read(name) if name in archive.namelist() else b""
    if not data.startswith(MAGIC):
        raise Unclear("the extract is of the format before Hyper, which only Tableau reads")
    return data


class Query:
    """A logical query as formulas: what the groups are, what is computed for each, what the rows have to meet."""

    def __init__(self, text: str) -> None:
        root = ElementTree.fromstring(text)
        query = root.find("logical-query")
        if query is None:
            raise Unclear("the query is of an older form")
        self.selects = [field.text for field in query.find("selects")]
        self.references: dict[str, ElementTree.Element] = {}
        self.columns: dict[str, str] = {}
        self.groups: list[str] = []
        self.predicates: list[str] = []
        self.table: str = ""
        self.ordered = False
        self.walk(next(child for child in query if child.tag != "selects"))

    def walk(self, node: ElementTree.Element) -> None:
        """Goes from the outermost operator to the table."""
        below = next((child for child in node if child.tag.endswith("Op")), None)
        if node.tag == "referenceOp":
            return self.walk(self.references[node.get("ref")])
        if node.tag == "relationOp":
            self.table = node.get("name")
            return
        if node.tag == "dictionaryOp":
            self.references = {binding.get("ref"): binding[0] for binding in node.find("bindings")}
        elif node.tag not in ("domainOp", "orderOp", "selectOp", "projectOp", "aggregateOp"):
            raise Unclear(f"the operator {node.tag}")
        if below is None:
            raise Unclear(f"an operator {node.tag} over nothing")
        self.walk(below)
        if node.tag == "aggregateOp":
            for binding in node.find("groupbys"):
                self.columns[binding.get("name")] = self.formula(binding[0])
                self.groups.append(binding.get("name"))
            for binding in node.find("measures"):
                self.columns[binding.get("name")] = self.formula(binding[0])
        elif node.tag == "projectOp":
            known = dict(self.columns)
            for binding in node.find("expressions"):
                self.columns[binding.get("name")] = self.formula(binding[0], known)
        elif node.tag == "selectOp":
            self.predicates.append(self.formula(node.find("predicate")[0], self.columns))
        elif node.tag == "orderOp":
            self.ordered = True

    def formula(self, node: ElementTree.Element, known: dict[str, str] = {}) -> str:
        if node.tag == "identifierExp":
            name = node.get("identifier")
            return known.get(name, name)
        if node.tag == "referenceExp":
            return self.formula(self.references[node.get("ref")], known)
        if node.tag == "literalExp":
            value = node.get("value")
            return "NULL" if value == "%null%" else value.replace('\\"', '""') if value.startswith('"') else value
        if node.tag == "lookupExp" and node.get("domain") == "total":
            return self.total(node.find("aggregateOp"))
        if node.tag != "funcallExp":
            raise Unclear(f"the expression {node.tag}")
        function, arguments = node.get("function"), [self.formula(child, known) for child in node]
        if function in OPERATORS and len(arguments) == 2:
            return f"({arguments[0]} {OPERATORS[function]} {arguments[1]})"
        if function in LOGIC:
            return "(" + f" {LOGIC[function]} ".join(arguments) + ")"
        if function == "!":
            return f"(NOT {arguments[0]})"
        if function == "$IN_SET$":
            return f"({arguments[0]} IN ({', '.join(arguments[1:])}))"
        if function == "$EXTEND_INT$":
            return arguments[0]
        if function.startswith("$"):
            raise Unclear(f"the function {function}")
        return f"{function}({', '.join(arguments)})"

    def total(self, outer: ElementTree.Element) -> str:
        """An aggregate over groups of their own, the same for every row: a level of detail."""
        inner = outer.find("aggregateOp")
        (measure,), (below,) = outer.find("measures"), inner.find("measures")
        level = ", ".join(self.formula(binding[0]) for binding in inner.find("groupbys"))
        level = f"{{FIXED {level} : {self.formula(below[0])}}}"
        return f"MIN({{{self.formula(measure[0], {below.get('name'): level})}}})"


def columns(process: HyperProcess, file: Path, table: str) -> list[tuple[str, str]]:
    """The columns of a table of an extract with their types."""
    schema, name = table[1:-1].split("].[")
    with Connection(process.endpoint, str(file)) as connection:
        definition = connection.catalog.get_table_definition(TableName(schema, name))
        return [(column.name.unescaped, TYPES[str(column.type).split("(")[0]]) for column in definition.columns if str(column.type).split("(")[0] in TYPES]


def workbook(query: Query, fields: list[tuple[str, str]], result: list[dict[str, str]], data: bytes) -> bytes:
    """Packs a workbook of one worksheet that asks the same."""
    types = {column["name"]: column["type"] for column in result}
    missing = [name for name in query.selects if name not in query.columns]
    if missing:
        raise Unclear(f"the column {missing[0]} is made nowhere")
    records = "".join(
        f"<metadata-record class='column'><remote-name>{name}</remote-name><remote-type>0</remote-type><local-name>[{name}]</local-name>"
        f"<parent-name>[Extract]</parent-name><local-type>{datatype}</local-type></metadata-record>"
        for name, datatype in fields
    )
    calculations, instances, shelves, texts = "", "", [], ""
    for at, name in enumerate(query.selects):
        group = name in query.groups
        derivation, prefix = ("None", "none") if group else ("User", "usr")
        calculations += calculation(f"Column {at}", types[name], query.columns[name])
        instances += instance(f"Column {at}", derivation, prefix)
        if group:
            shelves.append(f"[ds].[none:Column {at}:ok]")
        else:
            texts += f"<text column='[ds].[usr:Column {at}:ok]' />"
    filters = ""
    for at, predicate in enumerate(query.predicates):
        calculations += calculation(f"Keep {at}", "boolean", predicate)
        instances += instance(f"Keep {at}", "None", "none")
        level = f"[none:Keep {at}:ok]"
        filters += (
            f"<filter class='categorical' column='[ds].{level}'><groupfilter function='member' level='{level}' member='true' /></filter>"
        )
    shelf = ""
    for one in shelves:
        shelf = f"({shelf} / {one})" if shelf else one
    schema, table = query.table[1:-1].split("].[")
    document = (
        "<?xml version='1.0' encoding='utf-8' ?>\n<workbook version='18.1'><datasources><datasource caption='Data' inline='true' name='ds'>"
        f"<connection class='federated'><named-connections><named-connection caption='extract' name='hyper.0'><connection class='hyper' "
        f"dbname='{MEMBER}' schema={quoteattr(schema)} username='' /></named-connection></named-connections>"
        f"<relation connection='hyper.0' name='Extract' table={quoteattr(f'[{schema}].[{table}]')} type='table' />"
        f"<metadata-records>{records}</metadata-records></connection>{calculations}</datasource></datasources>"
        "<worksheets><worksheet name='Result'><table><view><datasources><datasource name='ds' /></datasources>"
        f"<datasource-dependencies datasource='ds'>{instances}</datasource-dependencies>{filters}<aggregation value='true' /></view>"
        f"<style /><panes><pane><view><breakdown value='auto' /></view><mark class='Automatic' /><encodings>{texts}</encodings></pane></panes>"
        f"<rows>{shelf}</rows><cols /></table></worksheet></worksheets></workbook>\n"
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("Book.twb", document)
        archive.writestr(MEMBER, data)
    return packed.getvalue()


def calculation(name: str, datatype: str, formula: str) -> str:
    return (
        f"<column datatype='{datatype}' name='[{name}]' role='dimension' type='ordinal'>"
        f"<calculation class='tableau' formula={quoteattr(formula)} /></column>"
    )


def instance(name: str, derivation: str, prefix: str) -> str:
    return f"<column-instance column='[{name}]' derivation='{derivation}' name='[{prefix}:{name}:ok]' pivot='key' type='ordinal' />"


def in_order_of(query: Query, rows: list[dict[str, Any]]) -> list[list[Any]]:
    """Rows of the worksheet with the columns of the query."""
    return [[row.get(f"Column {at}") for at in range(len(query.selects))] for row in rows]
