"""Text from others takes linear time, whatever stands in it."""

import ast
import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pandas as pd
import pytest

from lfclient.api import http
from lfclient.api.operations import files, flows
from lfclient.common import filenames, formatting, redaction
from lfclient.common.redaction import looks_like_secret
from lfclient.console.compare import differences, equality, text_diff, volatile
from lfclient.console.content import images, json_path
from lfclient.console.content import markdown as content_markdown
from lfclient.console.content import tables as content_tables
from lfclient.console.export import zip_archive
from lfclient.console.export.report.blocks import BlockBuilder
from lfclient.console.local_langflow import launcher
from lfclient.console.snippets import snippet_request
from lfclient.console.store import search_text, text_search
from lfclient.console.wording.component_names import ComponentNames
from lfclient.errors import LangflowError
from lfclient.flows import component_needs, credentials, file_fields, flow_file
from lfclient.outputs import extras, tables
from lfclient.outputs import model as output_model
from lfclient.outputs.model import FileRef, Output, OutputKind
from lfclient.resources import catalogue, models, packages
from lfclient.runs import error_causes, error_sources, evidence
from lfclient.wire import addresses, server_info
from lfclient.wire.schemas import FileItem
from pages._ui.app import browser_cookie, upload_quota
from pages._ui.connection import editor
from pages._ui.history import filters
from pages._ui.outputs import column_stats, image, json_viewer, message
from pages._ui.state import run_options
from pages._ui.widgets import downloads, focus, markdown
from tests.support.cpu_time import cpu_seconds
from tests.support.flows import entry, flow, node
from tests.support.reports import record_of, run_of

ROOT = Path(__file__).parents[1]
LENGTH = 2_000  # characters; quadratic time takes a sixteenth of a second for so many
LONG = 250_000  # characters; longer than what searches bound themselves to, 200,000 at most
RUNS_OF_TICKS = " ".join("`" * length for length in range(1, 400))
REPEATED = (
    "a", ".", "0", " ", "\t", "\n \n", "\\", '"\'', '"a', "=", "://", ":a", "a=", "token1", "(",
    "<a", "import ", "import yfinance", "\x1b[", "\x1b[0", "[Errno ", "2026-01-01 ", "1.", "-",
    "#", "saved successfully as '", "/_stcore/upload_file/a", "-----BEGIN ", "aB", "\r", "a/",
    "[0]", "No module named '", "Error code: 4", " variable not found.", "MCP server '",
    "Basic 0 ", "sk-", "Bearer ", "cookie: ", "Error building Component ", "**a ", "~~", "_a",
    "`a", "$a ", "$", "\\[", "```\n", "![", "[a](", "![a](", "![](data:image/png;base64,", "\\(",
    "> ", "```json\n", RUNS_OF_TICKS,
)  # fmt: skip
REPEATED_AFTER = (  # a beginning
    ("://", "a"), ("://:", "a"), ("Basic ", "a"), ("-----BEGIN ", "A"), ("cookie:", " "),
    ("import", " "), ("\x1b[", "0"), ("1.", "1"), ("[", "0"), ("saved successfully as '", "a"),
    ("a", "\t"), ("a;", "0"), ("0;", "\n"), ("=", "0"), ("```json\n", " "), ("![](", "a)"),
    ("![](", " "), ("![](a", " "), ("![a", "[]"), ("|a|\n|", "-"), ("|a|\n", "|-"), ("|", "|"),
    ("|a|\n|-|\n|", "\\|"), ("|a|\n|-|\n", "|a|\n"), ("$$", "a\n"), ("$", "\\$"), ("[", "]"),
    ("{", '{"a":'), ('["', "\\"), ("<https://", "a"), ("https://a:", "a:"), ("[a]: ", "b\n[a]: "),
)  # fmt: skip
RUN = equality.OwnValues(frozenset({"a" * 16}), datetime(2026, 1, 1, tzinfo=UTC))


def _file_field(type: str) -> Any:
    path = entry("FileInput", "file", "", fileTypes=[type])
    return flow(node("File-a", path=path)).fields_by_key["File-a.path"]


FILE_FIELD = _file_field("txt")


def _find_sources(text: str) -> None:
    made = flow(node("Agent-a", code=entry(None, "code", text)))
    error_sources.find_sources(f"Error creating class. KeyError('OpenAI'). {text}", made)
    error_sources.find_sources("No module named 'a'", made)


def _normalized(address: str) -> None:
    with suppress(LangflowError):
        addresses.normalize_address(address)


def _log_tail(text: str) -> str:
    file: Any = SimpleNamespace(open=lambda mode: BytesIO(text.encode()))
    return launcher.read_tail(file, 50)


