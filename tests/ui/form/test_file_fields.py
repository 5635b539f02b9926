"""File fields: upload, choose on the server, enter a path, refuse and remove files."""

from __future__ import annotations

import io
import threading
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lfclient import FileRef, Unreachable
from lfclient.console.form import uploads
from lfclient.flows.model import Flow
from lfclient.resources.server_resources import ServerResources
from pages._ui.connection.request_cache import CachedResponse, StillLoading
from pages._ui.form.file_fields import LISTED, TYPED
from tests.support.flows import chat_input, entry, graph, node, text
from tests.support.waiting import wait_for
from tests.ui.support.forms import OWNER, Form, editable_node, form
from tests.ui.support.whole_pages import lacks

FILE = entry("FileInput", "file", fileTypes=["txt", "csv"])


FILES = entry("FileInput", "file", [], list=True, fileTypes=["txt", "csv"])


class Server:
    """A fake server session that records uploads and can fail them."""

    def __init__(self, *there: FileRef) -> None:
        self.there = list(there)
        self.arrived: list[tuple[str, bytes, str | None]] = []
        self.fault: Exception | None = None
        self.refreshed: list[str] = []
        self.open = threading.Event()
        self.open.set()
        self.connection = SimpleNamespace(name="Test")
        self.is_stopped = False

    def files(self) -> CachedResponse:
        if self.fault:
            raise self.fault
        return CachedResponse(self.there, 0.0)

    def upload(self, name: str, content: Any, *, server_info: Any, flow_id: Any, on_progress: Any):
        on_progress(1)
        self.open.wait(10)
        on_progress(2)
        if self.fault:
            raise self.fault
        self.arrived.append((name, content.read(), flow_id))
        return FileRef(name, str(len(self.arrived)), f"u/{len(self.arrived)}-{name}", 3)

    def refresh(self, what: str) -> None:
        self.refreshed.append(what)

    def seconds_waiting(self, *questions: str, max_wait: float = 0.0) -> float:
        return 1.0


def open_file_form(server: Server, **parameters: Any) -> Form:
    return form(editable_node(**parameters), **{"server-of-files": server})


def choose(form: Form, key: str, *files: tuple[str, bytes]) -> Form:
    found = [(name, content, "text/plain") for name, content in files]
    (uploader,) = (one for one in form.at.file_uploader if one.key.endswith(f"-{key}"))
    uploader.set_value(found if uploader.accept_multiple_files else found[0])
    return form.run()


CHAT_FILES = entry(
    "FileInput", "file", "", list=True, temp_file=True, advanced=True, fileTypes=["txt", "image"]
)


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "WAIT_SECONDS", 5)


def choose_source(form: Form, key: str, chosen: str) -> Form:
    return form.set("segmented_control", key, chosen)


def test_a_chosen_file_is_sent_once_and_its_path_is_the_value():
    server = Server()
    page = choose(open_file_form(server, path=FILE), "T-a.path", ("note.txt", b"abc")).run()
    assert server.arrived == [("note.txt", b"abc", None)]
    assert page.overrides == {"T-a.path": "u/1-note.txt"}
    assert page.result.ready
    assert server.refreshed == ["files.list"]
    assert "note.txt 3 B" in page.text().replace(":gray[", "")
    assert "u/1-note.txt" not in page.text()
    assert any("u/1-note.txt" in (line.help or "") for line in page.at.markdown)
    assert not page.at.file_uploader[0].value


def test_chosen_files_are_added_to_a_list_and_can_be_removed():
    page = choose(open_file_form(Server(), path=FILES), "T-a.path", ("a.txt", b"1"))
    assert "files attached" not in page.text()
    choose(page, "T-a.path", ("b.csv", b"2"), ("c.txt", b"3"))
    assert page.overrides == {"T-a.path": ["u/1-a.txt", "u/2-b.csv", "u/3-c.txt"]}
    assert "3 files attached" in page.text()
    page.at.button(key="remove-T-a.path-u/2-b.csv").click()
    assert page.run().overrides == {"T-a.path": ["u/1-a.txt", "u/3-c.txt"]}
    assert page.press("Remove all").overrides == {}
    assert page.result.ready


def test_a_chosen_file_replaces_stored_files_that_the_server_lacks():
    files = {**FILES, "file_path": ["x/theirs.txt", "u/mine.txt"]}
    page = form(
        editable_node(path=files),
        resources=ServerResources(files=frozenset({"u/mine.txt"})),
        **{"server-of-files": Server()},
    )
    assert "no “theirs.txt”" in page.text()
    choose(page, "T-a.path", ("a.txt", b"1")).run()
    assert page.overrides == {"T-a.path": ["u/mine.txt", "u/1-a.txt"]}
    assert "no “theirs.txt”" not in page.text()


def test_a_refused_file_shows_its_reason():
    server = Server()
    page = chat(server)
    words = "up to 1 MB. LANGFLOW_MAX_FILE_SIZE_UPLOAD"
    choose(page, "ChatInput-a.files", ("big.txt", bytes(1024 * 1024)))
    assert page.text().count(words) == 1
    assert "“big.txt”" in page.text()
    assert "Remove it or choose another file" in page.text()
    assert (server.arrived, page.result.ready) == ([], False)
    assert page.press("Remove").result.ready
    assert words not in page.text()


