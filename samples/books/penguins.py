"""Palmer Penguins: 344 penguins of three species, measured near Palmer Station, Antarctica."""

from kit.dashboard import Dashboard, card, column, control, heading, image, legend, row, view, words
from kit.sheet import (
    GREY, Pane, Sheet, average_line, axis, axis_title, box_plot, cross, fmt, keep, keep_all, measure_names, measure_order, nest,
    ramp, rule, sort_by, text, titled, tooltip, trend,
)
from kit.source import Field, Parameter, Source, Table
from kit.workbook import Workbook, highlight_action, filter_action

SPECIES = [("Adelie", "#e07a2f"), ("Chinstrap", "#6c4ab6"), ("Gentoo", "#0e8f8a")]
SEXES = [("female", "#d1495b"), ("male", "#30638e"), (None, "#b8b8b8")]
SHAPES = [("Adelie", ":filled/circle"), ("Chinstrap", ":filled/triangle"), ("Gentoo", ":filled/diamond")]
TEAL = ["#e8f3f1", "#b9dcd7", "#85c2bb", "#4ca59e", "#1d837d", "#0b5a57"]
INK = "#2b3a42"
PAPER = "#f6f8f8"

MILLIMETRES = 'n#,##0.0" mm";-#,##0.0" mm"'
GRAMS = 'n#,##0" g";-#,##0" g"'

CREDIT = "Data: K. B. Gorman, T. D. Williams, W. R. Fraser (2014), Palmer Station LTER; package palmerpenguins, CC0."


def table(folder):
    return Table("penguins.csv", folder, [
        Field("species", caption="Species", aliases={"Adelie": "Adélie"}, note="Adélie, Chinstrap or Gentoo"),
        Field("island", caption="Island", note="Island of the Palmer Archipelago where the nest is"),
        Field("bill_length_mm", "real", "Bill Length", fmt=MILLIMETRES, aggregation="Avg", note="Length of the bill along its ridge"),
        Field("bill_depth_mm", "real", "Bill Depth", fmt=MILLIMETRES, aggregation="Avg", note="Height of the bill at its base"),
        Field("flipper_length_mm", "integer", "Flipper Length", fmt='n#,##0" mm";-#,##0" mm"', aggregation="Avg"),
        Field("body_mass_g", "integer", "Body Mass", fmt=GRAMS, aggregation="Avg"),
        Field("sex", caption="Sex", aliases={"female": "Female", "male": "Male", None: "Not recorded"}),
        Field("year", "integer", "Year", role="dimension", type="ordinal", note="Year of the nesting season"),
    ])


def plain_fields():
    """Calculations that need no parameter, so that the data source can be published on its own."""
    return [
        Field("Bill Ratio", "real", formula="[Bill Length] / [Bill Depth]", fmt="n0.00", aggregation="Avg",
              note="How slender the bill is: its length divided by its depth"),
        Field("Body Mass (kg)", "real", formula="[Body Mass] / 1000", fmt='n0.00" kg";-0.00" kg"', aggregation="Avg"),
        Field("Species Mean Mass", "real", formula="{ FIXED [Species] : AVG([Body Mass]) }", fmt=GRAMS, aggregation="Avg",
              note="The mean mass of the species, whatever else is filtered"),
        Field("Weight Class", formula='// compared with the mean of its own species\nIF ISNULL([Body Mass]) THEN "Not weighed"\n'
              'ELSEIF [Body Mass] >= [Species Mean Mass] THEN "Heavy for its species"\nELSE "Light for its species"\nEND',
              role="dimension", type="nominal"),
    ]


def options():
    return {
        "paths": [("Place and Species", ["Island", "Species"])],
        "folders": [("Measurements", ["Bill Depth", "Bill Length", "Body Mass", "Flipper Length"])],
        "colors": [("Species", SPECIES), ("Sex", SEXES)],
        "shapes": [("Species", SHAPES)],
        "country": "Antarctica",
    }


def published_source(folder):
    """The data source of `Penguins.tdsx`."""
    return Source("Penguins", [table(folder)], plain_fields(), **options())


def proxy_source():
    """The same data source as a workbook sees it when it is published on a server."""
    return Source("Penguins", [table("")], plain_fields(), published="Penguins", **options())


