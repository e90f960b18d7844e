"""The page of parity is what the clients as installed and the tables of the tests say, and nothing is missing in it."""

from __future__ import annotations

import pytest

from support import parity
from support.services import ROOT

PAGE = ROOT / "docs" / "parity.md"


@pytest.fixture(scope="module")
def tabcmd_rows(tabcmd_program, client_binary):
    return parity.tabcmd([str(tabcmd_program)], [str(client_binary), "tabcmd"])


def test_no_method_of_tableauserverclient_is_missing():
    assert len(parity.methods_of_tsc()) > 300
    assert parity.missing(parity.tsc()) == []


def test_no_command_or_flag_of_tabcmd_is_missing(tabcmd_rows):
    assert len(tabcmd_rows) > 100
    assert parity.missing(tabcmd_rows) == []


def test_nothing_of_tableau_tools_is_missing():
    rows = parity.tools()
    assert len(rows) > 150
    assert parity.missing(rows) == []


def test_every_proof_is_there():
    folder = ROOT / "tests" / "acceptance"
    named = [row.proof for row in parity.tools() if row.ours]
    gone = [proof for proof in named if not ((folder / proof).is_file() or (ROOT / proof).is_file())]
    assert gone == []


def test_the_page_is_up_to_date(tabcmd_program, client_binary):
    written = parity.page([str(tabcmd_program)], [str(client_binary), "tabcmd"])
    assert PAGE.read_text() == written, "write it anew: python -m support.parity"