def test_a_refused_required_file_is_not_reported_as_missing():
    page = open_file_form(Server(), path={**FILE, "required": True})
    assert "This is required." in page.refuse().text()
    choose(page, "T-a.path", ("prog.exe", b"abc")).refuse()
    assert "This is required." not in page.text()
    assert ["exe" in problem.message for problem in page.result.problems] == [True]


def test_a_new_file_replaces_the_old_one_and_a_refused_one_blocks_the_run():
    page = choose(open_file_form(Server(), path=FILE), "T-a.path", ("note.txt", b"abc"))
    (uploader,) = page.at.file_uploader
    # the browser would reject a file without telling the console
    assert not list(uploader.proto.type)
    choose(page, "T-a.path", ("prog.exe", b"abc"))
    assert not page.result.ready
    choose(page, "T-a.path", ("right.csv", b"abc"))
    assert page.overrides == {"T-a.path": "u/2-right.csv"}
    assert page.result.ready
    assert page.press("Remove").overrides == {}


def test_an_empty_file_is_uploaded_with_a_warning_at_its_row():
    page = choose(open_file_form(Server(), path=FILES), "T-a.path", ("a.txt", b""), ("b.csv", b"1"))
    assert page.overrides == {"T-a.path": ["u/1-a.txt", "u/2-b.csv"]}
    assert page.text().count("“a.txt” is empty.") == 1
    assert page.result.ready
    shown = [each.value for each in page.at.main if each.type in ("markdown", "caption")]
    (place,) = [n for n, words in enumerate(shown) if "a\\.txt :gray" in words]
    assert "is empty" in shown[place + 1]


def test_a_failed_upload_stays_at_the_field_until_the_next():
    server = Server()
    server.fault = Unreachable("The server is away.", hint="Try later.")
    page = choose(open_file_form(server, path=FILE), "T-a.path", ("a.txt", b"1")).run()
    assert "“a.txt” was not uploaded. The server is away. Try later." in page.text()
    assert (page.overrides, page.result.ready) == ({}, False)
    server.fault = None
    choose(page, "T-a.path", ("a.txt", b"1"))
    assert (page.overrides, page.result.ready) == ({"T-a.path": "u/1-a.txt"}, True)


