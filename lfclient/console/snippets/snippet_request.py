"""The request that all snippets of a run send, with environment variables for its secrets.

Its values are written as literals of a programming language. Invisible and text-direction
characters are escaped, so that code does what it appears to do.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from lfclient.api.payloads import run_request
from lfclient.api.requests import STATUS_ADDRESS
from lfclient.common.formatting import clip
from lfclient.common.json_types import Json
from lfclient.common.redaction import replace_secrets
from lfclient.console.store.run_record import RunRecord
from lfclient.flows.field import FieldKind, Variable
from lfclient.flows.model import Flow
from lfclient.flows.run_inputs import unchanged_defaults
from lfclient.flows.validation import is_secret_override
from lfclient.runs.outcome import terminals_without_value
from lfclient.wire.modes import MODES
from lfclient.wire.server_info import ServerInfo

API_KEY = "LANGFLOW_API_KEY"
# names that the system, bash or the program that runs a snippet use
_RESERVED_NAMES = re.compile(
    r"PATH|PWD|OLDPWD|HOME|USER|USERNAME|LOGNAME|HOSTNAME|SHELL|SHELLOPTS|LANG|LANGUAGE|LC_\w+|TZ"
    r"|TERM|TMP|TEMP|TMPDIR|DISPLAY|EDITOR|ENV|IFS|PS\d|OPT(ARG|IND|ERR)|E?UID|PPID|GROUPS"
    r"|S?RANDOM|SECONDS|EPOCH\w+|LINENO|REPLY|DIRSTACK|FUNCNAME|HIST\w+|BASH\w*|LD_\w+"
    r"|DYLD_\w+|PYTHON\w*|VIRTUAL_ENV|CURL_\w+|SSL_\w+|(HTTPS?|ALL|NO|FTP)_PROXY|LANGFLOW_\w+"
    r"|LFCONSOLE_\w+|STREAMLIT_\w+"
)
_MAX_COMMENT_LENGTH = 100
_MAX_LINE_LENGTH = 88  # characters of a list or object on one line
SHORT_LINE_LENGTH = 200  # in a short snippet


class EnvironmentSecret(str):
    """The name of an environment variable, in place of a secret in a request."""

    __slots__ = ()


@dataclass(frozen=True)
class SnippetRequest:
    """A run as a request: `body` for the `endpoint`, and `overrides` for `lfclient`.

    Both have an `EnvironmentSecret` in place of each secret. `secrets` maps the variable's name to
    the override's key.
    """

    record: RunRecord
    flow: Flow
    url: str
    endpoint: str
    body: Any
    overrides: dict[str, Any]
    secrets: dict[str, str]
    with_key: bool

    @property
    def response(self) -> str:
        """The `ModeTraits.response` of the run's mode."""
        return MODES[self.record.mode].response

    @property
    def status_address(self) -> tuple[str, str]:
        """The address of a job's status, before and after its id."""
        before, after = STATUS_ADDRESS
        return self.url + before, after

    @property
    def variables(self) -> list[str]:
        """The environment variables that must be set."""
        return [*([API_KEY] if self.with_key else []), *self.secrets]

    def comments(self, *usage: str, is_client: bool = False) -> str:
        """Return the comment lines at the top of a snippet.

        The comments explain the snippet's purpose and usage, the variable for the API key, and what
        `notes` returns.
        """
        lines = [f"Runs the flow “{self.flow.name}”.", *usage]
        if self.with_key:
            lines.append(f"Set {API_KEY} to the API key of the server.")
        return _comments(lines) + self.notes(is_client=is_client)

    def notes(self, *, is_client: bool = False) -> str:
        """Return comment lines on the variables for secrets, and on values that the API drops.

        `is_client` leaves out the last part: the client omits and ignores nothing.
        """
        lines = []
        unknown = [key for key in self.overrides if key not in self.flow.fields_by_key]
        # the components of the other keys were deleted
        added = [key for key in unknown if self.flow.split_key(key)[0]]
        if added and not is_client:
            lines.append("The API may ignore these parameters, which the stored flow doesn't show:")
            lines += [f"- {key}" for key in added]
            lines.append("The snippet “Python, lfclient” sends those that a choice adds.")
        omitted = () if is_client else terminals_without_value(self.flow)
        if omitted:
            lines.append("The API returns null as the content of these outputs:")
            lines += [f"- {self.flow.component_label(leaf.id)}" for leaf in omitted]
            lines.append("The snippet “Python, lfclient” prints them in full.")
        lines += [f"Set {name} to the secret for {key}." for name, key in self.secrets.items()]
        return _comments(lines)


