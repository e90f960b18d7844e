"""Tableau's published schema of workbooks, and documents in the form that it describes.

The schema imports two others that are not published with it. What it takes from them is stood in for here: any
attribute of the `user` namespace, and `xml:base`.

It describes elements without the prefixes that say which feature of the format they belong to
(`_.fcp.<Feature>.<true|false>...name`), so documents are shown to it as a current program reads them.
"""

from __future__ import annotations

import re
from pathlib import Path

from lxml import etree

USER = "http://www.tableausoftware.com/xml/user"
XML = "http://www.w3.org/XML/1998/namespace"
XS = "http://www.w3.org/2001/XMLSchema"

STAND_INS = {
    USER: f"""<xs:schema xmlns:xs="{XS}" targetNamespace="{USER}">
  <xs:attributeGroup name="UserAttributes-AG">
    <xs:anyAttribute namespace="{USER}" processContents="skip"/>
  </xs:attributeGroup>
</xs:schema>""",
    XML: f"""<xs:schema xmlns:xs="{XS}" targetNamespace="{XML}">
  <xs:attribute name="base" type="xs:anyURI"/>
</xs:schema>""",
}

# What the schema asks for and no workbook of any release has, those of its own release included: `explain-data`
# is not marked as one that may be left out.
SLIP = '<xs:group ref="Workbook-ExplainData-G"/>'
MENDED = '<xs:group minOccurs="0" ref="Workbook-ExplainData-G"/>'
FEATURE = re.compile(r"^_\.fcp\.[^.]+\.(true|false)\.\.\.")
PARSER = etree.XMLParser(huge_tree=True, resolve_entities=False)


class Schema:
    """The schema, with its one slip mended unless told otherwise."""

    def __init__(self, spec: Path, folder: Path, mend: bool = True) -> None:
        text = (spec / "xsd" / "twb_2026.2.0.xsd").read_text()
        for number, (namespace, content) in enumerate(STAND_INS.items()):
            (folder / f"import{number}.xsd").write_text(content)
            bare = f'<xs:import namespace="{namespace}"/>'
            assert text.count(bare) == 1
            text = text.replace(bare, f'<xs:import namespace="{namespace}" schemaLocation="import{number}.xsd"/>')
        assert text.count(SLIP) == 1
        if mend:
            text = text.replace(SLIP, MENDED)
        self.file = folder / "twb.xsd"
        self.file.write_text(text)
        self.schema = etree.XMLSchema(etree.parse(str(self.file)))

    def copy(self) -> Schema:
        """The same once more, for another thread."""
        new = object.__new__(Schema)
        new.file, new.schema = self.file, etree.XMLSchema(etree.parse(str(self.file)))
        return new

    def errors(self, document: bytes) -> list[str]:
        """What is wrong with a workbook."""
        root = etree.fromstring(document, PARSER)
        resolve(root)
        return self.validate(root)

    def validate(self, root: etree._Element) -> list[str]:
        self.schema.validate(root)
        # libxml2 remarks on a value of which it has told what is wrong.
        return [f"line {error.line}: {error.message}" for error in self.schema.error_log if "Warning:" not in error.message]

    def errors_of_datasource(self, document: bytes, frame: bytes) -> list[str]:
        """What is wrong with a data source document, which the schema knows only inside a workbook: `frame`."""
        source = etree.fromstring(document, PARSER)
        book = etree.fromstring(frame, PARSER)
        attributes = dict(source.attrib)
        caption = attributes.pop("formatted-name", "x")
        attributes.pop("source-platform", None)
        attributes.pop("source-build", None)
        place = book.find("datasources")
        for old in list(place):
            place.remove(old)
        inside = etree.SubElement(place, "datasource", {**attributes, "caption": caption, "name": "x"})
        inside.extend(child for child in source if child.tag != "document-format-change-manifest")
        resolve(book)
        return self.validate(book)


def resolved(name: str) -> str | None:
    """A name without its prefixes; none on the branch that only old programs read."""
    while found := FEATURE.match(name):
        if found[1] == "false":
            return None
        name = name[found.end() :]
    return name


def resolve(element: etree._Element) -> None:
    for name in list(element.attrib):
        new = resolved(name)
        if new != name:
            value = element.attrib.pop(name)
            if new is not None:
                element.set(new, value)
    for child in list(element):
        if not isinstance(child.tag, str):
            continue
        name = resolved(child.tag)
        if name is None:
            element.remove(child)
            continue
        child.tag = name
        resolve(child)