def test_a_run_is_blocked_by_uploads_in_progress_until_they_end_or_are_cancelled(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(uploads, "WAIT_SECONDS", 0)
    server = Server()
    server.open.clear()
    page = choose(open_file_form(server, path=FILE), "T-a.path", ("a.txt", b"1"))
    assert not page.result.ready
    assert "“a.txt” is still uploading." in [p.message for p in page.result.problems]
    (upload,) = page.at.session_state["forms"][(OWNER, page.raw["id"], "run")].entries.uploads[
        "T-a.path"
    ]
    server.open.set()
    assert upload.ended.wait(5)
    assert page.run().overrides == {"T-a.path": "u/1-a.txt"}
    server.open.clear()
    choose(page, "T-a.path", ("b.txt", b"1")).press("Cancel upload")
    server.open.set()
    assert (page.run().overrides, page.result.ready) == ({"T-a.path": "u/1-a.txt"}, True)
    assert len(server.arrived) == 1


def draw_uploads():
    """Draw two uploads, one of which ends. AppTest runs the source of this function."""
    from threading import Event
    from types import SimpleNamespace

    import streamlit as st

    from pages._ui.form import file_fields

    runs = st.session_state["runs"] = st.session_state.get("runs", 0) + 1
    uploads = [
        SimpleNamespace(name=f"{name}.txt", size=9, sent_bytes=1, ended=Event()) for name in "ab"
    ]
    uploads[0].ended.set()
    state = SimpleNamespace(entries=SimpleNamespace(uploads={"T-a.path": uploads}))
    file_fields._draw_uploading(SimpleNamespace(key="T-a.path"), state, 2 if runs == 1 else 1)


def test_the_page_is_redrawn_when_the_first_of_several_uploads_ends():
    """Else its file would be missing from the page until the last one ends."""
    assert AppTest.from_function(draw_uploads).run().session_state["runs"] == 2


def test_uploaded_files_survive_a_reload():
    choose(open_file_form(Server(), path=FILE), "T-a.path", ("../mine.txt", b"1"))
    page = open_file_form(Server(), path=FILE)
    assert page.overrides == {"T-a.path": "u/1-../mine.txt"}
    assert " mine.txt 1 B" in page.text().replace(":gray[", "")
    assert "Chosen as “../mine.txt”; renamed to a safe name." in page.text()


def test_files_on_the_server_are_offered():
    there = [FileRef(name, name, f"u/{name}", 2000) for name in ("new.csv", "old.txt", "odd.exe")]
    page = choose_source(open_file_form(Server(*there), path=FILE, more=FILES), "T-a.path", LISTED)
    box = page.find("selectbox", "T-a.path")
    assert box.options == ["new.csv · 2.0 kB", "old.txt · 2.0 kB"]
    assert "1 files of other types" in page.text()
    box.set_value("u/old.txt")
    assert page.run().overrides == {"T-a.path": "u/old.txt"}
    choose_source(page, "T-a.more", LISTED)
    page.find("multiselect", "T-a.more").set_value(["u/old.txt", "u/new.csv"])
    assert page.run().overrides["T-a.more"] == ["u/old.txt", "u/new.csv"]


def test_only_the_newest_of_many_files_are_offered():
    there = [FileRef(f"{n}.txt", str(n), f"u/{n}.txt", 1) for n in range(310)]
    page = choose_source(open_file_form(Server(*there), path=FILE), "T-a.path", LISTED)
    assert len(page.find("selectbox", "T-a.path").options) == 300
    assert "10 older files" in page.text()


@pytest.mark.parametrize("fault", [StillLoading("files"), Unreachable("away")])
def test_a_server_without_a_file_list_blocks_nothing(fault: Exception):
    server = Server()
    server.fault = fault
    page = choose_source(open_file_form(server, path=FILE), "T-a.path", LISTED)
    assert "Waiting for Test" in page.text() or "away" in page.text()
    assert page.result.ready


def test_paths_can_be_typed():
    page = open_file_form(Server(), path=FILES, one=FILE)
    choose(page, "T-a.path", ("a.txt", b"1"))
    choose_source(page, "T-a.path", TYPED)
    box = page.find("text_area", "T-a.path")
    assert box.value == "u/1-a.txt"
    box.set_value("u/1-a.txt\nu/other.exe")
    choose_source(page, "T-a.one", TYPED).set("text_input", "T-a.one", "u/typed.txt")
    paths = {"T-a.path": ["u/1-a.txt", "u/other.exe"], "T-a.one": "u/typed.txt"}
    assert page.overrides == paths
    assert "has the type exe" in page.text()
    assert page.result.ready


def test_reset_forgets_files():
    server = Server()
    page = choose(open_file_form(server, path=FILES), "T-a.path", ("a.txt", b"1"))
    server.fault = Unreachable("away")
    choose(page, "T-a.path", ("b.txt", b"1"))
    page.press("Reset")
    assert (page.overrides, page.result.ready) == ({}, True)


def chat(server: Server) -> Form:
    """Return a form whose chat input takes files, with its attachments open."""
    box = chat_input()
    box["data"]["node"]["template"]["files"] = CHAT_FILES
    page = form(box, **{"server-of-files": server})
    key = f"open-files-{OWNER[:12]}-{page.raw['id']}-ChatInput-a"
    page.at.session_state[key] = True
    return page.run()


def test_chat_images_are_added_in_an_expander():
    server = Server()
    page = chat(server)
    assert "Changed" not in page.text()
    choose(page, "ChatInput-a.files", ("pixel.png", b"png"), ("a.txt", b"1"))
    assert [flow_id for *_, flow_id in server.arrived] == [page.raw["id"]] * 2
    assert page.overrides["ChatInput-a.files"] == ["u/1-pixel.png", "u/2-a.txt"]
    assert page.result.ready
    assert page.at.expander[0].label == "Attachments"
    assert "Changed" in page.text()


def test_a_chat_without_files_has_no_attachments():
    page = form(chat_input(), node("T-a", path=FILE), **{"server-of-files": Server()})
    assert lacks(page.at, "Attachments", shows="Message")


def test_an_upload_continues_while_the_form_is_filled_from_elsewhere(monkeypatch):
    monkeypatch.setattr(uploads, "WAIT_SECONDS", 0)
    server = Server()
    server.open.clear()
    page = choose(open_file_form(server, path=FILE, p=text()), "T-a.path", ("note.txt", b"abc"))
    page.at.session_state["load"] = {"T-a.p": "filled"}
    page.at.session_state["load-more"] = ("From elsewhere.", {})
    assert page.run().overrides == {"T-a.p": "filled"}
    (held,) = page.at.session_state["forms"].values()
    server.open.set()
    assert held.replaced.uploads["T-a.path"][0].ended.wait(10)
    assert page.press("Restore my input").overrides == {"T-a.path": "u/1-note.txt"}


class ChosenFile(io.BytesIO):
    """A file that was uploaded to the console."""

    def __init__(self, name: str) -> None:
        super().__init__(b"abc")
        self.name, self.size = name, 3


@pytest.mark.parametrize("fault", [None, Unreachable("gone")])
def test_streamlit_holds_a_file_until_it_is_sent_or_refused(fault: Exception | None):
    server, released = Server(), []
    server.open.clear()
    server.fault = fault
    files = [ChosenFile(name) for name in ("run.exe", "a.txt", "b.txt")]
    (field,) = Flow.from_json(graph(editable_node(path=FILES))).fields
    send = partial(server.upload, server_info=None, flow_id=None)
    started = uploads.start_uploads(field, files, send, 10, lambda file: released.append(file.name))
    assert released == ["run.exe"]
    server.open.set()
    wait_for(lambda: len(released) == 3)
    assert released == ["run.exe", "a.txt", "b.txt"]
    assert [bool(each.errors) for each in started] == [True, bool(fault), bool(fault)]
