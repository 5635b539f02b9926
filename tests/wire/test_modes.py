"""The table of run modes."""

import pytest

from lfclient import ServerInfo
from lfclient.console.wording.hints import MODE_HELP
from lfclient.wire.modes import MODES, Mode


def test_every_mode_has_a_row_and_a_help_text():
    assert MODES.keys() == MODE_HELP.keys() == set(Mode)


@pytest.mark.parametrize(
    ("server", "modes"),
    [
        (ServerInfo("1.8.4", "inputs"), ["background", "sync"]),
        (ServerInfo("1.11.6", "modes"), ["background", "sync", "stream"]),
        (ServerInfo("unreadable", "modes"), ["background", "sync", "stream"]),
    ],
)
def test_streamed_mode_came_with_1_11(server: ServerInfo, modes: list[str]):
    assert [mode for mode in Mode if server.has_mode(mode)] == modes
