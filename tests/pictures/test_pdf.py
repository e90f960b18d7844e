"""PDFs: valid, with real text in fonts of their own."""

from __future__ import annotations

import re

import pikepdf
import pypdf
from lxml import etree

from conftest import Drawn

SVG = "{http://www.w3.org/2000/svg}"


def words_of(svg) -> list[str]:
    """The words of a picture in the order of drawing."""
    texts = etree.parse(svg, etree.XMLParser(huge_tree=True)).getroot().iter(f"{SVG}text")
    return [word for text in texts for word in re.findall(r"\w{3,}", "".join(text.itertext()))]


def test_pdfs_are_valid(drawn: Drawn) -> None:
    with pikepdf.open(drawn.pdf) as document:
        assert document.check_pdf_syntax() == []
        assert len(document.pages) == len(drawn.svgs)


def test_fonts_are_embedded_and_text_is_unicode(drawn: Drawn) -> None:
    fonts = 0
    with pikepdf.open(drawn.pdf) as document:
        for one in document.objects:
            if not isinstance(one, pikepdf.Dictionary) or one.get("/Type") != "/Font":
                continue
            if one.get("/Subtype") == "/Type0":
                fonts += 1
                assert "/ToUnicode" in one, "text that cannot be searched"
                descriptor = one.DescendantFonts[0].FontDescriptor
                assert {"/FontFile2", "/FontFile3"} & set(descriptor.keys()), "a font that is not in the file"
    assert fonts, "no text at all"


def test_all_labels_are_found(drawn: Drawn) -> None:
    """Each page has the words of one view, so each view finds a page with all of its words."""
    pages = [page.extract_text() for page in pypdf.PdfReader(drawn.pdf).pages]
    for svg in drawn.svgs:
        wanted = words_of(svg)
        missing = min(([word for word in wanted if word not in page] for page in pages), key=len)
        # Turned text is read letter by letter by some, so that a word may be torn.
        assert len(missing) <= len(wanted) // 50, f"{svg.stem}: not found: {missing[:20]}"
