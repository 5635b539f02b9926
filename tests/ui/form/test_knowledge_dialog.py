"""A knowledge base is made from files in the form."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager
from types import SimpleNamespace

import httpx
import pytest
from streamlit.testing.v1.element_tree import Selectbox, TextInput

from lfclient.errors import FileRefused, InvalidRequest, LangflowError, ServerFault
from lfclient.resources.models import ModelOption, Provider, ProviderSetting
from lfclient.resources.server_resources import KnowledgeBase, ServerResources
from pages._ui.form import knowledge_dialog
from pages._ui.form.knowledge_dialog import _contents
from tests.support.flows import entry, node
from tests.ui.support import forms
from tests.ui.support.forms import Form, form, form_server

READY = ModelOption("nomic", "Ollama", True, None, {"name": "nomic", "provider": "Ollama"})
OTHER = ModelOption("ada", "OpenAI", False, None, {"name": "ada", "provider": "OpenAI"})
KEY = "Knowledge-a.knowledge_base"


class Client:
    """A server's answers to the dialog, and what it sent."""

    def __init__(self) -> None:
        self.made: list[tuple[str, ModelOption]] = []
        self.files: dict[str, bytes] = {}
        self.deleted: list[str] = []
        self.create_error: LangflowError | None = None
        self.ingest_error: LangflowError | None = None
        self.ended = KnowledgeBase("My notes", "My_notes", "ready", 3)
        self.knowledge = self

    def create(self, name: str, model: ModelOption) -> KnowledgeBase:
        if self.create_error:
            raise self.create_error
        self.made.append((name, model))
        return KnowledgeBase(name, name.replace(" ", "_"), "empty")

    def ingest(self, base, files, *, timeout, on_change) -> KnowledgeBase:
        self.files = files
        on_change(KnowledgeBase(base.name, base.dir_name, "ingesting", 2))
        if self.ingest_error:
            raise self.ingest_error
        return self.ended

    def delete(self, base: KnowledgeBase) -> None:
        self.deleted.append(base.dir_name)


@pytest.fixture
def api(monkeypatch) -> Client:
    client = Client()

    @contextmanager
    def open_client():
        yield client

    monkeypatch.setattr(forms, "open_client", open_client)
    return client


def open_dialog(
    *models: ModelOption,
    error: LangflowError | None = None,
    providers: Sequence[Provider] = (),
) -> Form:
    options = entry("DropdownInput", "str", "", options=[], required=True, refresh_button=True)

    def list_models(kind, max_wait):
        if error:
            raise error
        return SimpleNamespace(value=models or (READY, OTHER))

    server = form_server(models=list_models)
    bases = (KnowledgeBase("My notes", "My_notes", "ready", 3),)
    found = form(
        node("Knowledge-a", knowledge_base=options),
        node("Model-m", model=entry("ModelInput", "model", [READY.value], required=True)),
        resources=ServerResources(knowledge_bases=bases, providers=providers),
        draw_page=closing_page,
        **{"server-of-files": server},
    )
    return found.press("New knowledge base")


def closing_page(raw: dict, mode: str, version: str, owner: str) -> None:
    """Draw the form, after what closes the dialog. AppTest runs the source of this function."""
    import streamlit as st

    from tests.ui.support.forms import page

    if "close" in st.session_state:
        st.session_state.pop("close")()
    page(raw, mode, version, owner)


def name_box(found: Form) -> TextInput:
    return next(box for box in found.at.text_input if box.key.startswith("knowledge-name"))


def model_box(found: Form) -> Selectbox:
    return next(box for box in found.at.selectbox if box.key.startswith("knowledge-model"))


def close(found: Form) -> None:
    """Close the dialog, as Streamlit does."""
    found.at.session_state["close"] = knowledge_dialog._close
    found.at.run()
    assert not is_open(found)


