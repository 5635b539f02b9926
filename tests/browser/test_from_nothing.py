"""The README's first command, in a fresh clone and environment without configuration."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import uv
from playwright.sync_api import expect

from tests.browser.accessibility import check
from tests.browser.screen import Screen
from tests.support.console_process import ROOT, Console
from tests.support.model_server import ModelServer

pytestmark = pytest.mark.exhaustive
INSTALL_SECONDS = 900


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The committed files, and a virtual environment with requirements.txt.

    By uv, which takes a tenth of pip's time; CI installs by pip.
    """
    folder = tmp_path_factory.mktemp("clone") / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    install = ["pip", "install", "--python", ".venv", "-r", "requirements.txt"]
    for command in (["venv", "--python", sys.executable, ".venv"], install):
        uv_command = [uv.find_uv_bin(), "--quiet", *command]
        subprocess.run(uv_command, cwd=folder, check=True, timeout=INSTALL_SECONDS)
    return folder


@pytest.fixture(scope="module")
def ollama() -> Iterator[ModelServer]:
    with ModelServer() as server:
        yield server


@pytest.fixture(scope="module")
def fresh(
    clone: Path, ollama: ModelServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Console]:
    """A console that finds an Ollama, but no Langflow: it installs one, which the end stops."""
    environ = {"LFCONSOLE_DISCOVER_URL": "http://127.0.0.1:9", "OLLAMA_HOST": ollama.url}
    folder, python = tmp_path_factory.mktemp("fresh"), str(clone / ".venv/bin/python")
    with Console(folder, environ, script=clone / "app.py", cwd=clone, python=python) as console:
        yield console
        stop = [python, "-m", "lfclient.local", "stop"]
        subprocess.run(stop, cwd=clone, env=console.environ, check=True, timeout=60)


def test_the_first_command_installs_langflow_and_runs_and_stops_a_sample(fresh, window):
    screen = Screen(window())
    page = screen.page
    page.goto(fresh.url)
    panel = screen.part("local-langflow")
    expect(panel).to_contain_text("MB to download")
    expect(panel).to_contain_text("minutes")
    check(page)
    page.get_by_role("link", name="Connection").first.click()
    expect(page.get_by_role("heading", name="Connection")).to_be_visible()
    page.get_by_role("link", name="Run").first.click()
    screen.part("flow-picker").wait_for(timeout=INSTALL_SECONDS * 1000)

    screen.pick("Echo", prefix="")
    page.locator("textarea").first.fill("from nothing")
    screen.run()
    screen.wait("completed")
    expect(screen.part("outputs")).to_contain_text("from nothing")
    page.get_by_role("button", name="Close", exact=True).click()
    screen.mode("Synchronous")
    screen.run()
    screen.wait("completed")
    expect(screen.part("outputs")).to_contain_text("from nothing")

    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Edit in Langflow").click()
    expect(opened.value.get_by_text("Echo chat")).to_be_visible(timeout=60_000)
    opened.value.close()

    screen.pick("Takes half", prefix="")
    screen.mode("Background")
    screen.run()
    screen.wait("running")
    screen.stop()
    screen.wait("stopped")


def test_an_ollama_of_this_machine_is_used_after_one_press(fresh, ollama, window):
    screen = Screen(window())
    page = screen.page
    page.goto(fresh.url)
    screen.part("flow-picker").wait_for(timeout=INSTALL_SECONDS * 1000)
    page.get_by_role("link", name="Connection").first.click()
    expect(page.get_by_text("Ollama is running here")).to_be_visible()
    page.get_by_role("button", name="Use it").click()
    expect(page.get_by_text("Ollama’s models can be chosen")).to_be_visible()
    check(page)
    page.get_by_role("link", name="Run").first.click()
    screen.add_template("Simple Agent")
    box = screen.part("setup").get_by_role("combobox").first
    box.fill("llama3.2")
    box.press("Enter")
    screen.drawn()
    page.locator("textarea").first.fill("Say hello")
    screen.run()
    expect(screen.part("outputs")).to_contain_text("llama3.2:latest says: Say hello")
    assert [asked.body["model"] for asked in ollama.chats()] == ["llama3.2:latest"]
