"""Presentations, read as a package of parts that all must be there and name each other rightly."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from io import BytesIO
from zipfile import ZipFile

from lxml import etree

NAMES = {
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "p": "http://schemas.openxmlformats.org/presentationml/2006/main",
    "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
}
RELATION = f"{{{NAMES['r']}}}"


@dataclass
class Slide:
    """Its title, and the pictures on it."""

    title: str
    pictures: list[bytes]


class Package:
    """The parts of a file and what they are related to."""

    def __init__(self, data: bytes):
        with ZipFile(BytesIO(data)) as package:
            assert package.testzip() is None
            self.parts = {name: package.read(name) for name in package.namelist()}
        types = etree.fromstring(self.parts["[Content_Types].xml"])
        endings = {one.get("Extension") for one in types if one.tag.endswith("Default")}
        named = {one.get("PartName").lstrip("/") for one in types if one.tag.endswith("Override")}
        assert named <= set(self.parts), "a part has a type and is not there"
        for name in self.parts:
            assert name in named or name.rsplit(".", 1)[-1] in endings, f"{name} has no type"
            folder, file = posixpath.split(name)
            if folder.endswith("_rels"):
                self.related(posixpath.join(posixpath.dirname(folder), file.removesuffix(".rels")))

    def related(self, part: str) -> dict[str, str]:
        """The names of the parts that a part is related to, by the ids that it calls them."""
        folder, file = posixpath.split(part)
        tree = etree.fromstring(self.parts[posixpath.join(folder, "_rels", f"{file}.rels")])
        found = {one.get("Id"): posixpath.normpath(posixpath.join(folder, one.get("Target"))) for one in tree}
        assert set(found.values()) <= set(self.parts), f"{part} is related to what is not there"
        return found


def read(data: bytes) -> list[Slide]:
    """Reads the slides in their order."""
    package = Package(data)
    (whole,) = [name for name in package.related("").values() if name.endswith("presentation.xml")]
    tree, related = etree.fromstring(package.parts[whole]), package.related(whole)
    slides = []
    for one in tree.findall("p:sldIdLst/p:sldId", NAMES):
        name = related[one.get(f"{RELATION}id")]
        slide, inside = etree.fromstring(package.parts[name]), package.related(name)
        (title,) = [
            shape for shape in slide.iterfind(".//p:sp", NAMES) if shape.find("p:nvSpPr/p:nvPr/p:ph[@type='title']", NAMES) is not None
        ]
        pictures = [package.parts[inside[blip.get(f"{RELATION}embed")]] for blip in slide.iterfind(".//a:blip", NAMES)]
        slides.append(Slide("".join(title.itertext()), pictures))
    return slides
