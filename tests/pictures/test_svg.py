"""The same picture whoever draws it: our PNG, our SVG in resvg's own command of drawing, and in a browser."""

from __future__ import annotations

import base64
import io
import subprocess
from pathlib import Path

import numpy
import pytest
import resvg_py
from PIL import Image, ImageFilter

from conftest import ROOT, Drawn

FONTS = ROOT / "crates" / "vivant-render" / "fonts"
FACES = {
    "SourceSans3-Light": (300, "normal"),
    "SourceSans3-Regular": (400, "normal"),
    "SourceSans3-SemiBold": (600, "normal"),
    "SourceSans3-Bold": (700, "normal"),
    "SourceSans3-Italic": (400, "italic"),
    "SourceSans3-BoldItalic": (700, "italic"),
}


def difference(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of two pictures, 0 to 255, without what edges alone make."""
    assert one.size == other.size, (one.size, other.size)
    blurred = [numpy.asarray(image.convert("RGB").filter(ImageFilter.GaussianBlur(2)), dtype=float) for image in (one, other)]
    return float(numpy.abs(blurred[0] - blurred[1]).mean())


def on_white(image: Image.Image) -> Image.Image:
    image = image.convert("RGBA")
    white = Image.new("RGBA", image.size, "white")
    white.alpha_composite(image)
    return white.convert("RGB")


def test_resvg_draws_the_same(drawn: Drawn) -> None:
    for svg in drawn.svgs:
        ours = on_white(Image.open(svg.with_suffix(".png")))
        data = resvg_py.svg_to_bytes(
            svg_path=str(svg), width=ours.width, height=ours.height, skip_system_fonts=True, font_dirs=[str(FONTS)]
        )
        theirs = on_white(Image.open(io.BytesIO(bytes(data))))
        assert difference(ours, theirs) < 0.5, svg.stem


@pytest.fixture(scope="session")
def faces() -> str:
    """The fonts, as a browser takes them that has them not."""
    rules = []
    for name, (weight, style) in FACES.items():
        data = base64.b64encode((FONTS / f"{name}.ttf").read_bytes()).decode()
        rules.append(f"@font-face{{font-family:'Source Sans 3';font-weight:{weight};font-style:{style};src:url(data:font/ttf;base64,{data})}}")
    return "".join(rules)


def test_chromium_draws_the_same(drawn: Drawn, chromium: str, faces: str, tmp_path: Path) -> None:
    """One page with all views, so that the browser starts once."""
    pictures = [(svg, on_white(Image.open(svg.with_suffix(".png")))) for svg in drawn.svgs]
    places, top = [], 0
    body = []
    for svg, image in pictures:
        body.append(
            f'<div style="position:absolute;left:0;top:{top}px;width:{image.width}px;height:{image.height}px;overflow:hidden">'
            + svg.read_text().replace("<svg ", '<svg style="display:block;width:100%;height:100%" ', 1)
            + "</div>"
        )
        places.append(top)
        top += image.height
    # Names inside a picture, such as those of clips, are its own.
    body = [one.replace('id="d', f'id="p{number}d').replace("url(#d", f"url(#p{number}d") for number, one in enumerate(body)]
    page = tmp_path / "page.html"
    page.write_text(f"<!doctype html><meta charset=utf-8><style>{faces} body{{margin:0;background:#fff}}</style>{''.join(body)}")
    shot = tmp_path / "page.png"
    width = max(image.width for _, image in pictures)
    subprocess.run(
        [
            chromium, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1",
            f"--window-size={width},{top}", f"--user-data-dir={tmp_path / 'profile'}", f"--screenshot={shot}", page.as_uri(),
        ],
        stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=180,
    )  # fmt: skip
    whole = on_white(Image.open(shot))
    for (svg, ours), place in zip(pictures, places):
        theirs = whole.crop((0, place, ours.width, place + ours.height))
        assert difference(ours, theirs) < 3.0, svg.stem
