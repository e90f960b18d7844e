"""Whole pictures: a sheet, a dashboard with its cards and legends, a story; and their files."""

import os

import numpy as np
from matplotlib.patches import Rectangle
from PIL import Image

from .panel import FAINT, TEXT, Panel, plt, ramp

DPI = 96
WIDTH, HEIGHT = 384, 288


def save(figure, path, width, height, method=Image.Quantize.FASTOCTREE):
    """Shrinks to the wanted size and keeps 256 colours, which these pictures get by with.

    The octree keeps the colours of small swatches true, the median cut the light greys of big backgrounds.
    """
    figure.canvas.draw()
    image = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())).convert("RGB")
    plt.close(figure)
    if image.size != (width, height):
        image = image.resize((width, height), Image.LANCZOS)
    image = image.quantize(256, method=method, dither=Image.Dither.NONE)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    image.save(path, optimize=True)


def draw_sheet(draw, path):
    # Drawn at twice the size, so that shrinking smooths the text.
    figure = plt.figure(figsize=(WIDTH * 2 / DPI, HEIGHT * 2 / DPI), dpi=DPI, facecolor="white")
    draw(Panel(figure, 0, 0, WIDTH * 2, HEIGHT * 2, size=13.5))
    save(figure, path, WIDTH, HEIGHT)


def draw_dashboard(board, sheets, path):
    figure = plt.figure(figsize=(board.width / DPI, board.height / DPI), dpi=DPI, facecolor=board.background or "white")
    paint_dashboard(board, sheets, figure, 0, 0, 1.0)
    save(figure, path, WIDTH, round(WIDTH * board.height / board.width), Image.Quantize.MEDIANCUT)


def paint_dashboard(board, sheets, figure, left, top, scale):
    full = figure.get_size_inches() * figure.dpi
    for box, zone in zip_zones(board):
        x = left + int(zone.attrs["x"]) * board.width / 1e5 * scale + 4 * scale
        y = top + int(zone.attrs["y"]) * board.height / 1e5 * scale + 4 * scale
        w = int(zone.attrs["w"]) * board.width / 1e5 * scale - 8 * scale
        h = int(zone.attrs["h"]) * board.height / 1e5 * scale - 8 * scale

        def rectangle(color, edge="none"):
            figure.patches.append(Rectangle((x / full[0], 1 - (y + h) / full[1]), w / full[0], h / full[1], transform=figure.transFigure, facecolor=color, edgecolor=edge, linewidth=1, zorder=-1))

        def write(words, size, color, at=0.0, down=0.5, align="left", weight="normal"):
            figure.text((x + at) / full[0], 1 - (y + h * down) / full[1], words, size=size * scale, color=color, ha=align, va="center", weight=weight)

        if box.kind is None:
            rectangle("white")
            sheets[zone.attrs["name"]](Panel(figure, x + 4 * scale, y + 4 * scale, w - 8 * scale, h - 8 * scale, size=10 * scale if h > 150 * scale else 10 * scale))
        elif box.kind == "title":
            write("".join(words for words, _, _ in board.title), 19, "#2b3a42", at=6 * scale, weight="bold")
        elif box.kind == "text":
            runs = [run.children[0] for run in box.content[0].children]
            size = float(box.content[0].children[0].attrs.get("fontsize", 10))
            room, lines, line = w / (size * scale * 0.86), [], ""
            for word in "".join(runs).replace("\u00c6", "").split():
                if len(line) + len(word) > room:
                    lines.append(line)
                    line = ""
                line = f"{line} {word}".strip()
            color = box.content[0].children[0].attrs.get("fontcolor", FAINT)
            figure.text((x + 6 * scale) / full[0], 1 - (y + 4 * scale) / full[1], "\n".join([*lines, line]), size=size * scale, color=color, va="top", linespacing=1.4)
        elif box.kind == "dashboard-object":
            rectangle(box.style["background-color"])
            write(box.content[0].children[0].children[0].children[0], 11, "white", at=w / 2, align="center")
        elif box.kind in ("filter", "paramctrl"):
            param = box.uses[-1][1]
            slim = "mode" not in box.attrs or box.attrs["mode"] in (None, "slider")
            write(param.caption if box.kind == "paramctrl" else param.field.label, 11, TEXT, at=6 * scale, down=min(0.25, 14 * scale / h), weight="bold")
            if slim:
                line = 1 - (y + min(h * 0.68, 46 * scale)) / full[1]
                figure.add_artist(plt.Line2D([(x + 10 * scale) / full[0], (x + w - 10 * scale) / full[0]], [line, line], color="#b5b5b5", linewidth=2 * scale))
                for spot in ([0.0, 1.0] if box.kind == "filter" else [0.35]):
                    figure.add_artist(plt.Line2D([(x + 10 * scale + (w - 20 * scale) * spot) / full[0]], [line], marker="o", markersize=9 * scale, color="white", markeredgecolor="#888888"))
            else:
                high = 22 * scale
                at = y + min(h - high, 28 * scale)
                figure.patches.append(Rectangle(((x + 6 * scale) / full[0], 1 - (at + high) / full[1]), (w - 12 * scale) / full[0], high / full[1], transform=figure.transFigure, facecolor="white", edgecolor="#c8c8c8", linewidth=1))
                value = param.value if box.kind == "paramctrl" else "(All)"
                figure.text((x + 12 * scale) / full[0], 1 - (at + high / 2) / full[1], str(value), size=10 * scale, color=TEXT, va="center")
        elif box.kind in ("color", "shape"):
            paint_legend(box, figure, full, x, y, w, h, scale)


