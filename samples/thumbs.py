"""Draws the pictures in `thumbnails/`, which `build.py` puts into the workbooks. The results are committed.

    python3 samples/thumbs.py STATES.json [WORKBOOK ...]

Needs the packages matplotlib, pandas and pillow, and `states-10m.json` of the npm package us-atlas (shapes of the US
Census Bureau, public domain) for the maps. The pictures are drawn from the data with the colours of the sheets; they
are no screenshots of Tableau.
"""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from build import file_stem, workbooks  # noqa: E402
from draw import boards, flights, maps, office, penguins  # noqa: E402


def main(arguments):
    if not arguments:
        sys.exit(__doc__)
    maps.load_states(arguments[0])
    draws = {
        "Palmer Penguins": penguins.penguin_sheets, "Penguins": penguins.published_sheets, "Flights from New York": flights.flight_sheets, "Office Supplies": office.office_sheets,
    }
    for workbook in workbooks().values():
        if arguments[1:] and workbook.name not in arguments[1:]:
            continue
        sheets = draws[workbook.name]()
        folder = os.path.join(HERE, "thumbnails", file_stem(workbook.name))
        for sheet in workbook.sheets:
            boards.draw_sheet(sheets[sheet.name], os.path.join(folder, f"{file_stem(sheet.name)}.png"))
        for board in workbook.dashboards:
            boards.draw_dashboard(board, sheets, os.path.join(folder, f"{file_stem(board.name)}.png"))
        for story in workbook.stories:
            boards.draw_story(story, sheets, workbook.dashboards, os.path.join(folder, f"{file_stem(story.name)}.png"))
        print(f"{workbook.name}: {len(os.listdir(folder))} pictures")


if __name__ == "__main__":
    main(sys.argv[1:])