def fill_in(found: Form, model: str = "") -> Form:
    """Enter a name and a file, and type a model that is not listed."""
    name_box(found).set_value("My notes")
    found.at.file_uploader(key="knowledge-files").upload("a.txt", b"Lisbon", "text/plain")
    return type_model(found, model).run()


def type_model(found: Form, words: str) -> Form:
    box = model_box(found)
    if words:
        box.options.append(words)  # AppTest itself can only choose what a box offers
        box.set_value(words)
    return found


def create(found: Form, model: str = "") -> Form:
    """Fill in the dialog and press Create."""
    return type_model(fill_in(found, model), model).press("Create")


def is_open(found: Form) -> bool:
    return any(box.key.startswith("knowledge-name") for box in found.at.text_input)


def chosen(found: Form) -> str | None:
    """Return what the next run takes."""
    (state,) = found.at.session_state["forms"].values()
    return state.overrides().get(KEY)


def test_only_files_that_langflow_reads_are_taken(api):
    """It takes the bytes of others for text."""
    found = open_dialog()
    taken = set(found.at.file_uploader(key="knowledge-files").proto.type)
    assert {".pdf", ".docx", ".txt", ".md", ".html", ".csv", ".json"} < taken
    assert taken.isdisjoint({".png", ".jpg", ".doc", ".pptx", ".xlsx", ".zip"})
    assert "It can't read images" in found.text()


def test_a_new_knowledge_base_is_chosen_once_it_has_its_files(api):
    found = open_dialog()
    assert model_box(found).options == ["Ollama: nomic"]
    assert next(one for one in found.at.button if one.label == "Create").disabled
    create(found)
    assert api.made == [("My notes", READY)]
    assert api.files == {"a.txt": b"Lisbon"}
    assert not is_open(found)
    assert chosen(found) == "My_notes"
    assert "Ready" in found.text()


EMBED = {"name": "nomic-embed-text:latest", "provider": "Ollama"}
NOMIC = ModelOption(EMBED["name"], "Ollama", True, None, EMBED)
CHAT = ModelOption("gpt-4o", "OpenAI", True, None, {"name": "gpt-4o", "provider": "OpenAI"})


def test_of_several_models_none_is_chosen_and_another_can_be_typed(api):
    """A gateway lists chat models as embedding models, too."""
    found = open_dialog(READY, CHAT)
    assert model_box(found).value is None
    create(found, "openai: my-embedding")
    ((_, model),) = api.made
    assert (model.provider, model.name) == ("OpenAI", "my-embedding")
    assert chosen(found) == "My_notes"


def test_a_typed_model_without_its_provider_is_explained(api):
    found = fill_in(open_dialog(READY, CHAT), "my-embedding")
    assert "Enter the model with its provider, such as “Ollama: my-embedding”" in found.text()
    assert next(one for one in found.at.button if one.label == "Create").disabled


def test_a_provider_is_set_up_from_the_dialog_which_is_back_then(api):
    address = ProviderSetting("FAR_URL", "Base URL", True, False, False)
    chats_only = Provider("Chats only", False, (address,), language_models=(CHAT,))
    providers = [chats_only, Provider("Far", False, (address,))]
    found = fill_in(open_dialog(NOMIC, CHAT, providers=providers), "nomic")
    menu = next(each for each in found.at.menu_button if each.key == "knowledge-providers")
    assert menu.options == ["Far"]
    menu.click("Far")
    found.run()
    assert not is_open(found)
    assert found.find("text_input", "FAR_URL") is not None
    found.press("Cancel")
    assert (name_box(found).value, model_box(found).value) == ("My notes", NOMIC.label)
    found.press("Create")
    assert api.files == {"a.txt": b"Lisbon"}