def snippet_request(
    record: RunRecord, flow: Flow, server: ServerInfo, url: str, *, with_key: bool
) -> SnippetRequest:
    """Return the request that repeats a run. Raise the errors of `run_request`.

    The request has the run's overrides and its recorded defaults that the flow has changed since.
    """
    unchanged = unchanged_defaults(flow, record.flow_defaults)
    changed = {
        key: value
        for key, value in (record.flow_defaults or {}).items()
        if key in flow.fields_by_key and key not in unchanged
    }
    overrides, secrets = _replace_secrets(flow, {**record.overrides, **changed})
    # without an idempotency key, with which a second run of the snippet would return the first job
    spec = run_request(server, flow, overrides, record.mode, record.session_id)
    endpoint = url + spec.path
    return SnippetRequest(record, flow, url, endpoint, spec.json, overrides, secrets, with_key)


def _replace_secrets(
    flow: Flow, overrides: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the overrides with variables as secrets, and a dict from variable to override key."""
    fields = flow.fields_by_key
    secrets: dict[str, str] = {}

    def secret(key: str, _value: Json = None) -> EnvironmentSecret:
        name = _unused_variable_name(key, secrets)
        secrets[name] = key
        return EnvironmentSecret(name)

    replaced: dict[str, Any] = {}
    for key, value in overrides.items():
        field = fields.get(key)
        if is_secret_override(key, field) and not isinstance(value, Variable):
            several = field is not None and field.kind is FieldKind.TEXT_LIST
            replaced[key] = [secret(key)] if several else secret(key)
        else:
            replaced[key] = replace_secrets(value, partial(secret, key))
    return replaced, secrets


def _unused_variable_name(key: str, used: Mapping[str, str]) -> str:
    """Return a variable named after the parameter, or after its full key if that name is used."""
    for text in (key.rpartition(".")[2], key):
        name = re.sub(r"[^A-Z0-9]+", "_", text.upper()).strip("_")
        name = f"SECRET_{name}".rstrip("_") if not name or name[0].isdigit() else name
        if name not in used and not _RESERVED_NAMES.fullmatch(name):
            return name
    numbered = (f"{name}_{number}" for number in range(2, len(used) + 3))
    return next(candidate for candidate in numbered if candidate not in used)


def _comments(lines: Iterable[str]) -> str:
    return "".join(f"# {_comment(line)}\n" for line in lines)


def _comment(text: str) -> str:
    """Return a text as one short line, so that it cannot end the comment."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return clip(line, _MAX_COMMENT_LENGTH)


@dataclass(frozen=True)
class LiteralStyle:
    """How a language writes literals. `scalar` writes null, booleans and numbers."""

    text: Callable[[str], str]
    secret: Callable[[EnvironmentSecret], str]
    scalar: Callable[[Any], str] = json.dumps
    last_comma: bool = True
    step: int = 2
    line_length: int = _MAX_LINE_LENGTH

    def write(self, value: Any, indent: int = 0) -> str:
        """Return the literal. Lines after the first are indented by `indent` spaces."""
        if isinstance(value, EnvironmentSecret):
            return self.secret(value)
        if isinstance(value, Variable):
            return f"Variable({self.text(value.name)})"
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            within = indent + self.step
            parts = [
                f"{self.text(key)}: {self.write(inner, within)}" for key, inner in value.items()
            ]
            return self._write_items("{", parts, "}", indent)
        if isinstance(value, (list, tuple)):
            parts = [self.write(inner, indent + self.step) for inner in value]
            return self._write_items("[", parts, "]", indent)
        return self.scalar(value)

    def _write_items(self, first: str, parts: list[str], last: str, indent: int) -> str:
        line = first + ", ".join(parts) + last
        if "\n" not in line and len(line) + indent < self.line_length:
            return line
        pad = " " * indent
        within = pad + " " * self.step
        lines = f",\n{within}".join(parts)
        return f"{first}\n{within}{lines}{',' if self.last_comma else ''}\n{pad}{last}"


def _json_text(text: str) -> str:
    """Return a JSON string."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in quoted)


def python_text(text: str) -> str:
    """Return a Python string, in double quotes if that needs no escape."""
    quoted = repr(str(text))  # a member of an enumeration as its text
    return f'"{quoted[1:-1]}"' if quoted[0] == "'" and '"' not in quoted else quoted


PYTHON = LiteralStyle(python_text, lambda name: f'os.environ["{name}"]', scalar=repr, step=4)


def json_parts(value: Any, line_length: int = _MAX_LINE_LENGTH) -> list[str | EnvironmentSecret]:
    """Return a value's JSON in parts. Each secret is a separate part."""
    # JSON contains no zero bytes
    style = LiteralStyle(
        _json_text, lambda name: f"\0{name}\0", last_comma=False, line_length=line_length
    )
    parts = style.write(value).split("\0")
    return [EnvironmentSecret(part) if place % 2 else part for place, part in enumerate(parts)]