def paint_legend(box, figure, full, x, y, w, h, scale):
    sheet, (source, pill) = box.uses
    maps = {}
    for target, values in source.colors:
        name = target if isinstance(target, str) and target[0] == "[" else source.target(target).name
        maps[name] = values
    title = pill.field.label if pill.field else "Legend"
    figure.text((x + 6 * scale) / full[0], 1 - (y + 12 * scale) / full[1], title, size=11 * scale, color=TEXT, va="center", weight="bold")
    if pill.name in maps:
        aliases = (pill.field.aliases or {}) if pill.field else {}
        wide = box.attrs.get("leg-item-layout") == "horz"
        for index, (value, color) in enumerate(maps[pill.name]):
            left = x + 6 * scale + (index % 2 * w / 2 if wide else 0)
            middle = y + 34 * scale + (index // 2 if wide else index) * 19 * scale
            figure.patches.append(Rectangle((left / full[0], 1 - (middle + 6 * scale) / full[1]), 12 * scale / full[0], 12 * scale / full[1], transform=figure.transFigure, facecolor=color))
            figure.text((left + 18 * scale) / full[0], 1 - middle / full[1], str(aliases.get(value, value)), size=10 * scale, color=TEXT, va="center")
        return
    for element in sheet.style:
        for encoding in element.children:
            if encoding.tag == "encoding" and encoding.attrs["attr"] == "color" and encoding.children:
                colors = [color.children[0] for color in encoding.children[0].children]
                axes = figure.add_axes(((x + 6 * scale) / full[0], 1 - (y + 40 * scale) / full[1], (w - 12 * scale) / full[0], 14 * scale / full[1]))
                axes.imshow(np.linspace(0, 1, 256)[None, :], aspect="auto", cmap=ramp(colors))
                axes.axis("off")


def zip_zones(board):
    """Every box with its zone, matched by id."""
    zones = {}

    def walk(element):
        if element.tag == "zone":
            zones[int(element.attrs["id"])] = element
        for child in element.children:
            if hasattr(child, "tag"):
                walk(child)

    walk(board.zones())
    return [(box, zones[box.id]) for box in board.boxes()]


def draw_story(story, sheets, boards, path):
    figure = plt.figure(figsize=(story.width / DPI, story.height / DPI), dpi=DPI, facecolor="white")
    full = figure.get_size_inches() * figure.dpi
    figure.text(16 / full[0], 1 - 34 / full[1], "".join(words for words, _, _ in story.title), size=18, weight="bold", color="#333333", va="center")
    width = (story.width - 40) / len(story.points)
    for index, (caption, _, _) in enumerate(story.points):
        left, top, high = 20 + index * width, 66, 92
        active = index == 0
        figure.patches.append(Rectangle(((left + 4) / full[0], 1 - (top + high) / full[1]), (width - 8) / full[0], high / full[1], transform=figure.transFigure, facecolor="#dfe6e2" if active else "#f3f3f3", edgecolor="#8aa397" if active else "#e2e2e2"))
        lines, line = [], ""
        for word in caption.split():
            if len(line) + len(word) > width / 8.6:
                lines.append(line)
                line = ""
            line = f"{line} {word}".strip()
        figure.text((left + width / 2) / full[0], 1 - (top + high / 2) / full[1], "\n".join([*lines, line]), size=10.5, ha="center", va="center", color=TEXT if active else FAINT)
    name = story.points[0][1]
    area = (16, 176, story.width - 32, story.height - 192)
    if name in sheets:
        sheets[name](Panel(figure, *area, size=12))
    save(figure, path, WIDTH, round(WIDTH * story.height / story.width))
