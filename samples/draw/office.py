"""The sheets of Office Supplies."""

import math
import os

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.patches import Rectangle, Wedge

from books import office as book

from .maps import map_axes
from .panel import FAINT, TEXT, ZERO, Panel, bars, big_numbers, diverging, grid, heat, ink_on, key, ramp, thousands

DATA = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "data")


def office_sheets():
    data = pd.read_csv(os.path.join(DATA, "orders.csv"), parse_dates=["Order Date", "Ship Date"])
    data = data.merge(pd.read_csv(os.path.join(DATA, "managers.csv")), on="Region", how="left")
    data["Year"] = data["Order Date"].dt.year
    data["Month"] = data["Order Date"].dt.month
    categories, segments, years = dict(book.CATEGORIES), dict(book.SEGMENTS), dict(book.YEARS)
    ink = book.INK

    def money(value, _=None):
        return thousands(value, "$")

    def kpi(panel):
        values = [money(data.Sales.sum()), money(data.Profit.sum()), f"{data.Profit.sum() / data.Sales.sum():.1%}", f"{data['Order ID'].nunique():,}", f"{data.Customer.nunique():,}"]
        if panel.height > 200:
            panel.title("Key figures", "Of the chosen regions and years", ink)
            panel = Panel(panel.figure, panel.left, panel.top + panel.height * 0.3, panel.width, panel.height * 0.45, panel.size)
        big_numbers(panel, ["Sales", "Profit", "Profit Ratio", "Orders", "Customers"], values, "#2f6f4e")

    def trend(panel):
        panel.title("A busy second half of every year", "Sales per quarter by category", ink)
        axes = panel.axes(left=4.2, right=1, top=5.4, bottom=2)
        quarters = data.pivot_table(index=data["Order Date"].dt.to_period("Q").dt.start_time, columns="Category", values="Sales", aggfunc="sum")
        order = list(categories)[::-1]
        axes.stackplot(quarters.index, *[quarters[name] for name in order], colors=[categories[name] for name in order], alpha=0.88, linewidth=0)
        axes.yaxis.set_major_formatter(money)
        axes.xaxis.set_major_locator(matplotlib.dates.YearLocator())
        axes.margins(x=0.01)
        grid(axes, "y")
        key(panel, axes, list(categories.items()), where="lower left", columns=4, bbox_to_anchor=(-0.08, 1))

    def race(panel):
        panel.title("Each year ahead of the last?", "Sales since January, year by year", ink)
        axes = panel.axes(left=4.2, right=6, top=4, bottom=2)
        totals = data.pivot_table(index="Month", columns="Year", values="Sales", aggfunc="sum").cumsum()
        for year, color in years.items():
            axes.plot(totals.index, totals[year], color=color, linewidth=1.9)
        ends = sorted((totals[year].iloc[-1], year) for year in years)
        last = -1e9
        for value, year in ends:
            last = max(value, last + totals.max().max() * 0.07)
            axes.text(12.15, last, f"{year}  {money(value)}", va="center", size=panel.size * 0.85, color=TEXT, clip_on=False)
        axes.set_xticks(range(1, 13, 2), ["Jan", "Mar", "May", "Jul", "Sep", "Nov"])
        axes.yaxis.set_major_formatter(money)
        grid(axes, "y")

    def profit(panel):
        panel.title("Desks and printers lose money", "Profit by category and sub-category", ink)
        axes = panel.axes(left=14.5, right=1, top=4, bottom=2)
        totals = data.groupby(["Category", "Sub-Category"]).Profit.sum().reset_index().sort_values(["Category", "Profit"], ascending=[True, False])
        colormap, norm = diverging(book.PROFIT, -totals.Profit.max(), 0, totals.Profit.max())
        bars(panel, axes, list(totals["Sub-Category"]), [(totals.Profit, colormap(norm(totals.Profit)))], names_size=0.88)
        axes.axvline(0, color=ZERO, linewidth=0.9)
        axes.xaxis.set_major_formatter(money)
        place = 0
        for name, group in totals.groupby("Category"):
            axes.text(-14.2 * panel.size * 1.4 / axes.get_window_extent().width, place, name, transform=axes.get_yaxis_transform(), va="center", size=panel.size * 0.88, color=TEXT, weight="bold")
            if place:
                axes.axhline(place - 0.5, xmin=-14 * panel.size * 1.4 / axes.get_window_extent().width, color=ZERO, linewidth=0.7, clip_on=False)
            place += len(group)

    def states(panel):
        panel.title("Where the profit is", "Profit ratio by state", ink)
        totals = data.groupby("State")[["Sales", "Profit"]].sum()
        ratio = (totals.Profit / totals.Sales).clip(-0.05, 0.25)
        colormap, norm = diverging(book.PROFIT, -0.05, 0.1, 0.25)
        map_axes(panel, (-126, -65.5, 24, 50), fill={name: colormap(norm(value)) for name, value in ratio.items()})

    def shares(panel):
        panel.title("What each region buys", "Percent of the region's sales", ink)
        table = data.pivot_table(index="Category", columns="Region", values="Sales", aggfunc="sum")
        table = table / table.sum()
        axes = panel.axes(left=8.4, right=1, top=5.2, bottom=0.8)
        values = table.to_numpy()
        heat(panel, axes, values, ramp(book.GREEN), matplotlib.colors.Normalize(values.min(), values.max()), list(table.index), list(table.columns), lambda value: f"{value:.1%}")

    def best(panel):
        panel.title("The 12 best customers", "By sales; colour: segment", ink)
        axes = panel.axes(left=9.5, right=1, top=5.4, bottom=1.6)
        totals = data.groupby(["Customer", "Segment"]).Sales.sum().sort_values(ascending=False).head(12).reset_index()
        bars(panel, axes, list(totals.Customer), [(totals.Sales, [segments[name] for name in totals.Segment])], [f"${value:,.0f}" for value in totals.Sales], 0.9)
        axes.xaxis.set_major_formatter(money)
        key(panel, axes, list(segments.items()), where="lower left", columns=4, bbox_to_anchor=(-0.31, 1))

    def in_out(panel):
        panel.title("How much hangs on a few", "Share of sales of the set Best Customers", ink)
        axes = panel.axes(left=7, right=1, top=5.4, bottom=1.6)
        top = set(data.groupby("Customer").Sales.sum().nlargest(12).index)
        totals = data.assign(best=data.Customer.isin(top)).pivot_table(index="Region", columns="best", values="Sales", aggfunc="sum").fillna(0)
        totals = totals.div(totals.sum(axis=1), axis=0)
        bars(panel, axes, list(totals.index), [(totals[True], "#2f6f4e"), (totals[False], "#c9cfc8")])
        for place, value in enumerate(totals[True]):
            if value:
                axes.text(value / 2, place, f"{value:.0%}", ha="center", va="center", size=panel.size, color="white")
            axes.text(value + (1 - value) / 2, place, f"{1 - value:.0%}", ha="center", va="center", size=panel.size, color="#222222")
        axes.set_xlim(0, 1.02)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        key(panel, axes, [("In the set", "#2f6f4e"), ("Others", "#c9cfc8")], where="lower left", columns=2, bbox_to_anchor=(0, 1))

    def cohorts(panel):
        panel.title("Old customers stay", "Sales by year of the customer's first order", ink)
        axes = panel.axes(left=4.2, right=1, top=5.4, bottom=2)
        first = data.groupby("Customer")["Order Date"].transform("min").dt.year
        totals = data.assign(first=first).pivot_table(index="Year", columns="first", values="Sales", aggfunc="sum").fillna(0)
        start = np.zeros(len(totals))
        for year in list(years)[::-1]:
            axes.bar(totals.index, totals[year], bottom=start, color=years[year], width=0.74)
            start = start + totals[year].to_numpy()
        axes.set_xticks(list(years))
        axes.yaxis.set_major_formatter(money)
        grid(axes, "y")
        key(panel, axes, [(str(year), color) for year, color in years.items()], where="lower left", columns=4, bbox_to_anchor=(0, 1))

    def scatter(panel):
        panel.title("Discounts eat the profit", "One mark per sub-category; size: sales", ink)
        axes = panel.axes(left=4, right=1.5, top=5.4, bottom=3)
        totals = data.groupby(["Category", "Sub-Category"]).agg(discount=("Discount", "mean"), sales=("Sales", "sum"), profit=("Profit", "sum")).reset_index()
        ratio = totals.profit / totals.sales
        axes.scatter(totals.discount, ratio, s=totals.sales / totals.sales.max() * (panel.size * 3) ** 2 + 8, color=[categories[name] for name in totals.Category], alpha=0.82, linewidth=0)
        slope, start = np.polyfit(totals.discount, ratio, 1)
        ends = np.array([totals.discount.min(), totals.discount.max()])
        axes.plot(ends, slope * ends + start, color="#555555", linewidth=1)
        axes.axhline(0.12, color="#b2452f", linewidth=1, linestyle=":")
        axes.text(totals.discount.max() * 1.01, 0.128, "Target 12%", size=panel.size * 0.85, color="#b2452f", ha="right")
        for _, line in totals.iterrows():
            if line["Sub-Category"] in ("Desks", "Chairs", "Cables", "Printers", "Headsets", "Snacks", "Monitors", "Lamps"):
                radius = math.sqrt(line.sales / totals.sales.max()) * panel.size * 1.5
                axes.annotate(line["Sub-Category"], (line.discount, line.profit / line.sales), xytext=(0, radius + 3), textcoords="offset points", ha="center", size=panel.size * 0.8, color=TEXT)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        axes.set_xlabel("Average discount", size=panel.size, color=TEXT, labelpad=2)
        grid(axes, "both")
        axes.margins(x=0.08, y=0.12)
        key(panel, axes, list(categories.items()), where="lower left", columns=4, bbox_to_anchor=(-0.08, 1))

    def growth(panel):
        panel.title("Year over year", "Sales, and the change from the year before", ink)
        axes = panel.axes(left=0.7, right=0.7, top=4, bottom=0.5)
        table = data.pivot_table(index=["Category", data["Order Date"].dt.quarter], columns="Year", values="Sales", aggfunc="sum")
        lines = []
        for category, group in table.groupby(level=0):
            for (_, quarter), values in group.iterrows():
                lines.append((category if quarter == 1 else "", f"Q{quarter}", list(values)))
            lines.append(("", "Total", list(group.sum())))
        lines = lines[:15]
        axes.set_xlim(0, 6.2)
        axes.set_ylim(len(lines) + 1, 0)
        axes.set_xticks([])
        axes.set_yticks([])
        for column, year in enumerate(table.columns):
            axes.text(2.95 + column * 1.05, 0.5, year, ha="right", va="center", size=panel.size * 0.93, weight="bold", color=TEXT)
        axes.plot([0, 6.2], [1, 1], color=ZERO, linewidth=0.8)
        for line, (category, part, values) in enumerate(lines, 1):
            weight = "bold" if part == "Total" else "normal"
            axes.text(0.05, line + 0.5, category, va="center", size=panel.size * 0.93, color=TEXT, weight="bold")
            if category and line > 1:
                axes.plot([0, 6.2], [line, line], color=ZERO, linewidth=0.7)
            axes.text(1.55, line + 0.5, part, va="center", size=panel.size * 0.9, color=FAINT, weight=weight)
            before = None
            for column, value in enumerate(values):
                right = 2.95 + column * 1.05
                axes.text(right if before is None else right - 0.42, line + 0.5, money(value), ha="right", va="center", size=panel.size * 0.86, color=TEXT, weight=weight)
                if before is not None:
                    change = value / before - 1
                    axes.text(right, line + 0.5, f"{'▲' if change >= 0 else '▼'}{abs(change):.0%}", ha="right", va="center", size=panel.size * 0.72, color="#2f6f4e" if change >= 0 else "#b2452f")
                before = value

    def mix(panel):
        panel.title("The mix in one picture", "Size: sales; colour: profit ratio", ink)
        axes = panel.axes(left=0.7, right=0.7, top=4, bottom=0.7)
        totals = data.groupby("Sub-Category")[["Sales", "Profit"]].sum().sort_values("Sales", ascending=False)
        ratio = (totals.Profit / totals.Sales).clip(-0.1, 0.4)
        colormap, norm = diverging(book.PROFIT, -0.1, 0.1, 0.4)
        box = axes.get_window_extent()
        for (name, line), (x, y, w, h), value in zip(totals.iterrows(), squarify(list(totals.Sales), 0, 0, box.width, box.height), ratio):
            color = colormap(norm(value))
            axes.add_patch(Rectangle((x, y), w, h, facecolor=color, edgecolor="white", linewidth=1))
            if w > len(name) * panel.size * 0.95 and h > panel.size * 3.6:
                axes.text(x + 4, y + 4, f"{name}\n{money(line.Sales)}", va="top", size=panel.size * 0.9, color=ink_on(color))
        axes.set_xlim(0, box.width)
        axes.set_ylim(box.height, 0)
        axes.set_xticks([])
        axes.set_yticks([])

    def slices(panel):
        panel.title("Who buys", "Share of orders by segment", ink)
        axes = panel.axes(left=0.5, right=0.5, top=3.6, bottom=0.5)
        counts = data.groupby("Segment")["Order ID"].nunique()
        start = 90.0
        for name, value in counts.items():
            sweep = 360 * value / counts.sum()
            axes.add_patch(Wedge((0, 0), 1, start - sweep, start, facecolor=segments[name], edgecolor="white", linewidth=1))
            middle = math.radians(start - sweep / 2)
            x, y = 1.12 * math.cos(middle), 1.12 * math.sin(middle)
            axes.text(x, y, f"{name}\n{value:,}", ha="left" if x > 0 else "right", va="center", size=panel.size * 0.95, color=TEXT)
            start -= sweep
        reach = 2 if panel.width > panel.height else 2.6
        axes.set_xlim(-reach, reach)
        axes.set_ylim(-1.15, 1.15)
        axes.set_aspect("equal")
        axes.set_xticks([])
        axes.set_yticks([])

    def shipping(panel):
        panel.title("From order to shipment", "Average days by ship mode", ink)
        axes = panel.axes(left=10, right=1, top=4, bottom=2)
        days = (data["Ship Date"] - data["Order Date"]).dt.days
        speed = data["Ship Mode"].map({"Express": "Fast", "Same Day": "Fast", "Economy": "Slow", "Standard": "Slow"})
        means = pd.DataFrame({"Speed": speed, "Mode": data["Ship Mode"], "Days": days}).groupby(["Speed", "Mode"]).Days.mean().reset_index()
        means = means.sort_values(["Speed", "Days"])
        names = [f"{line.Speed}     {line.Mode:<9}" for line in means.itertuples()]
        bars(panel, axes, names, [(means.Days, "#35618f")], [f"{value:.1f}" for value in means.Days])
        axes.axvline(days.mean(), color="#666666", linewidth=1)
        axes.text(days.mean() + 0.08, 0, f"Average {days.mean():.1f}", size=panel.size * 0.9, color=FAINT, va="center")

    def managers(panel):
        panel.title("Sales by manager", "Colour: does the region reach the target profit ratio?", ink)
        axes = panel.axes(left=10.5, right=1, top=5.4, bottom=1.6)
        totals = data.groupby("Manager")[["Sales", "Profit"]].sum().sort_values("Sales", ascending=False)
        good = totals.Profit / totals.Sales >= 0.12
        bars(panel, axes, list(totals.index), [(totals.Sales, np.where(good, "#2f6f4e", "#c9825f"))], [money(value) for value in totals.Sales])
        axes.xaxis.set_major_formatter(money)
        key(panel, axes, [("Below target", "#c9825f"), ("On target", "#2f6f4e")], where="lower left", columns=2, bbox_to_anchor=(0, 1))

    def ranks(panel):
        panel.title("The order of things", "Sub-categories by rank in sales", ink)
        axes = panel.axes(left=9.5, right=1, top=4, bottom=0.5)
        totals = data.groupby(["Category", "Sub-Category"]).Sales.sum().sort_values(ascending=False).reset_index()
        names = [f"{place}.  {name}" for place, name in enumerate(totals["Sub-Category"], 1)]
        bars(panel, axes, names, [(totals.Sales, [categories[name] for name in totals.Category])], [money(value) for value in totals.Sales], 0.88)
        axes.set_xticks([])

    return {
        "Key Figures": kpi, "Sales Trend": trend, "Running Total": race, "Profit by Sub-Category": profit, "Profit Ratio by State": states,
        "Share of Sales": shares, "Top Customers": best, "Best Customers in Each Region": in_out, "Cohorts": cohorts, "Discount and Profit": scatter,
        "Year over Year": growth, "Product Mix": mix, "Segments": slices, "Days to Ship": shipping, "Managers": managers, "Rank of Sub-Categories": ranks,
    }


def squarify(values, x, y, w, h):
    """Rectangles of areas in proportion to falling values, each as square as it gets."""
    total = sum(values)
    areas = [value / total * w * h for value in values]
    found = []
    while areas:
        side = min(w, h)

        def worst(row):
            area = sum(row)
            return max(max(side * side * item / area**2, area**2 / (side * side * item)) for item in row)

        row = [areas[0]]
        while len(row) < len(areas) and worst([*row, areas[len(row)]]) <= worst(row):
            row.append(areas[len(row)])
        thick = sum(row) / side
        at = 0.0
        for item in row:
            long = item / thick
            found.append((x, y + at, thick, long) if w >= h else (x + at, y, long, thick))
            at += long
        if w >= h:
            x, w = x + thick, w - thick
        else:
            y, h = y + thick, h - thick
        areas = areas[len(row):]
    return found
