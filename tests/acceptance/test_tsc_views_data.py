"""The data of views with the unmodified tableauserverclient: CSV and crosstab, filters, rights, extracts, caching."""

from __future__ import annotations

import datetime
import io
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
import tableauserverclient as TSC
from tableauserverclient.server.endpoint.exceptions import InternalServerError

from support import content, seed, sheets
from support.rest import element, ts_request
from support.server import Vivant
from support.sheets import Sheet, number, table, total
from support.tsc import connect, refused
from support.world import ADMIN, ADMIN_PASSWORD

ROWS = sheets.orders()
BY_REGION = Sheet("By Region", rows=[("region", "None")], text=[("amount", "Sum")])
BY_BOTH = Sheet("By Both", rows=[("region", "None")], cols=[("customer", "None")], text=[("amount", "Sum")])
BY_YEAR = Sheet("By Year", rows=[("day", "Year"), ("region", "None")], text=[("units", "Sum")])


@pytest.fixture
def publish(tsc, project, name):
    """Publishes a workbook and returns its views by name."""

    def publish(document: bytes, rows=ROWS, mode: str = "CreateNew", **options) -> dict[str, TSC.ViewItem]:
        item = TSC.WorkbookItem(project_id=project, name=name, **options)
        data = document if rows is None else sheets.packed(document, rows)
        made = tsc.workbooks.publish(item, io.BytesIO(data), mode)
        tsc.workbooks.populate_views(made)
        return {view.name: view for view in made.views}

    return publish


def data(server: TSC.Server, view: TSC.ViewItem, filters: dict[str, str] = {}, parameters: dict[str, str] = {}, **options) -> bytes:
    """Asks for the data of a view."""
    asked = TSC.CSVRequestOptions(**options)
    for field, value in filters.items():
        asked.vf(field, value)
    for parameter, value in parameters.items():
        asked.parameter(parameter, value)
    server.views.populate_csv(view, asked)
    return b"".join(view.csv)


def answer(server: TSC.Server, view: TSC.ViewItem, **asked) -> dict[tuple, float]:
    """The lines of a view's data: the dimensions, and the number at the end."""
    _, lines = table(data(server, view, **asked))
    found = {tuple(line[:-1]): number(line[-1]) for line in lines}
    assert len(found) == len(lines), "a line came twice"
    return found


def texts(expected: dict[tuple, float]) -> dict[tuple, float]:
    return {tuple(str(part) for part in key): value for key, value in expected.items()}


@pytest.fixture
def deny(rest, tsc):
    """Takes a capability from somebody; by default All Users may read and export, and connect to data sources."""

    def deny(kind: str, item: str, person: str, capability: str) -> None:
        (user,) = [one.id for one in TSC.Pager(tsc.users) if one.name == person]
        listed = element("capabilities", element("capability", name=capability, mode="Deny"))
        rule = element("granteeCapabilities", [element("user", id=user), listed])
        rest.put(f"/sites/{{site}}/{kind}/{item}/permissions", ts_request(element("permissions", rule))).ok(200)

    return deny


# Data


def test_sums_by_a_field(tsc, publish):
    views = publish(sheets.workbook([BY_REGION, BY_BOTH]))
    header, lines = table(data(tsc, views["By Region"]))
    assert header == ["Region", "Amount"]
    assert {(line[0],): number(line[1]) for line in lines} == total(ROWS, ["region"])
    # Members stand in the order of the letters, which is not that of bytes.
    assert [line[0] for line in lines] == ['East, "far"', "North", "Öst\nline", "South", "West"]
    header, _ = table(data(tsc, views["By Both"]))
    assert header == ["Region", "Customer", "Amount"]
    assert answer(tsc, views["By Both"]) == total(ROWS, ["region", "customer"])


