"""Pictures of views with the unmodified tableauserverclient: images, pages, slides and previews."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import tableauserverclient as TSC

from support import pdfs, pictures, seed, sheets, slides
from support.rest import element, ts_request
from support.server import wait_until
from support.sheets import Sheet
from support.tsc import connect, refused

ROWS = sheets.orders()
BY_REGION = Sheet("By Region", rows=[("region", "None")], text=[("amount", "Sum")])
BY_CUSTOMER = Sheet("By Customer", rows=[("customer", "None")], text=[("scaled", "Sum")])
SCALED = {"scaled": "[amount] * [Parameters].[Parameter 1]"}
SAMPLES = Path(__file__).resolve().parents[2] / "samples"


@pytest.fixture
def publish(tsc, project, name):
    """Publishes a workbook and returns it with its views by name."""

    def publish(
        data: bytes, mode: str = "CreateNew", hidden: tuple[str, ...] = (), **options
    ) -> tuple[TSC.WorkbookItem, dict[str, TSC.ViewItem]]:
        item = TSC.WorkbookItem(project_id=project, name=name, **options)
        item.hidden_views = list(hidden)
        made = tsc.workbooks.publish(item, io.BytesIO(data), mode)
        tsc.workbooks.populate_views(made)
        return made, {view.name: view for view in made.views}

    return publish


@pytest.fixture
def book(publish):
    document = sheets.workbook([BY_REGION, BY_CUSTOMER], calculations=SCALED, parameters=sheets.PARAMETER)
    return publish(sheets.packed(document, ROWS), show_tabs=True)


def asked(options, filters: dict[str, str] = {}, parameters: dict[str, str] = {}):
    for field, value in filters.items():
        options.vf(field, value)
    for parameter, value in parameters.items():
        options.parameter(parameter, value)
    return options


def image(server: TSC.Server, view: TSC.ViewItem, filters: dict = {}, parameters: dict = {}, **options) -> bytes:
    server.views.populate_image(view, asked(TSC.ImageRequestOptions(**options), filters, parameters))
    return view.image


def pages(server: TSC.Server, view: TSC.ViewItem, filters: dict = {}, parameters: dict = {}, **options) -> pdfs.Read:
    server.views.populate_pdf(view, asked(TSC.PDFRequestOptions(**options), filters, parameters))
    return pdfs.read(view.pdf)


# Images


def test_images_have_the_width_of_the_reference(tsc, book):
    _, views = book
    view = views["By Region"]
    width, height = pictures.size(image(tsc, view))
    assert width == 784
    high = pictures.size(image(tsc, view, imageresolution=TSC.ImageRequestOptions.Resolution.High))
    assert high[0] == 1568 and abs(high[1] - 2 * height) <= 1
    assert pictures.size(image(tsc, view, viz_width=500, viz_height=300)) == (500, 300)


def test_images_show_what_is_asked(tsc, book):
    _, views = book
    whole = image(tsc, views["By Region"])
    north = image(tsc, views["By Region"], {"Region": "North"})
    assert pictures.size(north)[1] < pictures.size(whole)[1], "there are fewer lines"
    assert image(tsc, views["By Region"], {"Region": "North"}) == north
    assert image(tsc, views["By Region"]) == whole
    single = image(tsc, views["By Customer"])
    assert image(tsc, views["By Customer"], parameters={"Factor": "2"}) != single


def test_images_as_svg(rest, book):
    _, views = book
    path = f"/sites/{{site}}/views/{views['By Region'].id}/image"
    answer = rest.under("3.29").get(path, params={"format": "svg", "vf_Region": "North"}).ok(200)
    assert answer.headers["Content-Type"] == "image/svg+xml"
    text = answer.content.decode()
    assert text.startswith("<svg") and ">North<" in text and ">South<" not in text
    rest.under("3.28").get(path, params={"format": "SVG"}).refused(400, "400008")
    assert rest.under("3.28").get(path, params={"format": "PNG"}).ok(200).headers["Content-Type"] == "image/png"


def test_images_and_pages_in_other_languages(tsc, rest, publish):
    by_month = Sheet("By Month", rows=[("day", "Month")], text=[("amount", "Avg")])
    made, views = publish(sheets.packed(sheets.workbook([by_month]), ROWS), show_tabs=True)
    path = f"/sites/{{site}}/views/{views['By Month'].id}/image"

    def svg(**params: str) -> str:
        return rest.under("3.29").get(path, params={"format": "svg", **params}).ok(200).content.decode()

    english, german, japanese = svg(), svg(language="de"), svg(language="ja_JP")
    assert ">January<" in english and ">Januar<" in german and ">1月<" in japanese
    assert svg(language="en_US") == english and svg() == english, "what is remembered is of one language"
    rest.under("3.29").get(path, params={"language": "tlh"}).refused(400, "400008")
    assert image(tsc, views["By Month"]) != rest.get(path, params={"language": "fr"}).ok(200).content
    for under in (f"views/{views['By Month'].id}", f"workbooks/{made.id}"):
        answer = rest.under("3.29").get(f"/sites/{{site}}/{under}/pdf", params={"language": "es"}).ok(200)
        assert "enero" in pdfs.read(answer.content).pages[0]


# Pages


def test_pages_have_words_that_can_be_found(tsc, book):
    _, views = book
    read = pages(tsc, views["By Region"])
    assert read.sizes == {(612, 792)} and len(read.pages) == 1
    for word in ("By Region", "North", "South", "West"):
        assert word in read.pages[0]
    read = pages(tsc, views["By Region"], {"Region": "North,West"})
    assert "North" in read.pages[0] and "West" in read.pages[0] and "South" not in read.pages[0]


def test_pages_have_the_size_of_their_paper(tsc, book):
    _, views = book
    kinds, ways = TSC.PDFRequestOptions.PageType, TSC.PDFRequestOptions.Orientation
    for page_type, orientation, size in (
        (kinds.A4, ways.Landscape, (842, 595)),
        (kinds.Legal, ways.Portrait, (612, 1008)),
        (kinds.Tabloid, ways.Landscape, (1224, 792)),
    ):
        assert pages(tsc, views["By Region"], page_type=page_type, orientation=orientation).sizes == {size}
    loose = pages(tsc, views["By Region"], page_type=kinds.Unspecified, viz_width=800, viz_height=400)
    assert loose.sizes == {(672, 372)}


def test_a_workbook_has_a_page_for_each_view_shown(tsc, publish):
    document = sheets.workbook([BY_REGION, BY_CUSTOMER, Sheet("Secret")], calculations=SCALED, parameters=sheets.PARAMETER)
    made, _ = publish(sheets.packed(document, ROWS), show_tabs=True, hidden=("Secret",))
    tsc.workbooks.populate_pdf(made, asked(TSC.PDFRequestOptions(page_type="A5"), {"Region": "South"}))
    read = pdfs.read(made.pdf)
    assert read.sizes == {(420, 595)}
    first, second = read.pages
    assert "By Region" in first and "South" in first and "North" not in first
    assert "By Customer" in second and "Ann" in second


def test_a_view_that_cannot_be_drawn_has_a_page_that_says_why(tsc, publish):
    broken = Sheet("Broken", rows=[("region", "None")], text=[("odd", "Sum")])
    document = sheets.workbook([BY_REGION, broken], calculations={"odd": "SCRIPT_REAL('1', [amount])"})
    made, views = publish(sheets.packed(document, ROWS), show_tabs=True)
    with pytest.raises(Exception):
        image(tsc, views["Broken"])
    tsc.workbooks.populate_pdf(made)
    first, second = pdfs.read(made.pdf).pages
    assert "North" in first and "Broken" in second and "cannot be shown" in second


# Slides


def test_slides_have_titles_and_pictures(tsc, book):
    made, _ = book
    tsc.workbooks.populate_powerpoint(made)
    found = slides.read(made.powerpoint)
    assert [slide.title for slide in found] == ["By Region", "By Customer"]
    for slide in found:
        (picture,) = slide.pictures
        assert pictures.size(picture)[0] == 1568


# Rights


def test_pictures_need_their_permission(live, tsc, rest, book):
    made, views = book
    (user,) = [one.id for one in TSC.Pager(tsc.users) if one.name == seed.GRACE[0]]
    grace = connect(live, *seed.GRACE)
    assert image(grace, views["By Region"]) == image(tsc, views["By Region"])
    rule = element("capabilities", element("capability", name="ExportImage", mode="Deny"))
    body = ts_request(element("permissions", element("granteeCapabilities", [element("user", id=user), rule])))
    rest.put(f"/sites/{{site}}/workbooks/{made.id}/permissions", body).ok(200)
    with refused("403004"):
        image(grace, views["By Region"])
    for ask in (
        lambda: pages(grace, views["By Region"]),
        lambda: (grace.workbooks.populate_pdf(made), made.pdf),
        lambda: (grace.workbooks.populate_powerpoint(made), made.powerpoint),
    ):
        with refused("403032"):
            ask()


def test_everybody_sees_their_own_picture(live, tsc, publish):
    mine = {"is mine": "(USERNAME() = 'ada' AND [region] = 'North') OR USERNAME() = 'admin'"}
    document = sheets.workbook([BY_REGION], calculations=mine, filters=sheets.only("is mine"))
    made, views = publish(sheets.packed(document, ROWS), show_tabs=True)
    ada = connect(live, *seed.ADA)
    for _ in range(2):
        assert "South" in pages(tsc, views["By Region"]).pages[0]
        found = pages(ada, views["By Region"]).pages[0]
        assert "North" in found and "South" not in found
    # A preview would be the same for all.
    with refused("404003"):
        tsc.views.populate_preview_image(views["By Region"])
        views["By Region"].preview_image


# Previews


def preview(server: TSC.Server, view: TSC.ViewItem) -> bytes:
    server.views.populate_preview_image(view)
    return view.preview_image


def test_previews_are_drawn_where_the_file_has_none(tsc, publish):
    saved = pictures.png(9, 9)
    document = sheets.workbook([BY_REGION, Sheet("Other", rows=[("customer", "None")], text=[("amount", "Sum")])])
    document = pictures.with_thumbnails(document, {"Other": saved})
    made, views = publish(sheets.packed(document, ROWS), show_tabs=True)
    drawn = preview(tsc, views["By Region"])
    assert pictures.size(drawn)[0] == 384
    assert preview(tsc, views["By Region"]) == drawn
    assert preview(tsc, views["Other"]) == saved
    # Other rows, another picture.
    fewer = [row for row in ROWS if row.region == "North"]
    again, views = publish(sheets.packed(document, fewer), mode="Overwrite", show_tabs=True)
    assert preview(tsc, views["By Region"]) != drawn
    tsc.workbooks.populate_preview_image(again)
    assert pictures.size(again.preview_image)[0] in (9, 384)


def test_previews_are_drawn_anew_after_a_refresh(tsc, publish):
    saved = pictures.png(9, 9)
    document = pictures.with_thumbnails(sheets.workbook([BY_REGION], extract=True), {"By Region": saved})
    made, views = publish(sheets.packed(document, ROWS), show_tabs=True)
    assert preview(tsc, views["By Region"]) == saved
    tsc.jobs.wait_for_job(tsc.workbooks.refresh(made), timeout=60)
    found = wait_until(
        lambda: new if (new := preview(tsc, views["By Region"])) != saved else None, 60, "another preview"
    )
    assert pictures.size(found)[0] == 384


def test_previews_follow_the_published_data_source(tsc, publish, project, name, tmp_path):
    """Refreshed, or appended to, or published anew, the source changes the pictures of the workbooks that read it."""
    path = tmp_path / "orders.tdsx"
    item = TSC.DatasourceItem(project_id=project, name=f"{name} source")

    def source(rows, mode: str, **options):
        path.write_bytes(sheets.packed(sheets.datasource(extract=True), rows))
        return tsc.datasources.publish(item, str(path), mode, **options)

    made = source(ROWS, "CreateNew")
    tsc.jobs.wait_for_job(tsc.datasources.refresh(made.id), timeout=60)
    _, views = publish(sheets.workbook([BY_REGION], published=made.content_url), show_tabs=True)
    view = views["By Region"]
    saved = preview(tsc, view)
    assert pictures.size(saved)[0] == 384

    def changed() -> bytes:
        return wait_until(lambda: new if (new := preview(tsc, view)) != saved else None, 60, "another preview")

    tsc.jobs.wait_for_job(source(sheets.orders(25, seed=7), "Append", as_job=True), timeout=60)
    saved = changed()
    # A refresh reads the published file alone again.
    tsc.jobs.wait_for_job(tsc.datasources.refresh(made.id), timeout=60)
    changed()


# Samples


@pytest.mark.parametrize("sample", ["Palmer Penguins", "Flights from New York", "Office Supplies"])
def test_samples(tsc, publish, sample):
    """Everything that the client asks of a workbook and its views, on the samples."""
    made, views = publish((SAMPLES / f"{sample}.twbx").read_bytes(), show_tabs=True)
    tsc.workbooks.populate_pdf(made, TSC.PDFRequestOptions(page_type="unspecified"))
    read = pdfs.read(made.pdf)
    assert len(read.pages) == len(views)
    for page in read.pages:
        assert page and "cannot be shown" not in page
    field, member = {
        "Palmer Penguins": ("Island", "Biscoe"),
        "Flights from New York": ("Origin", "JFK"),
        "Office Supplies": ("Region", "West"),
    }[sample]
    first = next(iter(views.values()))
    assert pictures.size(image(tsc, first))[0] >= 784
    assert pictures.size(image(tsc, first, {field: member}))[0] >= 784
    assert len(pages(tsc, first, {field: member}).pages) == 1
    assert pictures.size(preview(tsc, first))
    for ask, kind in ((tsc.views.populate_csv, "csv"), (tsc.views.populate_excel, "excel")):
        ask(first, asked(TSC.CSVRequestOptions() if kind == "csv" else TSC.ExcelRequestOptions(), {field: member}))
        assert b"".join(getattr(first, kind))
    if sample == "Palmer Penguins":  # The others take long to draw at twice the pixels.
        tsc.workbooks.populate_powerpoint(made)
        assert [slide.title for slide in slides.read(made.powerpoint)] == list(views)
