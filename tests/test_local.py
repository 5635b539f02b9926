"""The local Langflow is managed in a terminal."""

from pathlib import Path

import pytest

from lfclient.console.local_langflow.manager import LocalLangflow
from lfclient.local import main


def test_the_terminal_uses_the_data_folder_of_the_console(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LFCONSOLE_DATA_DIR", raising=False)
    (tmp_path / ".env").write_text(f"LFCONSOLE_DATA_DIR={tmp_path / 'data'}\n")
    folder = LocalLangflow(tmp_path / "data").folder
    folder.mkdir(parents=True)
    (folder / "langflow.log").write_text("a line of this log\n")

    assert main(["logs"]) == 0
    assert "a line of this log" in capsys.readouterr().out


def test_the_terminal_does_not_read_settings_that_it_does_not_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("LFCONSOLE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("LANGFLOW_SERVER_URL", "ftp://nowhere")
    monkeypatch.setenv("LFCONSOLE_KEEP_DAYS", "some")
    assert main(["status"]) == 3
    assert "absent" in capsys.readouterr().out


@pytest.mark.parametrize("lines", ["0", "-5", "many"])
def test_the_terminal_shows_at_least_one_line_of_the_log(
    lines: str, capsys: pytest.CaptureFixture[str]
):
    with pytest.raises(SystemExit):
        main(["logs", "--lines", lines])
    assert "must be a whole number of at least 1" in capsys.readouterr().err