def test_aggregates_and_measure_names(tsc, publish):
    measures = [("amount", "Sum"), ("units", "Avg"), ("customer", "CountD")]
    views = publish(sheets.workbook([Sheet("Names", rows=[("region", "None")], measure_names=measures)]))
    header, lines = table(data(tsc, views["Names"]))
    assert header == ["Region", "Measure Names", "Measure Values"]
    assert [line[1] for line in lines[:3]] == ["Amount", "Avg. Units", "Distinct count of Customer"]
    for region in sheets.REGIONS:
        rows = [row for row in ROWS if row.region == region]
        found = {line[1]: number(line[2]) for line in lines if line[0] == region}
        assert found["Amount"] == sum(row.amount for row in rows)
        assert found["Avg. Units"] == pytest.approx(sum(row.units for row in rows) / len(rows), abs=1e-8)
        assert found["Distinct count of Customer"] == len({row.customer for row in rows})


def test_parts_of_dates(tsc, publish):
    views = publish(sheets.workbook([BY_YEAR]))
    header, _ = table(data(tsc, views["By Year"]))
    assert header == ["Year of Order Day", "Region", "Units"]
    assert answer(tsc, views["By Year"]) == texts(total(ROWS, ["year", "region"], "units"))


def test_a_view_without_fields_has_no_data(tsc, publish):
    views = publish(content.twb("Nothing"), rows=None)
    assert data(tsc, views["Nothing"]) == b""


# Filters and parameters


@pytest.mark.parametrize("asked", [
    {"Region": ["North"]},
    {"Region": ["North", "West"]},
    {"Region": ['East, "far"', "Öst\nline"]},
    {"Customer": ["Дана", "日本"]},
    {"Customer": ["a=b&c+d#e%"], "Region": ["South"]},
    {"Units": ["3", "4"]},
    {"Order Day": ["2023-02-01", ROWS[0].day]},
    {"Region": ["nowhere"]},
    {"No such field": ["x"]},
    {"region": ["North"]},
])  # fmt: skip
def test_filters(tsc, publish, asked):
    views = publish(sheets.workbook([BY_BOTH]))
    known = {label: name for name, label in sheets.CAPTIONS.items()} | {"region": "region"}
    kept = [
        row for row in ROWS
        if all(label not in known or str(getattr(row, known[label])) in values for label, values in asked.items())
    ]  # fmt: skip
    written = {label: ",".join(value.replace(",", "\\,") for value in values) for label, values in asked.items()}
    assert answer(tsc, views["By Both"], filters=written) == total(kept, ["region", "customer"])


@pytest.mark.parametrize(("field", "value", "keeps"), [
    ("YEAR(Order Day)", "2023", lambda row: row.day.startswith("2023")),
    ("Year of Order Day", "2022,2024", lambda row: not row.day.startswith("2023")),
    ("MONTH(Order Day)", "March,4", lambda row: row.day[5:7] in ("03", "04")),
])  # fmt: skip
def test_filters_by_parts_of_dates(tsc, publish, field, value, keeps):
    views = publish(sheets.workbook([BY_REGION]))
    kept = [row for row in ROWS if keeps(row)]
    assert answer(tsc, views["By Region"], filters={field: value}) == total(kept, ["region"])


def test_a_filter_takes_the_place_of_the_views_own(tsc, publish):
    own = sheets.only("region", "&quot;North&quot;")
    views = publish(sheets.workbook([Sheet("North", rows=[("region", "None")], text=[("amount", "Sum")], view=own)]))
    expected = total(ROWS, ["region"])
    assert answer(tsc, views["North"]) == {("North",): expected["North",]}
    assert answer(tsc, views["North"], filters={"Region": "West"}) == {("West",): expected["West",]}
    assert answer(tsc, views["North"], filters={"Customer": "Ann"}) == total(
        [row for row in ROWS if row.region == "North" and row.customer == "Ann"], ["region"]
    )


