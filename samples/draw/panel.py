"""A place to draw a sheet in, and the kinds of charts the sheets are made of."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.colors  # noqa: E402
import matplotlib.dates  # noqa: E402
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
from matplotlib.patches import Rectangle  # noqa: E402

TEXT, FAINT, GRID, ZERO = "#333333", "#666666", "#eeeeee", "#cbcbcb"

plt.rcParams.update({"font.family": "DejaVu Sans", "axes.unicode_minus": False, "axes.axisbelow": True})


class Panel:
    """A rectangle of a picture in pixels; sheets draw themselves into one."""

    def __init__(self, figure, left, top, width, height, size=7.0):
        self.figure, self.left, self.top, self.width, self.height, self.size = figure, left, top, width, height, size
        self.full = figure.get_size_inches() * figure.dpi

    def axes(self, left=0, top=0, right=0, bottom=0, frame=False):
        """Axes inside margins given in units of the text size."""
        unit = self.size * 1.4
        x, y = self.left + left * unit, self.top + top * unit
        w, h = self.width - (left + right) * unit, self.height - (top + bottom) * unit
        axes = self.figure.add_axes((x / self.full[0], 1 - (y + h) / self.full[1], w / self.full[0], h / self.full[1]))
        axes.tick_params(length=0, labelsize=self.size, colors=FAINT, pad=2)
        for side, spine in axes.spines.items():
            spine.set_visible(frame)
            spine.set_color(ZERO)
        return axes

    def title(self, text, below=None, color=TEXT):
        unit = self.size * 1.4
        x, y = (self.left + 0.6 * unit) / self.full[0], 1 - (self.top + 0.5 * unit) / self.full[1]
        self.figure.text(x, y, text, size=self.size * 1.35, weight="bold", color=color, va="top")
        if below:
            y -= 1.75 * unit / self.full[1]
            self.figure.text(x, y, below, size=self.size * 0.92, color="#787878", va="top")


def thousands(value, prefix=""):
    sign = "-" if value < 0 else ""
    value = abs(value)
    return f"{sign}{prefix}{value / 1000:,.0f}K" if value >= 1000 else f"{sign}{prefix}{value:,.0f}"


def ramp(colors):
    return matplotlib.colors.LinearSegmentedColormap.from_list("ramp", colors)


def diverging(colors, low, center, high):
    return ramp(colors), matplotlib.colors.TwoSlopeNorm(vmin=low, vcenter=center, vmax=high)


def ink_on(color):
    r, g, b, *_ = matplotlib.colors.to_rgb(color)
    return "#ffffff" if 0.299 * r + 0.587 * g + 0.114 * b < 0.58 else "#222222"


def grid(axes, axis):
    axes.grid(axis=axis, color=GRID, linewidth=0.8)


def key(panel, axes, items, where="upper left", columns=1, **options):
    handles = [Rectangle((0, 0), 1, 1, color=color) for _, color in items]
    # Rows of swatches that would run out of a narrow panel get smaller.
    ems = sum(len(name) * 0.85 + 3 for name, _ in items) if columns > 1 else 0
    size = min(panel.size * 0.95, panel.width * 0.95 / ems) if ems else panel.size * 0.95
    axes.legend(handles, [name for name, _ in items], loc=where, ncols=columns, frameon=False, fontsize=size,
                labelcolor=TEXT, handlelength=0.8, handleheight=0.8, handletextpad=0.5, columnspacing=1.0, borderaxespad=0.2, **options)


def bars(panel, axes, names, parts, labels=None, names_size=1.0):
    """Horizontal bars from the top; `parts` are (values, colours) stacked from the axis."""
    places = np.arange(len(names))
    start = np.zeros(len(names))
    for values, colors in parts:
        axes.barh(places, values, left=start, color=colors, height=0.74)
        start = start + np.asarray(values, float)
    axes.set_yticks(places, names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", labelsize=panel.size * names_size)
    grid(axes, "x")
    if labels is not None:
        span = axes.get_xlim()
        for place, value, text in zip(places, start, labels):
            axes.text(value + (span[1] - span[0]) * 0.012, place, text, va="center", size=panel.size * 0.95, color=TEXT,
                      bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6}, zorder=4)
        axes.set_xlim(span[0], span[1] * 1.08)


def heat(panel, axes, table, colormap, norm, rows, columns, label=None):
    for y in range(table.shape[0]):
        for x in range(table.shape[1]):
            value = table[y][x]
            if value != value:
                continue
            color = colormap(norm(value))
            axes.add_patch(Rectangle((x, y), 1, 1, facecolor=color, edgecolor="white", linewidth=0.8))
            if label:
                axes.text(x + 0.5, y + 0.5, label(value), ha="center", va="center", size=panel.size * 0.95, color=ink_on(color))
    axes.set_xlim(0, table.shape[1])
    axes.set_ylim(table.shape[0], 0)
    cell = axes.get_window_extent().width / table.shape[1]
    axes.tick_params(axis="x", labelsize=min(panel.size, cell / max(len(name) for name in columns) * 1.05))
    axes.set_xticks(np.arange(table.shape[1]) + 0.5, columns)
    axes.set_yticks(np.arange(table.shape[0]) + 0.5, rows)
    axes.xaxis.tick_top()


def text_table(panel, axes, header, rows, widths, bold=()):
    """Rows of text: left-aligned names, right-aligned numbers; the ones in `bold` are totals."""
    axes.set_xlim(0, sum(widths))
    axes.set_ylim(len(rows) + 1, 0)
    axes.set_xticks([])
    axes.set_yticks([])
    edges = np.cumsum([0, *widths])
    leads = sum(1 for cell in rows[0] if isinstance(cell, str) and not cell[:1].isdigit())
    axes.plot([0, sum(widths)], [1, 1], color=ZERO, linewidth=0.8)
    for line, cells in enumerate([header, *rows]):
        if line % 2 == 0 and line:
            axes.add_patch(Rectangle((0, line), sum(widths), 1, color="#f4f5f5"))
        for column, cell in enumerate(cells):
            number = column >= leads
            weight = "bold" if line == 0 or line - 1 in bold else "normal"
            axes.text(edges[column + 1] - 0.08 if number else edges[column] + 0.05, line + 0.5, cell, ha="right" if number else "left", va="center",
                      size=panel.size * 0.93, color=TEXT, weight=weight)


def big_numbers(panel, header, values, color):
    axes = panel.axes(top=0.5, bottom=0.5)
    axes.set_xlim(0, len(values))
    axes.set_ylim(0, 1)
    axes.set_xticks([])
    axes.set_yticks([])
    size = min(panel.size * 2.6, panel.width / len(values) * 0.115)
    for index, (name, value) in enumerate(zip(header, values)):
        axes.text(index + 0.5, 0.72, name, ha="center", va="center", size=min(panel.size, size * 0.55), color=FAINT)
        axes.text(index + 0.5, 0.36, value, ha="center", va="center", size=size, color=color, weight="bold")