def _request(path: str) -> None:
    async def app(*_: Any) -> None:
        """Answer nothing."""

    quota: Any = upload_quota.UploadQuota(app)
    asyncio.run(quota({"type": "http", "method": "GET", "path": path}, None, None))


def _archived(name: str) -> None:
    output = Output("C-1", OutputKind.MESSAGE, "", display_name=name)
    zip_archive.write_archive(record_of(run_of(output)), BytesIO(), lambda *_: None)


def _message(text: str) -> Output:
    return Output("C-1", OutputKind.MESSAGE, text)


# by the module whose expressions they use: those that get the whole text, and bound it
FUNCTIONS: dict[str, dict[str, Callable[[str], object]]] = {
    "lfclient/api/http.py": {
        "error": lambda text: http._error_message(httpx.ReadError(text), "http://a"),
    },
    "lfclient/api/operations/files.py": {
        "find_files": lambda text: files.find_files(
            [FileItem(id="1", name=text[:-1])], FileRef(text), None
        ),
    },
    "lfclient/api/operations/flows.py": {"free_name": lambda text: flows.free_name(text, {text})},
    "lfclient/common/filenames.py": {"uploaded_name": filenames.uploaded_name},
    "lfclient/common/formatting.py": {
        "remove_bidi_controls": formatting.remove_bidi_controls,
        "without_codes": formatting.without_codes,
    },
    "lfclient/common/redaction.py": {
        "is_secret_name": redaction.is_secret_name,
        "looks_like_secret": looks_like_secret,
        "remove_keys": redaction.remove_keys,
    },
    "lfclient/console/compare/differences.py": {
        "compare": lambda text: differences.compare_pair(_message(text), _message("a b")),
    },
    "lfclient/console/compare/text_diff.py": {
        "compare_words": lambda text: text_diff.compare_words(text, "a b"),
    },
    "lfclient/console/compare/volatile.py": {
        "names": lambda text: volatile.guess_volatile_names({text: "a"}, {text: "b"}),
        "ids": lambda text: volatile.guess_volatile_names({"id": text}, {"id": "a"}),
        "moments": lambda text: volatile.guess_volatile_names({"date": text}, {"date": "a"}),
    },
    "lfclient/console/content/tables.py": {"escape_formulas": content_tables.escape_formulas},
    "lfclient/console/content/images.py": {
        "find_images": lambda text: images.find_images(_message(text)),
    },
    "lfclient/console/content/json_path.py": {
        "resolve_path": lambda text: json_path.resolve_path({}, text),
    },
    "lfclient/console/content/markdown.py": {
        "normalize": content_markdown.normalize,
        "plain_markdown": content_markdown.plain_markdown,
        "one_line": content_markdown.one_line,
        "has_format": message.has_format,
        "draw_text": message.draw_text,
    },
    "lfclient/console/export/report/markdown.py": {
        "report": lambda text: BlockBuilder(str, None).build(
            run_of(_message(text)), ComponentNames(None, {})
        ),
    },
    "lfclient/console/export/zip_archive.py": {"write_archive": _archived},
    "lfclient/console/local_langflow/launcher.py": {
        "log": _log_tail,
    },
    "lfclient/console/snippets/snippet_request.py": {
        "variable_name": lambda text: snippet_request._unused_variable_name(text, {}),
    },
    "lfclient/console/compare/equality.py": {
        "has_moment": RUN.has_moment,
        "mask": RUN.mask,
        "text": lambda text: list(RUN.masked_json(text)),
        "list": lambda text: list(RUN.masked_json([text])),
    },
    "lfclient/console/store/search_text.py": {
        "fold_text": search_text.fold_text,
        "strip_markup": search_text._strip_markup,
    },
    "lfclient/console/store/text_search.py": {
        "split_terms": text_search.split_terms,
        "snippet": lambda text: text_search.snippet(f"\n{text}", [text[:2] or "a"]),
    },
    "lfclient/flows/component_needs.py": {"database": component_needs._LOCAL_DATABASE.match},
    "lfclient/flows/credentials.py": {
        "url": credentials._URL_NAME.search,
        "settings": credentials._SETTINGS_NAME.search,
    },
    "lfclient/flows/file_fields.py": {
        "accepted_types": lambda text: file_fields.accepted_types(_file_field(text)),
        "check_parser": lambda text: list(file_fields.check_parser(FILE_FIELD, text, "A")),
    },
    "lfclient/flows/flow_file.py": {"endpoint": flow_file._ENDPOINT_NAME.fullmatch},
    "lfclient/outputs/extras.py": {
        "parse_image": extras.parse_image,
        "find_extras": lambda text: list(extras.find_extras(text)),
    },
    "lfclient/outputs/model.py": {
        "file": lambda text: output_model._parse_saved_file({"file_path": text}),
    },
    "lfclient/outputs/tables.py": {"parse_rows": tables.parse_rows},
    "lfclient/resources/catalogue.py": {"base_type": catalogue.base_type},
    "lfclient/resources/models.py": {"embeds": models._EMBEDDING_NAMES.search},
    "lfclient/resources/packages.py": {
        "imported_packages": lambda text: list(packages.imported_packages(text)),
    },
    "lfclient/runs/error_causes.py": {"explain_error": error_causes.explain_error},
    "lfclient/runs/error_sources.py": {"find_sources": _find_sources},
    "lfclient/runs/evidence.py": {"split_preamble": evidence.split_preamble},
    "lfclient/wire/addresses.py": {"normalize_address": _normalized},
    "lfclient/wire/server_info.py": {"release": server_info._release_numbers},
    "pages/_ui/app/browser_cookie.py": {"is_token": browser_cookie.is_token},
    "pages/_ui/app/upload_quota.py": {"path": _request},
    "pages/_ui/state/run_options.py": {"named_session": run_options.named_session},
    "pages/_ui/connection/editor.py": {"flow_id": editor._FLOW_ID.fullmatch},
    "pages/_ui/history/filters.py": {"cursor": filters._parse_cursor},
    "pages/_ui/outputs/column_stats.py": {
        "kinds": lambda text: column_stats.column_kinds(pd.DataFrame({"a": [text]})),
    },
    "pages/_ui/outputs/image.py": {
        "name": lambda text: image._image_name(images.FoundImage(text, b""), 0),
    },
    "pages/_ui/outputs/json_viewer.py": {
        "long_number": lambda text: json_viewer._LONG_NUMBER.search(text.encode()),
    },
    "pages/_ui/widgets/downloads.py": {
        "file_name": lambda text: downloads.file_name(text, extension="md"),
    },
    "pages/_ui/widgets/focus.py": {"css_key": focus._css_key},
    "pages/_ui/widgets/markdown.py": {
        "escape_lines": markdown.escape_lines,  # as `escape` and, with the bound, `sanitize`
        "inline_code": markdown.inline_code,
        "strip_data_images": markdown.strip_data_images,
    },
}
# modules whose expressions meet only what the console, its operator or its installer wrote
OWN_TEXT = {
    "lfclient/console/config/settings.py",  # the operator's settings
    "lfclient/console/local_langflow/installer.py",  # what uv prints
    "lfclient/console/local_langflow/requirement.py",  # its own lock file
    "lfclient/console/samples/components/word_by_word.py",  # runs in Langflow
    "pages/_ui/app/security.py",  # Streamlit's own page
}
CASES = [(module, name) for module, functions in FUNCTIONS.items() for name in functions]