def test_parameters(tsc, publish):
    scaled = Sheet("Scaled", rows=[("region", "None")], text=[("scaled", "Sum")])
    document = sheets.workbook(
        [scaled], calculations={"scaled": "[amount] * [Parameters].[Parameter 1]"}, parameters=sheets.PARAMETER
    )
    view = publish(document)["Scaled"]
    expected = total(ROWS, ["region"])
    assert answer(tsc, view) == expected
    for asked in ({"parameters": {"Factor": "2"}}, {"parameters": {"Parameter 1": "2.0"}}, {"filters": {"Factor": "2"}}):
        assert answer(tsc, view, **asked) == {key: 2 * value for key, value in expected.items()}, asked
    assert answer(tsc, view, parameters={"Unknown": "2"}) == expected
    with refused("400008"):
        data(tsc, view, parameters={"Factor": "two"})


def test_bad_options(rest, tsc, publish):
    view = publish(sheets.workbook([BY_REGION]))["By Region"]
    path = f"/sites/{{site}}/views/{view.id}/data"
    for params in ({"maxAge": "-1"}, {"maxAge": "soon"}, {"language": "tlh"}):
        rest.under("3.29").get(path, params=params).refused(400, "400008")
    for params in ({"maxAge": "0"}, {"maxAge": "1000000"}, {"language": "en_US"}, {"createnew": "true"}):
        rest.under("3.29").get(path, params=params).ok(200)


# Crosstab


def crosstab(server: TSC.Server, view: TSC.ViewItem) -> tuple[str, dict, list[str]]:
    server.views.populate_excel(view, TSC.ExcelRequestOptions())
    return sheets.spreadsheet(b"".join(view.excel))


def test_crosstab(tsc, publish):
    views = publish(sheets.workbook([BY_BOTH, BY_YEAR]))
    name, cells, merged = crosstab(tsc, views["By Both"])
    assert (name, cells[0, 1], cells[1, 0]) == ("By Both", "Customer", "Region")
    customers = {cells[1, at]: at for at in range(1, 1 + len(sheets.CUSTOMERS))}
    regions = {cells[at, 0]: at for at in range(2, 2 + len(sheets.REGIONS))}
    assert (set(customers), set(regions)) == (set(sheets.CUSTOMERS), set(sheets.REGIONS))
    expected = total(ROWS, ["region", "customer"])
    found = {(region, customer): cells.get((row, at)) for region, row in regions.items() for customer, at in customers.items()}
    assert {key: value for key, value in found.items() if value is not None} == expected
    assert merged == ["B1:G1"]

    _, cells, merged = crosstab(tsc, views["By Year"])
    assert [cells[0, at] for at in range(3)] == ["Year of Order Day", "Region", "Units"]
    assert cells[1, 0] == "2022" and "A2:A6" in merged
    assert sum(value for (row, at), value in cells.items() if row > 0 and at == 2) == sum(row.units for row in ROWS)


def test_crosstab_of_measure_names(tsc, publish):
    measures = [("amount", "Sum"), ("units", "Sum")]
    views = publish(sheets.workbook([Sheet("Names", rows=[("region", "None")], measure_names=measures)]))
    _, cells, _ = crosstab(tsc, views["Names"])
    assert [cells[0, at] for at in range(3)] == ["Region", "Amount", "Units"]
    found = {cells[row, 0]: (cells[row, 1], cells[row, 2]) for row in range(1, 6)}
    amounts, units = total(ROWS, ["region"]), total(ROWS, ["region"], "units")
    assert found == {region: (amounts[region,], units[region,]) for region in sheets.REGIONS}


# Dashboards


def test_a_dashboard_gives_its_first_sheet_by_name(tsc, publish):
    shown = [Sheet("B Sheet", rows=[("customer", "None")], text=[("units", "Sum")]), Sheet("A sheet", rows=[("region", "None")])]
    document = sheets.workbook(shown, dashboards={"Both": ["B Sheet", "A sheet"], "One": ["B Sheet"], "None": []})
    views = publish(document)
    assert table(data(tsc, views["Both"]))[0] == ["Region"]
    assert answer(tsc, views["One"]) == total(ROWS, ["customer"], "units")
    assert data(tsc, views["None"]) == b""


# Rights


