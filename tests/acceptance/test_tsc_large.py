"""A 200 MB workbook through the unmodified tableauserverclient: upload in chunks, download, compare."""

import pytest
import tableauserverclient as TSC

from conftest import ADMIN, ADMIN_PASSWORD
from support import content
from support.tsc import connect

MEGABYTES = 200


@pytest.mark.slow
def test_200_megabytes_up_and_down(new_server, tmp_path):
    path = tmp_path / "Big.twbx"
    hash_of_file = content.big_twbx(path, MEGABYTES)
    with new_server(seeded=False) as live:
        tsc = connect(live, ADMIN, ADMIN_PASSWORD)
        default = next(iter(tsc.projects.filter(name="Default")))
        idle = live.peak_memory()

        book = tsc.workbooks.publish(TSC.WorkbookItem(project_id=default.id, name="Big"), str(path), "CreateNew")
        tsc.workbooks.populate_views(book)
        assert [view.name for view in book.views] == ["Big"]
        assert tsc.workbooks.get_by_id(book.id).size in (MEGABYTES, MEGABYTES + 1)

        saved = tsc.workbooks.download(book.id, str(tmp_path / "saved"))
        assert content.sha256_of(saved) == hash_of_file

        # Neither way passes through memory; one chunk is 50 MB.
        grown = live.peak_memory() - idle
        assert grown < 48 << 20, f"memory grew by {grown >> 20} MiB"

        # Chunks as an overwrite, from a file object.
        with open(path, "rb") as file:
            again = tsc.workbooks.publish(TSC.WorkbookItem(project_id=default.id, name="Big"), file, "Overwrite")
        assert again.id == book.id
        tsc.workbooks.delete(book.id)
