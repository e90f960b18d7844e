"""The tests of Tableau's own tabcmd once more, with ours in its place and under its name."""

import pytest

from test_tabcmd import *  # noqa: F403


@pytest.fixture(scope="module")
def tabcmd_program(client_binary, tmp_path_factory):
    """Our program, started as `tabcmd`."""
    link = tmp_path_factory.mktemp("bin") / "tabcmd"
    link.symlink_to(client_binary)
    return link