def test_data_need_the_right_to_export(live, publish, deny):
    view = publish(sheets.workbook([BY_REGION]), show_tabs=True)["By Region"]
    deny("workbooks", view.workbook_id, seed.VERA[0], "ExportData")
    deny("workbooks", view.workbook_id, seed.CORA[0], "Read")
    for who in (seed.VERA, seed.CORA):
        server = connect(live, *who)
        with refused("403032"):
            data(server, view)
        with refused("403032"):
            crosstab(server, view)
    assert answer(connect(live, *seed.GRACE), view) == total(ROWS, ["region"])


def test_everybody_sees_their_own_rows(live, tsc, publish):
    """Row-level security by a filter of the data source; what one asked must not be told to another."""
    mine = {
        "is mine": "(USERNAME() = 'ada' AND [region] = 'North') OR (ISMEMBEROF('Analysts') AND [region] = 'South') OR USERNAME() = 'admin'"
    }
    document = sheets.workbook([BY_REGION], calculations=mine, filters=sheets.only("is mine"))
    view = publish(document, show_tabs=True)["By Region"]
    expected = total(ROWS, ["region"])
    ada, grace, vera = (connect(live, *who) for who in (seed.ADA, seed.GRACE, seed.VERA))
    for _ in range(2):
        assert answer(tsc, view) == expected
        assert answer(ada, view) == {key: expected[key] for key in (("North",), ("South",))}
        assert answer(grace, view) == {("South",): expected["South",]}
        assert answer(vera, view) == {}
    # Nor does a filter lead around it.
    assert answer(grace, view, filters={"Region": "North"}) == {}
    assert answer(grace, view, filters={"Is Mine": "false,true"}) == {("South",): expected["South",]}


# Extracts


def test_rows_of_a_refreshed_extract(tsc, publish):
    document = sheets.workbook([BY_REGION], extract=True)
    views = publish(document)
    # The package names an extract that it does not hold.
    with refused("400080"):
        data(tsc, views["By Region"])
    job = tsc.workbooks.refresh(views["By Region"].workbook_id)
    tsc.jobs.wait_for_job(job, timeout=60)
    assert answer(tsc, views["By Region"]) == total(ROWS, ["region"])
    # New rows come with the next refresh of what was published anew.
    more = ROWS + sheets.orders(50, seed=2)
    views = publish(document, rows=more, mode="Overwrite")
    tsc.jobs.wait_for_job(tsc.workbooks.refresh(views["By Region"].workbook_id), timeout=60)
    assert answer(tsc, views["By Region"]) == total(more, ["region"])


def test_what_is_published_anew_is_answered_anew(tsc, publish):
    views = publish(sheets.workbook([BY_REGION]))
    assert answer(tsc, views["By Region"]) == total(ROWS, ["region"])
    other = sheets.orders(30, seed=3)
    views = publish(sheets.workbook([BY_REGION]), rows=other, mode="Overwrite")
    assert answer(tsc, views["By Region"], maxage=240) == total(other, ["region"])


# Published data sources


@pytest.fixture
def source(tsc, project, name, tmp_path):
    """Publishes a data source and returns it."""

    def source(document: bytes, rows=ROWS, mode: str = "CreateNew") -> TSC.DatasourceItem:
        path = tmp_path / "orders.tdsx"
        path.write_bytes(sheets.packed(document, rows))
        return tsc.datasources.publish(TSC.DatasourceItem(project_id=project, name=f"{name} source"), str(path), mode)

    return source


def test_a_published_data_source(live, tsc, publish, source, deny):
    made = source(sheets.datasource(calculations={"double": "[amount] * 2"}))
    doubled = Sheet("Doubled", rows=[("region", "None")], text=[("double", "Sum")])
    # What the workbook says of the calculation is not what counts.
    document = sheets.workbook([BY_REGION, doubled], published=made.content_url, calculations={"double": "[amount] * 3"})
    views = publish(document, rows=None, show_tabs=True)
    assert answer(tsc, views["By Region"]) == total(ROWS, ["region"])
    assert answer(tsc, views["Doubled"]) == {key: 2 * value for key, value in total(ROWS, ["region"]).items()}

    deny("datasources", made.id, seed.CORA[0], "Connect")
    with refused("403032"):
        data(connect(live, *seed.CORA), views["By Region"])
    assert answer(connect(live, *seed.GRACE), views["By Region"]) == total(ROWS, ["region"])

    other = sheets.orders(40, seed=5)
    source(sheets.datasource(), rows=other, mode="Overwrite")
    assert answer(tsc, views["By Region"]) == total(other, ["region"])


