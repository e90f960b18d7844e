"""Office Supplies: four years of orders of Pinewood, a company that does not exist."""

from kit.dashboard import Dashboard, Story, button, card, column, control, heading, legend, row, view, words
from kit.sheet import (
    GREY, Pane, Sheet, average_line, axis, axis_title, fmt, keep, keep_all, keep_top, measure_names, measure_order, nest, ramp,
    rule, sizes, sort_by, sort_nested, text, titled, tooltip, trend,
)
from kit.source import Field, Parameter, Source, Table, table_calc
from kit.workbook import Workbook, filter_action, highlight_action
from kit.xml import E

CATEGORIES = [("Breakroom", "#8d6e4f"), ("Furniture", "#2f6f4e"), ("Paper & Writing", "#e0a526"), ("Technology", "#35618f")]
SEGMENTS = [("Enterprise", "#2f6f4e"), ("Public Sector", "#8fb996"), ("School", "#e0a526"), ("Small Business", "#35618f")]
YEARS = [(2021, "#cfd8d3"), (2022, "#93b5a3"), (2023, "#4f8a6d"), (2024, "#17472f")]
PROFIT = ["#b2452f", "#e5a48f", "#efece4", "#9fc3a9", "#2f6f4e"]
GREEN = ["#eef4ef", "#bcd6c4", "#86b497", "#4f8a6d", "#1f5c3f"]
INK = "#1f2f27"
PAPER = "#f5f6f2"
DOLLARS = 'c"$"#,##0;-"$"#,##0'
CENTS = 'c"$"#,##0.00;-"$"#,##0.00'
CREDIT = "Invented data: Pinewood and its customers do not exist."


def tables(folder):
    return [
        Table("orders.csv", folder, [
            Field("Row ID", "integer", role="dimension", type="ordinal", hidden="true"), Field("Order ID"),
            Field("Order Date", "date"), Field("Ship Date", "date"), Field("Ship Mode"), Field("Customer"), Field("Segment"),
            Field("Country", geo="[Country].[Name]"), Field("State", geo="[State].[Name]"), Field("City", geo="[City].[Name]"),
            Field("Region"), Field("Category"), Field("Sub-Category"), Field("Product"), Field("Quantity", "integer"),
            Field("Discount", "real", fmt="p0%", aggregation="Avg"), Field("Sales", "real", fmt=DOLLARS), Field("Profit", "real", fmt=DOLLARS),
        ]),
        Table("managers.csv", folder, [Field("Region", hidden="true"), Field("Manager", note="Who looks after the region")]),
    ]


def plain_fields():
    return [
        Field("Profit Ratio", "real", formula="SUM([Profit]) / SUM([Sales])", fmt="p0.0%", aggregation="User"),
        Field("Orders", "integer", formula="COUNTD([Order ID])", fmt="n#,##0", aggregation="User"),
        Field("Customers", "integer", formula="COUNTD([Customer])", fmt="n#,##0", aggregation="User"),
        Field("Days to Ship", "integer", formula='DATEDIFF("day", [Order Date], [Ship Date])', fmt="n0.0", aggregation="Avg"),
        Field("Order Value", "real", formula="{ INCLUDE [Order ID] : SUM([Sales]) }", fmt=CENTS, aggregation="Avg", note="What an order is worth"),
        Field("First Order", "date", formula="{ FIXED [Customer] : MIN([Order Date]) }", role="dimension", type="ordinal"),
        Field("Share of Its Region", "real", formula="SUM([Sales]) / SUM({ EXCLUDE [State] : SUM([Sales]) })", fmt="p0.0%", aggregation="User"),
        Field("Speed", group_of="Ship Mode", groups=[("Fast", ["Express", "Same Day"]), ("Slow", ["Economy", "Standard"])], role="dimension", type="nominal"),
    ]


def options():
    return {
        "joins": [("left", "Region", "Region (managers.csv)")],
        "paths": [("Place", ["Country", "Region", "State", "City"]), ("Goods", ["Category", "Sub-Category", "Product"])],
        "country": "United States", "week_start": "monday",
    }


def extract_source():
    """The data source of `Office Supplies Extract.tdsx`."""
    return Source(
        "Office Supplies Extract", tables("Data/Office"), plain_fields(), extract="Data/Extracts/Office Supplies Extract.hyper",
        colors=[("Category", CATEGORIES), ("Segment", SEGMENTS)], **options(),
    )