def build(files, thumbnails):
    measure = Parameter(
        "Measure", "string", "Body mass (g)",
        [("Body mass (g)", None), ("Flipper length (mm)", None), ("Bill length (mm)", None), ("Bill depth (mm)", None)],
        note="Chooses what the sheet Spread shows",
    )
    width = Parameter("Bin Width (mm)", "integer", 3, minimum=1, maximum=10, step=1, note="Width of the flipper length bins")
    source = Source(
        "Palmer Penguins", [table("Data/Penguins")],
        [
            *plain_fields(),
            Field("Chosen Measure", "real", formula='CASE [Parameters].[Measure]\nWHEN "Body mass (g)" THEN [Body Mass]\n'
                  'WHEN "Flipper length (mm)" THEN [Flipper Length]\nWHEN "Bill length (mm)" THEN [Bill Length]\n'
                  "ELSE [Bill Depth]\nEND", fmt="n#,##0.0;-#,##0.0"),
            Field("Flipper Length (bin)", "integer", fmt='n#,##0;-#,##0', bin_of="Flipper Length", bin_size="Bin Width (mm)"),
        ],
        parameters=[measure, width], **options(),
    )
    species, island, sex, year = (source.pill(name) for name in ("Species", "Island", "Sex", "Year"))
    mass, flipper = source.pill("Body Mass", "Avg"), source.pill("Flipper Length", "Avg")
    bill, depth = source.pill("Bill Length", "Avg"), source.pill("Bill Depth", "Avg")
    count = source.rows()

    def filters(*more):
        return [
            keep_all(species, group=2, card="checkdropdown"), keep_all(island, group=3, card="checkdropdown"),
            keep_all(sex, group=4, card="checkdropdown"), *more,
        ]

    no_labels = fmt("display-field-labels", "false", scope="cols")
    title_style = {"fontname": "Tableau Semibold", "fontsize": "13", "fontcolor": INK}

    def title(words_, below):
        return text((words_, title_style), "\n", (below, {"fontsize": "9", "fontcolor": GREY}))

    x, y = source.pill("Bill Length", "Sum"), source.pill("Bill Depth", "Sum")
    bills = Sheet(
        "Bill Shape", source, rows=y, cols=x, aggregate=False, filters=filters(),
        title=title("Three species, three bills", "Each mark is one penguin; the lines are linear trends"),
        caption=text("Within every species longer bills are deeper. Without the colours the trend would point the other way. "
                     "Two penguins without measurements are not shown."),
        panes=[Pane(
            "Shape", [("color", species), ("shape", species), ("tooltip", source.pill("Island", "Attribute")),
                      ("tooltip", source.pill("Sex", "Attribute")), ("tooltip", source.pill("Body Mass", "Sum"))],
            trendline=trend(),
            tooltip=tooltip(
                [(species, {"bold": "true", "fontsize": "12"}), (" on ", {"fontcolor": GREY}), source.pill("Island", "Attribute")],
                ("Sex", source.pill("Sex", "Attribute")), ("Bill length", x), ("Bill depth", y), ("Body mass", source.pill("Body Mass", "Sum")),
            ),
            style={"size": "1.2", "mark-transparency": "200"}, sizing="marks-scaling-off",
        )],
        style=[
            rule("axis", axis_title(x, "cols", "Bill length (mm)"), axis_title(y, "rows", "Bill depth (mm)"),
                 axis(x, "cols", domain_expand="false"), axis(y, "rows", domain_expand="false")),
            rule("label", fmt("text-format", "n0", x), fmt("text-format", "n0", y)),
            rule("trendline", fmt("stroke-size", "1"), fmt("line-pattern-only", "dashed")),
        ],
        cards=[("color", species), ("filter", island, "checkdropdown"), ("filter", sex, "checkdropdown")],
    )

    masses = Sheet(
        "Body Mass by Species and Sex", source, rows=mass, cols=nest(species, sex), filters=[
            keep_all(species, group=2), keep_all(island, group=3), keep(sex, None, exclude=True),
        ],
        title=title("Males are heavier", "Average body mass by species and sex"),
        panes=[Pane(
            "Bar", [("color", sex), ("text", mass)], lines=[average_line(mass, label="All: <Value>")],
            tooltip=tooltip([(species, {"bold": "true"}), ", ", sex], ("Average body mass", mass), ("Penguins", count)),
            style={"mark-labels-show": "true", "mark-labels-cull": "true", "size": "1.3"},
        )],
        style=[
            rule("axis", axis_title(mass, "rows", "Average body mass")),
            rule("cell", fmt("text-format", "n#,##0", mass)),
            rule("label", fmt("text-format", "n#,##0", mass)),
            rule("worksheet", no_labels),
            rule("refline", fmt("stroke-color", "#6b7a80", id="refline0"), fmt("line-pattern-only", "dashed", id="refline0")),
        ],
        extra=[count], cards=[("color", sex)],
    )

    islands = Sheet(
        "Penguins by Island", source, rows=island, cols=count, filters=filters(), sorts=[sort_by(island, count)],
        title=title("Who lives where", "Penguins counted by island and species"),
        panes=[Pane(
            "Bar", [("color", species), ("text", count)],
            tooltip=tooltip([(count, {"bold": "true"}), " ", (species, {"bold": "true"}), " penguins on ", island]),
            style={"mark-labels-show": "true", "mark-labels-cull": "true", "size": "1.2"},
        )],
        style=[
            rule("axis", axis_title(count, "cols", "Penguins")),
            rule("worksheet", fmt("display-field-labels", "false", scope="rows")),
        ],
        cards=[("color", species)],
    )

    bins = source.pill("Flipper Length (bin)")
    flippers = Sheet(
        "Flipper Lengths", source, rows=count, cols=bins, filters=filters(), full_range=[bins],
        title=title("Gentoos have the long flippers", "Penguins by flipper length, in bins of the chosen width"),
        panes=[Pane(
            "Bar", [("color", species)],
            tooltip=tooltip(("Species", species), ("Flipper length from", bins), ("Penguins", count)), style={"size": "1.8"},
        )],
        style=[
            rule("axis", axis_title(count, "rows", "Penguins")),
            rule("worksheet", fmt("display-field-labels", "true", scope="cols")),
        ],
        cards=[("color", species), ("parameter", width, "slider")], extra=[width],
    )

    values = [count, bill, depth, flipper, mass]
    summary = Sheet(
        "Summary Table", source, rows=nest(species, sex), cols=source.special(":Measure Names"), row_total=True, subtotals=[species],
        filters=[measure_names(source, *values), *filters()], sorts=[measure_order(source, *values)],
        title=title("The averages in numbers", "With a total for every species"),
        panes=[Pane("Text", [("text", source.special("Multiple Values"))])],
        style=[
            rule("cell", fmt("text-align", "right"), fmt("text-format", "n#,##0.0", bill), fmt("text-format", "n#,##0.0", depth),
                 fmt("text-format", "n#,##0", flipper), fmt("text-format", "n#,##0", mass)),
            rule("table", fmt("band-color", "#f2f6f6", scope="rows"), fmt("band-size", "1", scope="rows")),
            rule("header", fmt("width", "92", field=species)),
        ],
        fit=None,
    )

    heat = Sheet(
        "Mass by Season", source, rows=nest(island, species), cols=year, filters=filters(),
        title=title("A heavier year?", "Average body mass by island, species and nesting season"),
        panes=[Pane(
            "Square", [("color", mass), ("text", mass), ("tooltip", count)],
            tooltip=tooltip([(species, {"bold": "true"}), " on ", island, " in ", year], ("Average body mass", mass), ("Penguins", count)),
            style={"mark-labels-show": "true", "mark-labels-cull": "false"},
        )],
        style=[
            rule("mark", ramp(mass, colors=TEAL)),
            rule("legend-title-text", titled("color", mass, "Average body mass")),
        ],
        cards=[("color", mass)],
    )

    chosen = source.pill("Chosen Measure", "Sum")
    spread = Sheet(
        "Spread", source, rows=chosen, cols=species, aggregate=False, filters=filters(),
        title=text((measure, title_style), (" of every penguin", title_style), "\n",
                   ("Boxes hold the middle half; choose the measure with the parameter", {"fontsize": "9", "fontcolor": GREY})),
        panes=[Pane(
            "Circle", [("color", species), ("tooltip", source.pill("Sex", "Attribute"))], lines=[box_plot(chosen)],
            tooltip=tooltip(("Species", species), ("Sex", source.pill("Sex", "Attribute")), [(measure, {"fontcolor": GREY}), ":\t", (chosen, {"bold": "true"})]),
            style={"mark-transparency": "140", "size": "0.9"},
        )],
        style=[
            rule("axis", axis_title(chosen, "rows", ""), axis(chosen, "rows", domain_expand="false")),
            rule("label", fmt("text-format", "n#,##0", chosen)),
            rule("worksheet", no_labels),
        ],
        cards=[("parameter", measure, "list"), ("color", species)],
    )

    board = Dashboard(
        "Penguins at a Glance", 1200, 860, background=PAPER,
        title=text(("The Penguins of Palmer Station", {"fontname": "Tableau Semibold", "fontsize": "20", "fontcolor": INK})),
        body=column(
            row(image("Image/penguin.png", fixed=64), heading(), fixed=64),
            words(text(
                ("344 adult penguins of three species nested near ", {}), ("Palmer Station, Antarctica", {"bold": "true"}),
                (" and were measured in 2007, 2008 and 2009. Hover over a species to find it in every chart; select an island to see its penguins alone.", {}),
                fontsize="10", fontcolor="#4b5b63",
            ), fixed=50),
            row(
                column(
                    row(view(bills, style=_paper()), view(masses, style=_paper())),
                    row(view(islands, style=_paper()), view(flippers, style=_paper())),
                ),
                column(
                    card(bills, species, "checkdropdown", fixed=58), card(bills, island, "checkdropdown", fixed=58),
                    card(bills, sex, "checkdropdown", fixed=58), control(width, "slider", source, fixed=66),
                    legend(bills, species, fixed=104), legend(masses, sex, fixed=104),
                    words(text((CREDIT, {"fontsize": "8", "fontcolor": "#8a979d"}))),
                    fixed=190,
                ),
            ),
        ),
        floating=[(
            words(text(("Gentoos: long bills, but shallow ones", {"fontsize": "9", "fontcolor": INK})),
                  style={"background-color": "#fdf6ec", "border-color": "#e07a2f", "border-style": "solid", "border-width": "1", "padding": 4}),
            (366, 388, 132, 50),
        )],
    )
    actions = [
        highlight_action("Highlight species", board.name, ["Species"]),
        filter_action("Filter by island", board.name, islands.name, exclude=[flippers.name]),
    ]
    sheets = [bills, masses, islands, flippers, summary, heat, spread]
    return Workbook(
        "Palmer Penguins", [source], sheets, [board], actions=actions, tabs=[board.name, *[sheet.name for sheet in sheets]],
        thumbnails=thumbnails, files={"Data/Penguins/penguins.csv": files("penguins.csv"), "Image/penguin.png": files("penguin.png")}, parameters=source.parameters,
    )