def test_the_refreshed_extract_of_a_published_data_source(tsc, publish, source, tmp_path):
    made = source(sheets.datasource(extract=True))
    view = publish(sheets.workbook([BY_REGION], published=made.content_url), rows=None)["By Region"]
    with refused("400080"):
        data(tsc, view)
    tsc.jobs.wait_for_job(tsc.datasources.refresh(made.id), timeout=60)
    assert answer(tsc, view) == total(ROWS, ["region"])
    # What is appended is a further part of it.
    more = sheets.orders(25, seed=7)
    path = tmp_path / "more.tdsx"
    path.write_bytes(sheets.packed(sheets.datasource(), more))
    item = TSC.DatasourceItem(project_id=made.project_id, name=made.name)
    tsc.jobs.wait_for_job(tsc.datasources.publish(item, str(path), "Append", as_job=True), timeout=60)
    assert answer(tsc, view) == total(ROWS + more, ["region"])


def test_credentials_in_the_workbook_stand_for_its_owner(live, tsc, publish, source, deny):
    made = source(sheets.datasource())
    deny("datasources", made.id, seed.VERA[0], "Connect")
    document, vera = sheets.workbook([BY_REGION], published=made.content_url), connect(live, *seed.VERA)
    view = publish(document, rows=None, show_tabs=True)["By Region"]
    with refused("403032"):
        data(vera, view)
    tsc.workbooks.populate_connections(book := tsc.workbooks.get_by_id(view.workbook_id))
    (found,) = book.connections
    found.username, found.password, found.embed_password = ADMIN, "any", True
    tsc.workbooks.update_connection(book, found)
    assert answer(vera, view) == total(ROWS, ["region"])


def test_filters_of_a_published_data_source_hold(live, tsc, publish, source):
    mine = {"is mine": "USERNAME() = 'grace' AND [region] = 'South'"}
    made = source(sheets.datasource(calculations=mine, filters=sheets.only("is mine", source="federated.0tds")))
    # A workbook that calls everything one's own.
    document = sheets.workbook([BY_REGION], published=made.content_url, calculations={"is mine": "TRUE"})
    view = publish(document, rows=None, show_tabs=True)["By Region"]
    assert answer(tsc, view) == {}
    assert answer(connect(live, *seed.GRACE), view) == {("South",): total(ROWS, ["region"])["South",]}


def test_a_published_data_source_that_is_gone(tsc, publish):
    view = publish(sheets.workbook([BY_REGION], published="NoSuchSource"), rows=None)["By Region"]
    with refused("400080") as caught:
        data(tsc, view)
    assert "NoSuchSource" in caught.value.detail


# What is not supported, and what cannot be read


def test_what_is_not_supported_says_so(tsc, publish):
    document = sheets.workbook([BY_REGION]).replace(b"class='textscan'", b"class='saphana'")
    view = publish(document)["By Region"]
    with pytest.raises(InternalServerError) as caught:
        data(tsc, view)
    assert "501000" in str(caught.value) and "saphana" in str(caught.value)


def test_a_file_that_is_missing(tsc, publish):
    view = publish(sheets.workbook([BY_REGION]), rows=None)["By Region"]
    with refused("400080") as caught:
        data(tsc, view)
    assert "orders.csv" in caught.value.detail


# Many at once