def build(files, thumbnails):
    top = Parameter("Top Customers", "integer", 12, minimum=5, maximum=30, step=1)
    target = Parameter("Target Profit Ratio", "real", 0.12, minimum=0.0, maximum=0.3, step=0.01, fmt="p0%")
    metric = Parameter("Metric", "string", "Sales", [("Sales", None), ("Profit", None), ("Orders", "Number of orders")])
    source = Source(
        "Office Supplies", tables("Data/Office"),
        [
            *plain_fields(),
            Field("Chosen Metric", "real", formula='CASE [Parameters].[Metric]\nWHEN "Sales" THEN SUM([Sales])\nWHEN "Profit" THEN SUM([Profit])\nELSE [Orders]\nEND',
                  fmt="n#,##0;-#,##0", aggregation="User"),
            Field("Meets Target", "boolean", formula="[Profit Ratio] >= [Parameters].[Target Profit Ratio]", role="measure", type="nominal",
                  aggregation="User", aliases={True: "On target", False: "Below target"}),
            Field("Rank in Sales", "integer", formula="RANK(SUM([Sales]))", fmt='n0"."', aggregation="User", compute=table_calc(along="Columns"),
                  role="measure", type="ordinal"),
        ],
        parameters=[top, target, metric],
        sets=[("Best Customers", "Customer", top, "SUM([Sales])")],
        colors=[("Category", CATEGORIES), ("Segment", SEGMENTS), (("Order Date", "Year"), YEARS), (("First Order", "Year"), YEARS), ("Meets Target", [(False, "#c9825f"), (True, "#2f6f4e")]), ("[io:Best Customers:nk]", [(False, "#c9cfc8"), (True, "#2f6f4e")])],
        folders=[("Customers", ["Customer", "First Order", "Segment"])],
        **options(),
    )
    sales, profit, ratio = source.pill("Sales"), source.pill("Profit"), source.pill("Profit Ratio")
    orders, customers = source.pill("Orders"), source.pill("Customers")
    category, sub, region, state = (source.pill(name) for name in ("Category", "Sub-Category", "Region", "State"))
    customer, segment, country, manager = (source.pill(name) for name in ("Customer", "Segment", "Country", "Manager"))
    year, month, quarter = (source.pill("Order Date", part) for part in ("Year", "Month", "Quarter"))
    title_style = {"fontname": "Tableau Semibold", "fontsize": "13", "fontcolor": INK}

    def title(words_, below):
        return text((words_, title_style), "\n", (below, {"fontsize": "9", "fontcolor": GREY}))

    def filters(*more):
        return [keep_all(region, group=2, card="checkdropdown"), keep_all(year, group=3, card="checkdropdown"), *more]

    figures = [sales, profit, ratio, orders, customers]
    kpi = Sheet(
        "Key Figures", source, cols=source.special(":Measure Names"), filters=[measure_names(source, *figures), *filters()],
        sorts=[measure_order(source, *figures)], title=title("Key figures", "Of the chosen regions and years"),
        panes=[Pane("Text", [("text", source.special("Multiple Values"))],
                    label=text((source.special("Multiple Values"), {"fontsize": "20", "fontname": "Tableau Semibold", "fontcolor": "#2f6f4e"})),
                    style={"mark-labels-show": "true"})],
        style=[rule("cell", fmt("text-align", "center"), fmt("text-format", 'c"$"#,##0,K;-"$"#,##0,K', sales), fmt("text-format", 'c"$"#,##0,K;-"$"#,##0,K', profit)),
               rule("header", fmt("font-size", "10"))],
    )

    by_quarter = source.pill("Order Date", "Quarter-Trunc")
    trend_sheet = Sheet(
        "Sales Trend", source, rows=sales, cols=by_quarter, filters=filters(),
        title=title("A busy second half of every year", "Sales per quarter by category"),
        panes=[Pane("Area", [("color", category)], tooltip=tooltip([(category, {"bold": "true"}), ", ", by_quarter], ("Sales", sales)), style={"mark-transparency": "225"})],
        style=[rule("axis", axis_title(by_quarter, "cols", ""), axis_title(sales, "rows", "Sales")), rule("label", fmt("text-format", 'c"$"#,##0,K', sales))],
        cards=[("color", category)],
    )

    running = source.pill("Sales", calc=[table_calc("CumTotal", field=month, aggregation="Sum")])
    race = Sheet(
        "Running Total", source, rows=running, cols=month, filters=filters(),
        title=title("Each year ahead of the last?", "Sales since January, year by year (running total along the months)"),
        panes=[Pane("Line", [("color", year)], tooltip=tooltip([(month, {"bold": "true"}), " ", (year, {"bold": "true"})], ("Sales since January", running), ("Sales of the month", sales)),
                    style={"size": "1.4", "mark-labels-show": "true", "mark-labels-mode": "line-ends", "mark-labels-line-first": "false", "mark-labels-line-last": "true"})],
        style=[rule("axis", axis_title(running, "rows", "Sales since January")), rule("label", fmt("text-format", "iLLL", month), fmt("text-format", 'c"$"#,##0,K', running)),
               rule("cell", fmt("text-format", 'c"$"#,##0,K', running)), rule("worksheet", fmt("display-field-labels", "false", scope="cols"))],
        extra=[sales], cards=[("color", year)],
    )

    bars = Sheet(
        "Profit by Sub-Category", source, rows=nest(category, sub), cols=profit, filters=filters(), sorts=[sort_nested(sub, profit)],
        title=title("Desks and printers lose money", "Profit by category and sub-category"),
        panes=[Pane("Bar", [("color", profit), ("tooltip", ratio), ("tooltip", sales)],
                    tooltip=tooltip([(sub, {"bold": "true"}), (" in ", {"fontcolor": GREY}), category], ("Sales", sales), ("Profit", profit), ("Profit ratio", ratio)))],
        style=[rule("axis", axis_title(profit, "cols", "Profit")), rule("mark", ramp(profit, colors=PROFIT, kind="ordered-diverging", center="0")),
               rule("label", fmt("text-format", 'c"$"#,##0,K;-"$"#,##0,K', profit)), rule("worksheet", fmt("display-field-labels", "false", scope="rows"))],
        cards=[("color", profit)],
    )

    latitude, longitude = source.special("Latitude (generated)"), source.special("Longitude (generated)")
    states = Sheet(
        "Profit Ratio by State", source, rows=latitude, cols=longitude, maps=True, filters=filters(),
        title=title("Where the profit is", "Profit ratio by state"),
        panes=[Pane("Automatic", [("color", ratio), ("lod", country), ("lod", state), ("geometry", source.special("Geometry (generated)")), ("tooltip", sales), ("tooltip", profit)],
                    tooltip=tooltip([(state, {"bold": "true", "fontsize": "12"})], ("Sales", sales), ("Profit", profit), ("Profit ratio", ratio)))],
        style=[
            # The saved viewport: the forty-eight states, in metres of the Web Mercator projection.
            rule("axis", axis(longitude, "cols", min="-14200000.0", max="-7200000.0", projection="EPSG:3857", range_type="fixed"),
                 axis(latitude, "rows", min="2700000.0", max="6450000.0", projection="EPSG:3857", range_type="fixed")),
            rule("mark", ramp(ratio, colors=PROFIT, kind="ordered-diverging", center="0.1", min="-0.05", max="0.25")),
            rule("map", fmt("washout", "0.0"), fmt("map-style", "light")),
        ],
        cards=[("color", ratio)],
    )

    share = source.pill("Sales", calc=[table_calc("PctTotal", along="Columns")])
    shares = Sheet(
        "Share of Sales", source, rows=category, cols=region, filters=[keep_all(year, group=3)],
        title=title("What each region buys", "Percent of the region's sales (percent of total down the table)"),
        panes=[Pane("Square", [("color", share), ("text", share), ("tooltip", sales)], tooltip=tooltip([(category, {"bold": "true"}), (" in the ", {"fontcolor": GREY}), region], ("Sales", sales), ("Share", share)),
                    style={"mark-labels-show": "true", "mark-labels-cull": "false"})],
        style=[rule("mark", ramp(share, colors=GREEN)), rule("cell", fmt("text-format", "p0.0%", share)), rule("legend-title-text", titled("color", share, "Share of sales"))],
        cards=[("color", share)],
    )

    best = Sheet(
        "Top Customers", source, rows=customer, cols=sales, filters=[keep_top(customer, top, "SUM([Sales])"), *filters()], sorts=[sort_by(customer, sales)],
        title=text(("The ", title_style), (top, title_style), (" best customers", title_style), "\n", ("By sales; colour: segment", {"fontsize": "9", "fontcolor": GREY})),
        panes=[Pane("Bar", [("color", segment), ("text", sales)], tooltip=tooltip([(customer, {"bold": "true"})], ("Segment", segment), ("Sales", sales), ("Profit", profit), ("First order", source.pill("First Order", "Attribute"))),
                    style={"mark-labels-show": "true"})],
        style=[rule("axis", axis_title(sales, "cols", "Sales")), rule("label", fmt("text-format", 'c"$"#,##0,K', sales)), rule("worksheet", fmt("display-field-labels", "false", scope="rows"))],
        extra=[profit], cards=[("parameter", top, "slider"), ("color", segment)],
    )

    member = source.in_set("Best Customers")
    in_out = Sheet(
        "Best Customers in Each Region", source, rows=region, cols=source.pill("Sales", calc=[table_calc("PctTotal", field=member)]), filters=[keep_all(year, group=3)],
        title=title("How much hangs on a few", "Share of sales that comes from the set Best Customers"),
        panes=[Pane("Bar", [("color", member), ("text", source.pill("Sales", calc=[table_calc("PctTotal", field=member)]))], style={"mark-labels-show": "true", "size": "1.3"})],
        style=[rule("worksheet", fmt("display-field-labels", "false", scope="rows")), rule("legend-title-text", titled("color", member, "Best customers"))],
        cards=[("color", member), ("parameter", top, "slider")], extra=[top],
    )
    of_total = in_out.cols
    in_out.style.insert(0, rule("cell", fmt("text-format", "p0%", of_total)))
    in_out.style.insert(1, rule("label", fmt("text-format", "p0%", of_total)))

    first_year = source.pill("First Order", "Year")
    cohorts = Sheet(
        "Cohorts", source, rows=sales, cols=year, filters=[keep_all(region, group=2)],
        title=title("Old customers stay", "Sales per year by the year of the customer's first order (a FIXED calculation)"),
        panes=[Pane("Bar", [("color", first_year)], tooltip=tooltip(("First order", first_year), ("Year", year), ("Sales", sales), ("Customers", customers)), style={"size": "1.4"})],
        style=[rule("axis", axis_title(sales, "rows", "Sales")), rule("label", fmt("text-format", 'c"$"#,##0,K', sales)), rule("worksheet", fmt("display-field-labels", "false", scope="cols"))],
        extra=[customers], cards=[("color", first_year)],
    )

    discount = source.pill("Discount", "Avg")
    scatter = Sheet(
        "Discount and Profit", source, rows=ratio, cols=discount, filters=filters(),
        title=title("Discounts eat the profit", "One mark per sub-category; size: sales"),
        panes=[Pane("Circle", [("color", category), ("size", sales), ("lod", sub), ("text", sub)], trendline=trend(per_color=False, bands=True),
                    lines=[E("reference-line", {
                        "axis-column": str(ratio), "enable-instant-analytics": "true", "formula": "constant", "id": "refline0", "label": "Target <Value>",
                        "label-type": "custom", "scope": "per-table", "value": str(target.value), "value-column": str(target), "z-order": "1",
                    })],
                    tooltip=tooltip([(sub, {"bold": "true"})], ("Average discount", discount), ("Profit ratio", ratio), ("Sales", sales)),
                    style={"mark-labels-show": "true", "mark-transparency": "210"})],
        style=[rule("mark", sizes(sales, "0.1", "1")), rule("axis", axis(discount, "cols", domain_expand="false"), axis_title(discount, "cols", "Average discount"), axis_title(ratio, "rows", "Profit ratio")),
               rule("label", fmt("text-format", "p0%", ratio), fmt("text-format", "p0%", discount)), rule("refline", fmt("stroke-color", "#b2452f", id="refline0"), fmt("line-pattern-only", "dotted", id="refline0"))],
        extra=[target], cards=[("parameter", target, "slider"), ("color", category)],
    )

    change = source.pill("Sales", calc=[table_calc("PctDiff", along="Rows", diff_options="Relative", address="-1")])
    growth = Sheet(
        "Year over Year", source, rows=nest(category, quarter), cols=year, filters=[keep_all(region, group=2)], row_total=True, subtotals=[category],
        title=title("Year over year", "Sales, and the change from the year before"),
        panes=[Pane("Text", [("text", sales), ("text", change), ("color", change)],
                    label=text(sales, "  ", (change, {"fontsize": "8"})), style={"mark-labels-show": "true"})],
        style=[rule("cell", fmt("text-format", "*▲ 0%;▼ 0%", change), fmt("text-align", "right")), rule("mark", ramp(change, colors=["#b2452f", "#7a7a72", "#2f6f4e"], kind="ordered-diverging", center="0"))],
        fit=None, cards=[("color", change)],
    )

    mix = Sheet(
        "Product Mix", source, filters=filters(), title=title("The mix in one picture", "Size: sales; colour: profit ratio"),
        panes=[Pane("Square", [("size", sales), ("color", ratio), ("text", sub), ("text", sales), ("lod", category)], tooltip=tooltip([(sub, {"bold": "true"}), ", ", category], ("Sales", sales), ("Profit ratio", ratio)),
                    style={"mark-labels-show": "true"})],
        style=[rule("mark", ramp(ratio, colors=PROFIT, kind="ordered-diverging", center="0.1", min="-0.1", max="0.4"))],
        cards=[("color", ratio)],
    )

    slices = Sheet(
        "Segments", source, filters=filters(), title=title("Who buys", "Share of orders by segment"),
        panes=[Pane("Pie", [("color", segment), ("wedge-size", orders), ("text", segment), ("text", orders)], style={"mark-labels-show": "true", "size": "1.6"},
                    tooltip=tooltip(("Segment", segment), ("Orders", orders), ("Average order", source.pill("Order Value", "Avg"))))],
        extra=[source.pill("Order Value", "Avg")], cards=[("color", segment)],
    )

    ship, days, speed = source.pill("Ship Mode"), source.pill("Days to Ship", "Avg"), source.pill("Speed")
    shipping = Sheet(
        "Days to Ship", source, rows=nest(speed, ship), cols=days, filters=filters(), sorts=[sort_nested(ship, days, direction="ASC")],
        title=title("From order to shipment", "Average days by ship mode"),
        panes=[Pane("Bar", [("text", days)], lines=[average_line(days)], style={"mark-labels-show": "true", "mark-color": "#35618f"})],
        style=[rule("axis", axis_title(days, "cols", "Days")), rule("worksheet", fmt("display-field-labels", "false", scope="rows"))],
    )

    chosen, on_target = source.pill("Chosen Metric"), source.pill("Meets Target")
    managers = Sheet(
        "Managers", source, rows=manager, cols=chosen, filters=[keep_all(year, group=3, card="checkdropdown")], sorts=[sort_by(manager, chosen)],
        title=text((metric, title_style), (" by manager", title_style), "\n", ("Colour: does the region reach the target profit ratio?", {"fontsize": "9", "fontcolor": GREY})),
        panes=[Pane("Bar", [("color", on_target), ("text", chosen), ("tooltip", ratio)], tooltip=tooltip(("Manager", manager), ("Region", source.pill("Region", "Attribute")), ("Profit ratio", ratio)), style={"mark-labels-show": "true"})],
        style=[rule("axis", axis_title(chosen, "cols", "")), rule("worksheet", fmt("display-field-labels", "false", scope="rows"))],
        cards=[("parameter", metric, "list"), ("parameter", target, "slider"), ("color", on_target)], extra=[metric, target],
    )

    rank = source.pill("Rank in Sales", calc=[table_calc(field=sub)])
    ranks = Sheet(
        "Rank of Sub-Categories", source, rows=nest(rank, sub), cols=sales, filters=filters(), fit=None,
        title=title("The order of things", "Sub-categories by rank in sales (a table calculation on the rows)"),
        panes=[Pane("Bar", [("color", category), ("text", sales)], style={"mark-labels-show": "true"})],
        style=[rule("axis", fmt("display", "false", sales, scope="cols", klass="0")), rule("cell", fmt("text-format", 'c"$"#,##0,K', sales))],
        cards=[("color", category)],
    )

    head = {"fontname": "Tableau Semibold", "fontsize": "20", "fontcolor": INK}
    note = words(text((CREDIT, {"fontsize": "8", "fontcolor": "#98a19a"})), fixed=28)
    overview = Dashboard(
        "Sales Overview", 1280, 900, background=PAPER, title=text(("Pinewood Office Supplies", head)),
        body=column(
            row(heading(), card(trend_sheet, region, "checkdropdown", fixed=180), card(trend_sheet, year, "checkdropdown", fixed=160), button("Customers", "Customers", fixed=130, style=_button()), fixed=62),
            view(kpi, title=False, fixed=96, style=_card()),
            row(
                column(view(trend_sheet, style=_card()), view(race, style=_card()), share=1.1),
                column(view(states, style=_card(), share=1.1), row(legend(states, ratio), legend(trend_sheet, category, layout="horz", share=1.6), fixed=84), view(shares, style=_card(), share=0.7)),
                column(view(bars, style=_card()), share=0.85),
            ),
            note,
        ),
    )
    people = Dashboard(
        "Customers", 1280, 860, background=PAPER, title=text(("Customers and managers", head)),
        body=column(
            row(heading(), button("Sales Overview", "Sales Overview", fixed=150, style=_button()), fixed=56),
            row(
                column(view(best, style=_card()), share=1.1),
                column(view(cohorts, style=_card()), view(in_out, style=_card(), share=0.9)),
                column(view(slices, style=_card()), view(managers, style=_card(), share=0.9)),
                column(control(top, "slider", source, fixed=70), control(metric, "list", source, fixed=100), control(target, "slider", source, fixed=70),
                       legend(best, segment, fixed=118), legend(cohorts, first_year, fixed=118), words(text((CREDIT, {"fontsize": "8", "fontcolor": "#98a19a"}))), fixed=190),
            ),
        ),
    )

    story = Story(
        "Four Years of Pinewood", 1200, 860, title=text(("Four Years of Pinewood", {"fontname": "Tableau Semibold", "fontsize": "18", "fontcolor": INK})),
        points=[
            ("The second half of every year is the busy one.", "Sales Trend", None),
            ("Not everything sold earns money:", "Profit by Sub-Category", None),
            ("the deeper the discount, the thinner the profit.", "Discount and Profit", None),
            ("The Southwest shows it best.", "Discount and Profit", [E("worksheet", {"name": "Discount and Profit"}, keep(region, "Southwest").element)]),
            ("Raise the target to 20 percent, and six of seventeen miss it.", "Discount and Profit", [E("datasource", {"name": "Parameters"}, E("column", {"name": target.local, "value": "0.2"}))]),
            ("The whole picture", "Sales Overview", None),
        ],
    )
    actions = [
        filter_action("Filter by state", overview.name, states.name, exclude=[kpi.name]),
        highlight_action("Highlight segment", people.name, ["Segment"]),
        E(
            "edit-parameter-action", {"caption": "Set the target from a bar", "name": "[Action_TARGET]"},
            E("activation", {"type": "on-select"}), E("source", {"dashboard": people.name, "type": "sheet", "worksheet": managers.name}),
            E("agg-type", {"type": "average"}), E("clear-option", {"type": "do-nothing", "value": "r:2:0:1"}),
            E("params", None, E("param", {"name": "source-field", "value": str(ratio)}), E("param", {"name": "target-parameter", "value": str(target)})),
        ),
    ]
    sheets = [kpi, trend_sheet, race, bars, states, shares, best, in_out, cohorts, scatter, growth, mix, slices, shipping, managers, ranks]
    return Workbook(
        "Office Supplies", [source], sheets, [overview, people], [story], actions,
        tabs=[overview.name, people.name, story.name, *[sheet.name for sheet in sheets]], thumbnails=thumbnails,
        files={f"Data/Office/{name}": files(name) for name in ("orders.csv", "managers.csv")}, parameters=source.parameters,
    )


def _card():
    return {"background-color": "#ffffff", "padding": 6}


def _button():
    return {"background-color": "#2f6f4e", "margin": 10}
