"""Small pictures, and workbooks that carry them as Tableau saves them: one thumbnail for each view."""

from __future__ import annotations

import base64
import struct
import zlib
from xml.sax.saxutils import quoteattr


def png(width: int, height: int) -> bytes:
    """Draws a grey picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes([128]) * width for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def size(picture: bytes) -> tuple[int, int]:
    """Width and height of a PNG, whose checksums are right."""
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    at, kinds = 8, []
    while at < len(picture):
        length, kind = struct.unpack(">I4s", picture[at : at + 8])
        (check,) = struct.unpack(">I", picture[at + 8 + length : at + 12 + length])
        assert check == zlib.crc32(picture[at + 4 : at + 8 + length])
        kinds.append(kind)
        at += 12 + length
    assert kinds[0] == b"IHDR" and kinds[-1] == b"IEND" and b"IDAT" in kinds
    return struct.unpack(">II", picture[16:24])


def with_thumbnails(workbook: bytes, pictures: dict[str, bytes]) -> bytes:
    """Adds pictures to a workbook, by the names of its views."""
    written = "".join(
        f"<thumbnail height='192' name={quoteattr(name)} width='192'>\n{base64.encodebytes(data).decode()}</thumbnail>\n"
        for name, data in pictures.items()
    )
    return workbook.replace(b"</workbook>", f"<thumbnails>{written}</thumbnails></workbook>".encode())
