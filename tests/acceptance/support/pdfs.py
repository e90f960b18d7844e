"""Small PDFs, as servers export them, and what a reader of PDFs finds in others."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

import pypdf


def pdf(*texts: str, version: str = "1.4") -> bytes:
    """Draws a document with a page for each text of plain letters; size and fonts stand above the pages."""
    codes = [f"BT /F1 10 Tf 10 50 Td ({text}) Tj ET".encode() for text in texts]
    kids = " ".join(f"{number * 2 + 4} 0 R" for number in range(len(texts)))
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d /MediaBox [0 0 300 100] /Resources << /Font << /F1 3 0 R >> >> >>"
        % (kids.encode(), len(texts)),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, code in enumerate(codes):
        bodies.append(b"<< /Type /Page /Parent 2 0 R /Contents %d 0 R >>" % (number * 2 + 5))
        bodies.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(code), code))
    out, places = f"%PDF-{version}\n".encode(), []
    for number, body in enumerate(bodies, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(bodies) + 1, table)
    return out + head + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(bodies) + 1, len(out))


@dataclass
class Read:
    """What is in a document."""

    pages: list[str]
    sizes: set[tuple[float, float]]
    # Depth, title and number of the page from 1.
    bookmarks: list[tuple[int, str, int]]


def read(data: bytes) -> Read:
    """Reads a document with a reader that takes nothing amiss in silence."""
    found = pypdf.PdfReader(BytesIO(data), strict=True)
    marks: list[tuple[int, str, int]] = []

    def walk(items: list, depth: int) -> None:
        for item in items:
            if isinstance(item, list):
                walk(item, depth + 1)
            else:
                marks.append((depth, item.title, found.get_destination_page_number(item) + 1))

    walk(found.outline, 0)
    sizes = {(float(page.mediabox.width), float(page.mediabox.height)) for page in found.pages}
    return Read([page.extract_text().strip() for page in found.pages], sizes, marks)