def _paper():
    return {"background-color": "#ffffff", "padding": 6}


def build_published(thumbnails):
    """`Penguins.twb`: a plain workbook on the published data source `Penguins`."""
    source = proxy_source()
    species, sex, island = source.pill("Species"), source.pill("Sex"), source.pill("Island")
    ratio = source.pill("Bill Ratio", "Avg")
    mass = source.pill("Body Mass (kg)", "Avg")
    slender = Sheet(
        "Bill Ratio", source, rows=species, cols=ratio, filters=[keep_all(island, card="checkdropdown")],
        sorts=[sort_by(species, ratio)],
        title=text(("How slender is the bill?", {"fontsize": "13", "fontcolor": INK}), "\n",
                   ("Bill length divided by bill depth, average of each species", {"fontsize": "9", "fontcolor": GREY})),
        panes=[Pane("Bar", [("color", species), ("text", ratio)], tooltip=tooltip(("Species", species), ("Bill ratio", ratio)),
                    style={"mark-labels-show": "true"})],
        style=[rule("worksheet", fmt("display-field-labels", "false", scope="rows"))],
        cards=[("filter", island, "checkdropdown")],
    )
    weight = source.pill("Weight Class")
    count = source.rows()
    classes = Sheet(
        "Weight Class", source, rows=cross(species, count), cols=nest(sex, weight),
        filters=[keep_all(island, card="checkdropdown")],
        title=text(("Heavy or light for its species", {"fontsize": "13", "fontcolor": INK})),
        panes=[Pane("Bar", [("color", species)], tooltip=tooltip(("Species", species), ("Sex", sex), ("Weight class", weight), ("Penguins", count), ("Average mass", mass)))],
        style=[rule("axis", axis_title(count, "rows", "Penguins"))],
        extra=[mass], cards=[("color", species)],
    )
    return Workbook("Penguins", [source], [slender, classes], tabs=[slender.name, classes.name], thumbnails=thumbnails)
