"""The sheets of both penguin workbooks."""

import os

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.patches import Rectangle

from books import penguins as book

from .panel import TEXT, bars, grid, heat, key, ramp, text_table

DATA = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "data")


def penguin_sheets():
    data = pd.read_csv(os.path.join(DATA, "penguins.csv"))
    species = dict(book.SPECIES)
    sexes = {name: color for name, color in book.SEXES if name}
    names = {"Adelie": "Adélie", "Chinstrap": "Chinstrap", "Gentoo": "Gentoo"}
    ink = book.INK

    def bill_shape(panel):
        panel.title("Three species, three bills", "Each mark is one penguin", ink)
        axes = panel.axes(left=3.4, right=1, top=4, bottom=3)
        for (name, color), marker in zip(species.items(), "o^D"):
            part = data[data.species == name].dropna(subset=["bill_length_mm"])
            axes.scatter(part.bill_length_mm, part.bill_depth_mm, s=(panel.size * 0.55) ** 2, color=color, alpha=0.75, marker=marker, linewidth=0)
            slope, start = np.polyfit(part.bill_length_mm, part.bill_depth_mm, 1)
            ends = np.array([part.bill_length_mm.min(), part.bill_length_mm.max()])
            axes.plot(ends, slope * ends + start, color=color, linewidth=1.1, linestyle="--")
        grid(axes, "both")
        axes.set_xlabel("Bill length (mm)", size=panel.size, color=TEXT, labelpad=2)
        axes.set_ylabel("Bill depth (mm)", size=panel.size, color=TEXT, labelpad=2)
        axes.set_ylim(12.6, 24.2)
        key(panel, axes, [(names[name], color) for name, color in species.items()], columns=3)

    def body_mass(panel):
        panel.title("Males are heavier", "Average body mass by species and sex", ink)
        axes = panel.axes(left=3.8, right=1, top=4, bottom=3.6)
        means = data.dropna(subset=["sex"]).groupby(["species", "sex"]).body_mass_g.mean()
        for index, (pair, value) in enumerate(means.items()):
            axes.bar(index, value, color=sexes[pair[1]], width=0.74)
            axes.text(index, value + 60, f"{value:,.0f}", ha="center", va="bottom", size=panel.size * 0.95, color=TEXT)
        axes.axhline(data.dropna(subset=["sex"]).body_mass_g.mean(), color="#6b7a80", linewidth=1, linestyle="--")
        axes.set_xticks(range(6), [sex.capitalize() for _, sex in means.index])
        for index, name in enumerate(species):
            axes.text(index * 2 + 0.5, -0.09, names[name], transform=axes.get_xaxis_transform(), ha="center", va="top", size=panel.size, color=TEXT, weight="bold")
        axes.set_ylim(0, 6200)
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        grid(axes, "y")

    def islands(panel):
        panel.title("Who lives where", "Penguins counted by island and species", ink)
        axes = panel.axes(left=6.4, right=1, top=5.4, bottom=2)
        counts = data.groupby(["island", "species"]).size().unstack(fill_value=0)
        counts = counts.loc[counts.sum(axis=1).sort_values(ascending=False).index]
        # Tableau: the first member lies farthest from the axis.
        order = list(species)[::-1]
        start = np.zeros(len(counts))
        bars(panel, axes, list(counts.index), [(counts[name], species[name]) for name in order])
        for name in order:
            for place, value in enumerate(counts[name]):
                if value > 12:
                    axes.text(start[place] + value / 2, place, value, ha="center", va="center", size=panel.size, color="white")
            start = start + counts[name].to_numpy()
        key(panel, axes, [(names[name], color) for name, color in species.items()], where="lower left", columns=3, bbox_to_anchor=(0, 1))

    def flippers(panel):
        panel.title("Gentoos have the long flippers", "Penguins by flipper length in bins of 3 mm", ink)
        axes = panel.axes(left=3, right=1, top=4, bottom=3)
        bins = (data.flipper_length_mm // 3).dropna()
        counts = pd.crosstab(bins.astype(int), data.species)
        start = np.zeros(len(counts))
        for name in list(species)[::-1]:
            axes.bar(counts.index * 3, counts[name], bottom=start, color=species[name], width=2.75, align="edge")
            start = start + counts[name].to_numpy()
        grid(axes, "y")
        axes.set_xlabel("Flipper length (mm)", size=panel.size, color=TEXT, labelpad=2)
        axes.set_ylabel("Penguins", size=panel.size, color=TEXT, labelpad=2)
        key(panel, axes, [(names[name], color) for name, color in species.items()], where="upper right")

    def summary(panel):
        panel.title("The averages in numbers", "With a total for every species", ink)
        axes = panel.axes(left=0.7, right=0.7, top=4, bottom=0.8)
        columns = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]

        def line(first, second, part):
            means = part[columns].mean()
            return [first, second, f"{len(part)}", f"{means.iloc[0]:.1f}", f"{means.iloc[1]:.1f}", f"{means.iloc[2]:,.0f}", f"{means.iloc[3]:,.0f}"]

        rows, bold = [], []
        for name in species:
            part = data[data.species == name]
            sexed = part.assign(sex=part.sex.fillna("Not recorded"))
            for number, sex in enumerate(sex for sex in ["Not recorded", "female", "male"] if (sexed.sex == sex).any()):
                rows.append(line(names[name] if not number else "", sex.capitalize(), sexed[sexed.sex == sex]))
            bold.append(len(rows))
            rows.append(line("", "Total", part))
        bold.append(len(rows))
        rows.append(line("Grand Total", "", data))
        text_table(panel, axes, ["Species", "Sex", "Count", "Bill l.", "Bill d.", "Flipper", "Mass"], rows, [1.35, 1.55, 0.8, 0.85, 0.85, 0.9, 0.85], bold)

    def seasons(panel):
        panel.title("A heavier year?", "Average body mass by island, species, season", ink)
        means = data.pivot_table(index=["island", "species"], columns="year", values="body_mass_g", aggfunc="mean")
        axes = panel.axes(left=10.5, right=1, top=5.2, bottom=1)
        values = means.to_numpy()
        norm = matplotlib.colors.Normalize(np.nanmin(values), np.nanmax(values))
        heat(panel, axes, values, ramp(book.TEAL), norm, [f"{island}   {names[name]}" for island, name in means.index],
             [str(year) for year in means.columns], lambda value: f"{value:,.0f} g")

    def spread(panel):
        panel.title("Body mass (g) of every penguin", "Boxes hold the middle half", ink)
        axes = panel.axes(left=3.8, right=1, top=4, bottom=2)
        for place, (name, color) in enumerate(species.items()):
            values = data[data.species == name].body_mass_g.dropna().to_numpy()
            axes.scatter(np.full(len(values), place), values, s=(panel.size * 0.7) ** 2, color=color, alpha=0.35, linewidth=0)
            low, middle, high = np.percentile(values, [25, 50, 75])
            reach = 1.5 * (high - low)
            bottom, top = values[values >= low - reach].min(), values[values <= high + reach].max()
            axes.add_patch(Rectangle((place - 0.22, low), 0.44, middle - low, facecolor="#8a8a8a", alpha=0.4, linewidth=0))
            axes.add_patch(Rectangle((place - 0.22, middle), 0.44, high - middle, facecolor="#c4c4c4", alpha=0.5, linewidth=0))
            for ends in ((bottom, low), (high, top)):
                axes.plot([place, place], ends, color="#666666", linewidth=0.9)
            for level in (bottom, top):
                axes.plot([place - 0.12, place + 0.12], [level, level], color="#666666", linewidth=0.9)
        axes.set_xticks(range(3), list(names.values()))
        axes.set_xlim(-0.6, 2.6)
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        grid(axes, "y")

    return {
        "Bill Shape": bill_shape, "Body Mass by Species and Sex": body_mass, "Penguins by Island": islands, "Flipper Lengths": flippers,
        "Summary Table": summary, "Mass by Season": seasons, "Spread": spread,
    }


