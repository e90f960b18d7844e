"""The sheets of Flights from New York."""

import os

import matplotlib
import numpy as np
import pandas as pd

from books import flights as book

from .maps import map_axes, mercator
from .panel import TEXT, Panel, bars, big_numbers, diverging, grid, heat, key, ramp, text_table, thousands

DATA = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "data")


def flight_sheets():
    data = pd.read_csv(os.path.join(DATA, "flights.csv"), parse_dates=["date", "scheduled"])
    data = data.merge(pd.read_csv(os.path.join(DATA, "airlines.csv")), on="carrier", how="left").rename(columns={"name": "airline"})
    airports = pd.read_csv(os.path.join(DATA, "airports.csv"), keep_default_na=False).rename(columns={"latitude": "lat", "longitude": "lon"})
    data = data.merge(airports, left_on="dest", right_on="iata", how="left")
    data["destination"] = data.city + " (" + data.iata + ")"
    data["late"] = data.dep_delay > 15
    data["flown"] = data.dep_delay.notna()
    colors = dict(book.AIRPORTS)
    full = {"EWR": "Newark (EWR)", "JFK": "Kennedy (JFK)", "LGA": "LaGuardia (LGA)"}
    ink = book.INK

    def late_share(group):
        return group.late.sum() / group.flown.sum()

    def numbers(panel):
        values = [f"{len(data) * 10:,}", f"{data.dep_delay.mean():.1f} min", f"{data.late.sum() / data.flown.sum():.1%}", f"{(~data.flown).mean():.1%}"]
        if panel.height > 200:
            panel.title("The year in four numbers", "All flights from New York in 2013", ink)
            panel = Panel(panel.figure, panel.left, panel.top + panel.height * 0.3, panel.width, panel.height * 0.45, panel.size)
        big_numbers(panel, ["Flights", "Avg. departure delay", "Late share", "Cancelled share"], values, ink)

    def weekly(panel):
        panel.title("A steady year", "Flights in each full week by airport of departure", ink)
        axes = panel.axes(left=4.2, right=1, top=4, bottom=2)
        whole = data[(data.date >= "2013-01-07") & (data.date <= "2013-12-29")]
        weeks = whole.groupby([whole.date.dt.to_period("W-SUN").dt.start_time, "origin"]).size().unstack() * 10
        for name, color in colors.items():
            axes.plot(weeks.index, weeks[name], color=color, linewidth=1.6)
        axes.set_ylim(0, weeks.max().max() * 1.24)
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axes.xaxis.set_major_formatter(matplotlib.dates.DateFormatter("%b"))
        grid(axes, "y")
        key(panel, axes, [(full[name], color) for name, color in colors.items()], columns=3)

    def places(panel):
        panel.title("Where they flew", "Size: flights; colour: average arrival delay", ink)
        axes = map_axes(panel, (-127, -64, 16.5, 50.5))
        groups = data.dropna(subset=["lat"]).groupby("destination").agg(lat=("lat", "first"), lon=("lon", "first"), n=("dest", "size"), delay=("arr_delay", "mean")).sort_values("n", ascending=False)
        spots = mercator(groups[["lon", "lat"]])
        colormap, norm = diverging(book.DELAYS, -10, 5, 20)
        axes.scatter(spots[:, 0], spots[:, 1], s=groups.n / groups.n.max() * (panel.size * 2.1) ** 2 + 4, c=colormap(norm(groups.delay.clip(-10, 20))), edgecolor="white", linewidth=0.5, alpha=0.88, zorder=3)

    def most(panel):
        panel.title("The 15 busiest destinations", "Colour: share of flights that left late", ink)
        axes = panel.axes(left=14.5, right=2, top=4, bottom=1.6)
        groups = data.dropna(subset=["destination"]).groupby("destination").agg(n=("dest", "size"), late=("late", "sum"), flown=("flown", "sum")).sort_values("n", ascending=False).head(15)
        share = groups.late / groups.flown
        colormap = ramp(["#f3d9c4", "#e39a6b", "#c8452f", "#7d1f1a"])
        norm = matplotlib.colors.Normalize(share.min(), share.max())
        names = [name if len(name) < 24 else f"{name[:22]}.." for name in groups.index]
        bars(panel, axes, names, [(groups.n * 10, colormap(norm(share)))], [f"{value * 10:,}" for value in groups.n], 0.85)
        axes.xaxis.set_major_formatter(lambda value, _: thousands(value))

    def by_hour(panel):
        panel.title("Fly before noon", "Average departure delay by weekday and hour", ink)
        table = data.pivot_table(index=data.scheduled.dt.hour, columns=data.date.dt.day_of_week, values="dep_delay", aggfunc="mean").loc[5:22]
        axes = panel.axes(left=3.6, right=1, top=5.2, bottom=0.8)
        colormap, norm = diverging(book.DELAYS, 0, 12, 30)
        labels = [f"{(hour - 1) % 12 + 1} {'AM' if hour < 12 else 'PM'}" for hour in table.index]
        heat(panel, axes, np.clip(table.to_numpy(), 0, 30), colormap, norm, labels, ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"])
        axes.tick_params(axis="y", labelsize=panel.size * 0.85)

    def distribution(panel):
        panel.title("Most leave early", "Flights by departure delay, bins of ten minutes", ink)
        axes = panel.axes(left=4, right=1, top=4, bottom=3)
        part = data[(data.dep_delay >= -30) & (data.dep_delay <= 180)]
        counts = pd.crosstab(part.dep_delay // 10 * 10, part.late) * 10
        axes.bar(counts.index, counts[True], color=book.LATE, width=9.2, align="edge")
        axes.bar(counts.index, counts[False], bottom=counts[True], color=book.ON_TIME, width=9.2, align="edge")
        axes.yaxis.set_major_formatter(lambda value, _: thousands(value))
        axes.set_xlabel("Departure delay (minutes)", size=panel.size, color=TEXT, labelpad=2)
        grid(axes, "y")
        key(panel, axes, [("On time", book.ON_TIME), ("Late", book.LATE)], where="upper right")

    def airlines(panel):
        panel.title("Who is late?", "Bars: flights; circles: share that left late", ink)
        groups = data.groupby("airline").agg(n=("dest", "size"), late=("late", "sum"), flown=("flown", "sum")).sort_values("n", ascending=False)
        axes = panel.axes(left=13.5, right=1, top=4, bottom=1.6)
        bars(panel, axes, list(groups.index), [(groups.n * 10, "#cfd8dc")], names_size=0.85)
        axes.xaxis.set_major_formatter(lambda value, _: thousands(value))
        twin = axes.twiny()
        share = groups.late / groups.flown
        twin.scatter(share, range(len(groups)), s=(panel.size * 0.8) ** 2, color=book.LATE, zorder=3)
        for place, value in enumerate(share):
            twin.text(value + 0.02, place, f"{value:.0%}", va="center", size=panel.size * 0.85, color=TEXT)
        twin.set_xlim(0, 0.78)
        twin.axis("off")

    def daily(panel):
        panel.title("Peaks in summer and December", "Average delay per day and over seven days", ink)
        axes = panel.axes(left=3, right=1, top=4, bottom=2)
        means = data.groupby("date").dep_delay.mean()
        axes.plot(means.index, means, color="#d8cfc0", linewidth=1)
        axes.plot(means.index, means.rolling(7, min_periods=1).mean(), color=book.LATE, linewidth=1.7)
        axes.xaxis.set_major_formatter(matplotlib.dates.DateFormatter("%b"))
        grid(axes, "y")

    def routes(panel):
        panel.title("The full table", "Every airport and airline", ink)
        axes = panel.axes(left=0.7, right=0.7, top=4, bottom=0.5)
        rows = []
        for origin in ("EWR",):
            part = data[data.origin == origin]
            for number, (name, group) in enumerate(part.groupby("airline")):
                rows.append([full[origin] if not number else "", name, f"{len(group) * 10:,}", f"{group.dep_delay.mean():.1f}", f"{late_share(group):.1%}", f"{(~group.flown).mean():.1%}"])
            rows.append(["", "Total", f"{len(part) * 10:,}", f"{part.dep_delay.mean():.1f}", f"{late_share(part):.1%}", f"{(~part.flown).mean():.1%}"])
        text_table(panel, axes, ["Origin", "Airline", "Flights", "Delay", "Late", "Cancelled"], rows, [1.5, 2.3, 0.9, 0.8, 0.8, 1.0], [len(rows) - 1])

    def monthly(panel):
        panel.title("Late departures by month", color=ink)
        axes = panel.axes(left=3.4, right=1, top=2.6, bottom=2)
        groups = data.groupby(data.date.dt.month).agg(late=("late", "sum"), flown=("flown", "sum"))
        axes.bar(groups.index, groups.late / groups.flown, color=book.LATE, width=0.74)
        axes.set_xticks(range(1, 13), list("JFMAMJJASOND"))
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        grid(axes, "y")

    return {
        "Key Figures": numbers, "Flights per Week": weekly, "Destinations": places, "Top Destinations": most, "Delay by Weekday and Hour": by_hour,
        "Delay Distribution": distribution, "Airlines": airlines, "Daily Delay": daily, "Airports and Airlines": routes, "Delay by Month": monthly,
    }
