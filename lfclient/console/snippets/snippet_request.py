"""What all snippets of a run have in common: the request, with its secrets as variables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lfclient.api.payloads import run_request
from lfclient.common.formatting import clip
from lfclient.common.redaction import replace_secrets
from lfclient.console.store.run_record import RunRecord
from lfclient.flows.field import FieldKind, Variable
from lfclient.flows.model import Flow
from lfclient.flows.validation import is_secret_override
from lfclient.runs.model import Mode
from lfclient.runs.outcome import terminals_without_value
from lfclient.wire.server_info import ServerInfo

API_KEY = "LANGFLOW_API_KEY"
# names that mean something already: to the system, to bash, or to what runs a snippet
_RESERVED_NAMES = re.compile(
    r"PATH|PWD|OLDPWD|HOME|USER|USERNAME|LOGNAME|HOSTNAME|SHELL|SHELLOPTS|LANG|LANGUAGE|LC_\w+|TZ"
    r"|TERM|TMP|TEMP|TMPDIR|DISPLAY|EDITOR|ENV|IFS|PS\d|OPT(ARG|IND|ERR)|E?UID|PPID|GROUPS"
    r"|S?RANDOM|SECONDS|EPOCH\w+|LINENO|REPLY|DIRSTACK|FUNCNAME|HIST\w+|BASH\w*|LD_\w+"
    r"|DYLD_\w+|PYTHON\w*|VIRTUAL_ENV|NODE_\w+|CURL_\w+|SSL_\w+|(HTTPS?|ALL|NO|FTP)_PROXY|LANGFLOW_\w+"
    r"|LFCONSOLE_\w+|STREAMLIT_\w+"
)
_MAX_COMMENT_LENGTH = 100


class EnvironmentSecret(str):
    """Stands in a request for the value of the environment variable of this name."""

    __slots__ = ()


@dataclass(frozen=True)
class SnippetRequest:
    """A run to be written down. `body` is what goes to `endpoint`; `overrides` is what `lfclient`
    takes. In both a `Secret` stands for each secret; `secrets` names the override of each variable.
    `left_empty` are the names of the components whose output the server's answer leaves out.
    """

    url: str
    endpoint: str
    body: Any
    overrides: dict[str, Any]
    secrets: dict[str, str]
    flow_id: str
    flow_name: str
    mode: Mode
    session_id: str | None
    with_key: bool
    left_empty: tuple[str, ...] = ()

    @property
    def variables(self) -> list[str]:
        """The environment variables that have to be set."""
        return [*([API_KEY] if self.with_key else []), *self.secrets]

    def comments(self, mark: str, *usage: str, own_client: bool = False) -> str:
        """The first lines: what it does, how it is used, what it does not print, what has to be
        set. `own_client` reads what answers leave out from what else the server keeps.
        """
        lines = [f"Runs the flow “{self.flow_name}”.", *usage]
        if self.left_empty and not own_client:
            lines.append("The API answers with null for the content of the outputs named here:")
            lines += [f"- {name}" for name in self.left_empty]
            lines.append("The snippet “Python, lfclient” prints them whole.")
        if self.with_key:
            lines.append(f"{API_KEY} is the server's API key.")
        lines += [f"{name} is the secret for {key}." for name, key in self.secrets.items()]
        return "".join(f"{mark} {_comment(line)}\n" for line in lines)


def snippet_request(
    record: RunRecord, flow: Flow, server: ServerInfo, url: str, *, with_key: bool
) -> SnippetRequest:
    """The call that a run was; raises as `run_request` does."""
    overrides, secrets = _replace_secrets(flow, record.overrides)
    # without an idempotency key: a second press would be answered with the first one's job
    spec = run_request(server, flow, overrides, record.mode, record.session_id)
    return SnippetRequest(
        url=url,
        endpoint=url + spec.path,
        body=spec.json,
        overrides=overrides,
        secrets=secrets,
        flow_id=flow.id,
        flow_name=flow.name,
        mode=record.mode,
        session_id=record.session_id,
        with_key=with_key,
        left_empty=tuple(leaf.display_name for leaf in terminals_without_value(flow)),
    )


def _replace_secrets(
    flow: Flow, overrides: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The overrides with a `Secret` for each secret, and the override of each variable's name."""
    known = flow.fields_by_key
    secrets: dict[str, str] = {}

    def secret(key: str) -> EnvironmentSecret:
        name = _unused_variable_name(key, secrets)
        secrets[name] = key
        return EnvironmentSecret(name)

    found: dict[str, Any] = {}
    for key, value in overrides.items():
        field = known.get(key)
        if is_secret_override(key, field) and not isinstance(value, Variable):
            several = field is not None and field.kind is FieldKind.TEXT_LIST
            found[key] = [secret(key)] if several else secret(key)
        else:
            found[key] = replace_secrets(value, lambda _, key=key: secret(key))
    return found, secrets


def _unused_variable_name(key: str, taken: Mapping[str, str]) -> str:
    """A variable named after the parameter; after its component, too, where that is taken."""
    for text in (key.rpartition(".")[2], key):
        name = re.sub(r"[^A-Z0-9]+", "_", text.upper()).strip("_")
        name = f"SECRET_{name}".rstrip("_") if not name or name[0].isdigit() else name
        if name not in taken and not _RESERVED_NAMES.fullmatch(name):
            return name
    numbered = (f"{name}_{number}" for number in range(2, len(taken) + 3))
    return next(each for each in numbered if each not in taken)


def _comment(text: str) -> str:
    """One line that nothing can lead out of, not too long."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return clip(line, _MAX_COMMENT_LENGTH)
