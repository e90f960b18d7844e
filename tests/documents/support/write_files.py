"""Writes spatial and statistical files into the folder that is named; runs in the environment of scripts/files-env."""

from __future__ import annotations

import datetime
import sys
import zipfile
from pathlib import Path

import pandas
import pyreadr
import pyreadstat
import shapefile

# What the table of people holds, in the order of its columns.
PEOPLE = pandas.DataFrame(
    {
        "id": [1.0, 2.0, 3.0, 4.0],
        "name": ["Zoë", "Bob", "", "a much longer name than the others " * 12],
        "height": [1.75, None, -2.5, 250.0],
        "born": [datetime.date(1970, 1, 1), datetime.date(2024, 2, 29), None, datetime.date(1899, 12, 31)],
        "seen": pandas.to_datetime(["2024-03-01 10:20:30", None, "1969-12-31 23:59:59", "2000-01-01 00:00:00"]),
    }
)
UTM = (
    'PROJCS["WGS_1984_UTM_Zone_33N",GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],'
    'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],'
    'PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",15.0],'
    'PARAMETER["Scale_Factor",0.9996],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
)


def statistics(folder: Path) -> None:
    for name, packed in (("people.sav", False), ("packed.zsav", True)):
        pyreadstat.write_sav(PEOPLE, str(folder / name), compress=packed)
    frame = PEOPLE.assign(born=pandas.to_datetime(PEOPLE["born"]))
    pyreadr.write_rds(str(folder / "people.rds"), frame, compress="gzip")
    pyreadr.write_rdata(str(folder / "people.rdata"), frame, df_name="people")


def shapes(folder: Path) -> None:
    with shapefile.Writer(str(folder / "places"), shapeType=shapefile.POLYGON, encoding="utf-8") as writer:
        writer.field("NAME", "C", size=40)
        writer.field("COUNT", "N", size=9)
        writer.field("SHARE", "N", size=12, decimal=3)
        writer.field("SINCE", "D")
        writer.field("OPEN", "L")
        square = [[500000, 0], [500000, 100000], [600000, 100000], [600000, 0], [500000, 0]]
        hole = [[520000, 20000], [540000, 20000], [540000, 40000], [520000, 40000], [520000, 20000]]
        writer.poly([square, hole])
        writer.record("Zürich", 12, 0.125, datetime.date(2024, 2, 29), True)
        writer.null()
        writer.record("nowhere", None, None, None, None)
    (folder / "places.prj").write_text(UTM)
    (folder / "places.cpg").write_text("UTF-8")
    with zipfile.ZipFile(folder / "places.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for extension in ("shp", "dbf", "prj", "cpg", "shx"):
            archive.write(folder / f"places.{extension}", f"inside/places.{extension}")


if __name__ == "__main__":
    target = Path(sys.argv[1])
    statistics(target)
    shapes(target)