def test_what_was_entered_is_there_again_until_the_knowledge_base_is_made(api):
    found = fill_in(open_dialog(NOMIC, CHAT), "nomic")
    close(found)
    found.press("New knowledge base")
    assert (name_box(found).value, model_box(found).value) == ("My notes", NOMIC.label)
    assert "a.txt" in found.text()
    found.at.file_uploader(key="knowledge-files").upload("b.txt", b"Porto", "text/plain")
    close(found.run())
    found.press("New knowledge base").press("Remove")  # the first of two
    found.press("Create")
    assert api.files == {"b.txt": b"Porto"}
    found.press("New knowledge base")
    assert (name_box(found).value, model_box(found).value) == ("", None)
    assert "a.txt" not in found.text()


def test_what_was_entered_for_one_parameter_is_not_in_the_dialog_of_another():
    options = entry("DropdownInput", "str", "", options=[], required=True, refresh_button=True)
    found = form(
        *(node(id, knowledge_base=options) for id in ("Knowledge-a", "Knowledge-b")),
        resources=ServerResources(knowledge_bases=()),
        draw_page=closing_page,
        **{"server-of-files": form_server(models=lambda kind, max_wait: SimpleNamespace(value=()))},
    )
    first, second = (each.key for each in found.at.button if each.label == "New knowledge base")
    found.at.button(key=first).click().run()
    fill_in(found, "Ollama: nomic")
    close(found)
    found.at.button(key=second).click().run()
    assert (name_box(found).value, model_box(found).value) == ("", None)
    assert "a.txt" not in found.text()


def test_a_model_can_be_typed_while_the_servers_list_fails(api):
    found = open_dialog(error=ServerFault("Busy.", response=httpx.Response(500)))
    assert "Busy." in found.text()
    create(found, "Ollama: nomic")
    ((_, model),) = api.made
    assert model.label == "Ollama: nomic"


def test_a_taken_name_stays_in_the_dialog_with_the_servers_reason(api):
    api.create_error = InvalidRequest(
        "A knowledge base named “My notes” already exists.",
        hint="Choose another name, then try again.",
    )
    found = create(open_dialog())
    assert is_open(found)
    assert "already exists" in found.text()
    assert "Choose another name" in found.text()
    assert (chosen(found), api.deleted) == (None, [])


def test_refused_files_leave_no_knowledge_base(api):
    api.ingest_error = FileRefused("The file type is not supported.")
    found = create(open_dialog())
    assert is_open(found)
    assert "The file type is not supported." in found.text()
    assert api.deleted == ["My_notes"]
    assert chosen(found) is None


@pytest.mark.parametrize(
    ("reason", "advice"),
    [("KeyError: 'x'", "Check the embedding"), ("Connection error.", "Couldn't reach Ollama.")],
)
def test_files_that_the_server_could_not_add_leave_its_reason_and_no_knowledge_base(
    api, reason, advice
):
    api.ended = KnowledgeBase("My notes", "My_notes", "failed", failure=reason)
    found = create(open_dialog())
    assert not found.at.status
    assert "The files could not be added to “My notes”." in found.text()
    assert advice in found.text()
    assert [code.value for code in found.at.code] == [reason]
    assert api.deleted == ["My_notes"]
    assert chosen(found) is None


def test_a_server_that_stops_responding_leaves_the_knowledge_base_chosen(api):
    api.ingest_error = LangflowError("The files were not processed within 600 seconds.")
    found = create(open_dialog())
    assert not is_open(found)
    assert found.at.session_state["notice"] is api.ingest_error
    assert api.deleted == []
    assert chosen(found) == "My_notes"


def file(name: str, content: bytes) -> SimpleNamespace:
    return SimpleNamespace(name=name, getvalue=lambda: content)


def test_files_with_the_same_name_are_all_sent():
    files = [file("a.txt", b"1"), file("a.txt", b"2"), file("a?.txt", b"3"), file("a*.txt", b"4")]
    contents = _contents(files)
    assert sorted(contents.values()) == [b"1", b"2", b"3", b"4"]
    assert list(contents)[:2] == ["a.txt", "a (2).txt"]