def test_fifty_ask_twenty_views_at_once(live, tsc, publish):
    shown = [
        Sheet(f"Sheet {at}", rows=[("region", "None")], text=[("amount", "Sum")], view=sheets.only("units", str(at % 9 + 1)))
        for at in range(20)
    ]
    views = publish(sheets.workbook(shown))
    expected = [total([row for row in ROWS if row.units == at % 9 + 1], ["region"]) for at in range(20)]
    token = tsc.auth_token

    def ask(number: int) -> bool:
        server = TSC.Server(live.url)
        server.version = tsc.version
        server._set_auth(tsc.site_id, tsc.user_id, token)
        return answer(server, views[f"Sheet {number % 20}"]) == expected[number % 20]

    with ThreadPoolExecutor(50) as pool:
        assert all(pool.map(ask, range(200)))


def test_answers_are_as_old_as_they_may_be(binary, tmp_path):
    """Rows of a file outside of the package change unseen, until an answer of the age that is asked for is too old."""
    file = tmp_path / "orders.csv"
    file.write_bytes(sheets.text(ROWS))
    document = sheets.workbook([BY_REGION]).replace(b"directory='Data'", f"directory='{tmp_path}'".encode())
    arguments = ("--ephemeral", "--admin-name", ADMIN, "--data-folders", str(tmp_path))
    with Vivant(binary, None, *arguments, env={"VIVANT_ADMIN_PASSWORD": ADMIN_PASSWORD}) as server:
        tsc = connect(server, ADMIN, ADMIN_PASSWORD)
        (place,) = [one.id for one in TSC.Pager(tsc.projects) if one.name == "Default"]
        made = tsc.workbooks.publish(TSC.WorkbookItem(project_id=place, name="Live"), io.BytesIO(document), "CreateNew")
        tsc.workbooks.populate_views(made)
        (view,) = made.views

        def pass_minutes(minutes: int) -> None:
            header = {"X-Tableau-Auth": tsc.auth_token}
            now = datetime.datetime.fromisoformat(requests.get(server.url + "/vivant/clock", headers=header).text.strip())
            moment = (now + datetime.timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
            assert requests.put(server.url + "/vivant/clock", data=moment, headers=header).status_code == 200

        before, rows = total(ROWS, ["region"]), sheets.orders(20, seed=9)
        assert answer(tsc, view) == before
        file.write_bytes(sheets.text(rows))
        assert answer(tsc, view) == before
        pass_minutes(5)
        assert answer(tsc, view, maxage=60) == before
        assert answer(tsc, view, maxage=2) == total(rows, ["region"])
        assert answer(tsc, view) == total(rows, ["region"])


def test_a_view_that_takes_too_long(binary):
    """A database that never answers: the question ends after its time, and the server goes on."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        arguments = ("--ephemeral", "--admin-name", ADMIN, "--query-seconds", "1")
        with Vivant(binary, None, *arguments, env={"VIVANT_ADMIN_PASSWORD": ADMIN_PASSWORD}) as server:
            tsc = connect(server, ADMIN, ADMIN_PASSWORD)
            (place,) = [one.id for one in TSC.Pager(tsc.projects) if one.name == "Default"]
            named = f"class='postgres' server='127.0.0.1' port='{port}' dbname='sales' username='reader'".encode()
            document = sheets.workbook([BY_REGION]).replace(b"class='textscan'", named)
            document = document.replace(b" password='' server=''", b"")
            item = TSC.WorkbookItem(project_id=place, name="Silent")
            one = TSC.ConnectionItem()
            one.server_address, one.server_port = "127.0.0.1", str(port)
            one.connection_credentials = TSC.ConnectionCredentials("reader", "secret", embed=True)
            made = tsc.workbooks.publish(item, io.BytesIO(document), "CreateNew", connections=[one])
            tsc.workbooks.populate_views(made)
            with pytest.raises(InternalServerError) as caught:
                data(tsc, made.views[0])
            assert "503000" in str(caught.value) and "1 seconds" in str(caught.value)
            assert len(list(TSC.Pager(tsc.workbooks))) == 1


def test_no_time_to_compute_is_refused(binary):
    failed = subprocess.run(
        [str(binary), "serve", "--ephemeral", "--query-seconds", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert failed.returncode != 0 and "--query-seconds" in failed.stderr