def _text(start: str, unit: str, length: int) -> str:
    return start + (unit * (length // len(unit) + 1))[:length] + "!"  # what no repetition takes


@pytest.mark.parametrize(("module", "name"), CASES)
def test_a_hostile_text_takes_linear_time(module, name):
    """Eight times the text takes about eight times as long; 64 times would be quadratic.

    So does eight times more, where that is uncertain, and a long text of what takes longest.
    """
    function, slowest = FUNCTIONS[module][name], (0.0, "", "")
    for start, unit in [*(("", unit) for unit in REPEATED), *REPEATED_AFTER]:
        short = cpu_seconds(function, _text(start, unit, LENGTH // 8))
        long = cpu_seconds(function, _text(start, unit, LENGTH))
        assert long < 40 * max(short, 0.002), (start, unit)  # 18 for data URLs in Markdown
        if long > 12 * short:
            longer = cpu_seconds(function, _text(start, unit, 8 * LENGTH))
            assert longer < 24 * max(long, 0.002), (start, unit)
        slowest = max(slowest, (long, start, unit))
    allowed = 3 * LONG / LENGTH * max(slowest[0], 0.002)
    assert cpu_seconds(function, _text(*slowest[1:], LONG)) < allowed, slowest


def _uses_expressions(file: Path) -> bool:
    """Return whether a module uses the module `re`, but for the names of its types."""
    types, text = {"Match", "Pattern"}, file.read_text("utf-8")
    return re.search(r"\bre\b", text) is not None and any(
        (isinstance(each, ast.ImportFrom) and each.module == "re")
        or (
            isinstance(each, ast.Attribute)
            and isinstance(each.value, ast.Name)
            and each.value.id == "re"
            and each.attr not in types
        )
        for each in ast.walk(ast.parse(text))
    )


def test_every_module_with_an_expression_is_among_these():
    found = {
        str(file.relative_to(ROOT))
        for folder in ("lfclient", "pages")
        for file in (ROOT / folder).rglob("*.py")
        if _uses_expressions(file)
    }
    assert found == FUNCTIONS.keys() | OWN_TEXT, "test it above, or list why not"
