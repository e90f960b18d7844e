"""Builds the sample workbooks. Standard library only; the same bytes every time.

    python3 samples/build.py            # writes the samples
    python3 samples/build.py --check    # fails if a committed sample differs from what would be written
"""

import io
import os
import re
import sys
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from books import flights, office, penguins  # noqa: E402
from kit.workbook import pack, source_file  # noqa: E402


def data(name):
    with open(os.path.join(HERE, "data", name), "rb") as file:
        return file.read()


def file_stem(sheet):
    return re.sub(r"[^a-z0-9]+", "-", sheet.lower()).strip("-")


def thumbnails(workbook):
    """The committed pictures of a workbook, by sheet: `thumbnails/<workbook>/<sheet>.png`."""
    folder = os.path.join(HERE, "thumbnails", file_stem(workbook))

    class Pictures(dict):
        def fill(self, names):
            for name in names:
                path = os.path.join(folder, f"{file_stem(name)}.png")
                if os.path.exists(path):
                    with open(path, "rb") as file:
                        self[name] = file.read()

    return Pictures()


def with_thumbnails(name, make):
    pictures = thumbnails(name)
    workbook = make(pictures)
    pictures.fill([item.name for item in (*workbook.dashboards, *workbook.stories, *workbook.sheets)])
    workbook.thumbnails = pictures
    return workbook


def workbooks():
    return {
        "Palmer Penguins.twbx": with_thumbnails("Palmer Penguins", lambda pictures: penguins.build(data, pictures)),
        "Flights from New York.twbx": with_thumbnails("Flights from New York", lambda pictures: flights.build(data, pictures)),
        "Office Supplies.twbx": with_thumbnails("Office Supplies", lambda pictures: office.build(data, pictures)),
        "Penguins.twb": with_thumbnails("Penguins", penguins.build_published),
    }


def samples():
    """Every sample: file name to bytes."""
    made = {
        name: workbook.package() if name.endswith(".twbx") else workbook.xml() for name, workbook in workbooks().items()
    }
    source = penguins.published_source("Data/Penguins")
    made["Penguins.tdsx"] = pack([("Penguins.tds", source_file(source)), ("Data/Penguins/penguins.csv", data("penguins.csv"))])
    source = office.extract_source()
    made["Office Supplies Extract.tdsx"] = pack([
        ("Office Supplies Extract.tds", source_file(source)), (source.extract, data("orders.hyper")),
    ])
    return made


def content(name, raw):
    """What counts: the members of a package (its compression may differ between versions of zlib), or the bytes."""
    if not name.endswith("x"):
        return raw
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return [(info.filename, info.date_time, archive.read(info)) for info in archive.infolist()]


def main(arguments):
    check = arguments == ["--check"]
    if arguments and not check:
        sys.exit(__doc__)
    stale = []
    for name, raw in samples().items():
        path = os.path.join(HERE, name)
        if not check:
            with open(path, "wb") as file:
                file.write(raw)
            print(f"{name}: {len(raw):,} bytes")
            continue
        try:
            with open(path, "rb") as file:
                same = content(name, file.read()) == content(name, raw)
        except (OSError, zipfile.BadZipFile):
            same = False
        if not same:
            stale.append(name)
    if stale:
        sys.exit(f"not what samples/build.py writes: {', '.join(stale)}; run it and commit the result")
    if check:
        print("all samples are up to date")


if __name__ == "__main__":
    main(sys.argv[1:])