def published_sheets():
    data = pd.read_csv(os.path.join(DATA, "penguins.csv"))
    species = dict(book.SPECIES)
    names = {"Adelie": "Adélie", "Chinstrap": "Chinstrap", "Gentoo": "Gentoo"}

    def ratio(panel):
        panel.title("How slender is the bill?", "Bill length divided by bill depth, on average", book.INK)
        axes = panel.axes(left=6, right=1, top=4, bottom=2)
        means = (data.bill_length_mm / data.bill_depth_mm).groupby(data.species).mean().sort_values(ascending=False)
        bars(panel, axes, [names[name] for name in means.index], [(means.to_numpy(), [species[name] for name in means.index])], [f"{value:.2f}" for value in means])

    def classes(panel):
        panel.title("Heavy or light for its species", color=book.INK)
        mean = data.groupby("species").body_mass_g.transform("mean")
        label = np.where(data.body_mass_g.isna(), "Not weighed", np.where(data.body_mass_g >= mean, "Heavy", "Light"))
        counts = data.assign(label=label, sex=data.sex.fillna("?")).groupby(["species", "sex", "label"]).size()
        columns = [(sex, name) for sex in ("?", "female", "male") for name in ("Heavy", "Light", "Not weighed") if any(item[1:] == (sex, name) for item in counts.index)]
        step = (panel.height / panel.size / 1.4 - 6.4) / 3
        for row, name in enumerate(species):
            axes = panel.axes(left=8, right=1, top=2.8 + row * step, bottom=4.4 + (2 - row) * step)
            values = [counts.get((name, *column), 0) for column in columns]
            axes.bar(range(len(columns)), values, color=species[name], width=0.74)
            axes.set_ylim(0, 70)
            axes.set_yticks([0, 30, 60])
            axes.set_xticks([])
            axes.set_xlim(-0.6, len(columns) - 0.4)
            grid(axes, "y")
            axes.text(-0.1, 0.5, names[name], transform=axes.transAxes, ha="right", va="center", size=panel.size, color=TEXT)
        axes.set_xticks(range(len(columns)), [f"{name}\n{'n/a' if sex == '?' else sex.capitalize()}" for sex, name in columns])
        axes.tick_params(axis="x", labelsize=panel.size * 0.85)

    return {"Bill Ratio": ratio, "Weight Class": classes}
