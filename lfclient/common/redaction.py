"""Secrets out of everything that is shown or kept.

Langflow's own answers repeat what was sent: a sync answer echoes every override, 1.8 shows secrets
in outputs and build records, 1.12 and later in events. So all that a server says passes here.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote, quote_plus

REDACTED = "••••"  # stands in texts where the text of a secret stood
MIN_SECRET_LENGTH = 6  # characters; what is shorter would blot out innocent text

# Nobody escapes these, so a secret made of them stands in an answer as it is.
_NEVER_ESCAPED = re.compile(r"[A-Za-z0-9_.~-]+")
_NUMBER = re.compile(r"-?\d[\d.e+-]*")
# api_key, X-API-Key, "API key", clientSecret, password2
_SECRET_NAME = re.compile(
    r"(?:^|[\s_-]|(?<=[a-z0-9])(?=[A-Z]))(?i:(?:(?:api|access|secret|private|auth|account"
    r"|encryption|signing|master|hmac|subscription)[\s_-]?keys?|token|secret|password|passwd|pwd"
    r"|passphrase|passcode|credentials?)[\s_-]?\d*$)"
)
_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})
# credentials within other text: an address with a password, a header, forms that keys are known by
_SECRET_IN_TEXT = re.compile(
    r"://[^\s/:@]*:[^\s/@]+@|\b(?:Bearer|Basic)\s+(?=\S*\d)[\w.~+/=-]{8,}|\bcookie:\s*\S"
    r"|\b(?:sk|pk|ghp|gho|xox[abp]|github_pat)[_-](?=[\w-]*\d)[\w-]{10,}"
    r"|\bAKIA\w{12}|\bAIza[\w-]{20}|-----BEGIN [A-Z ]*PRIVATE KEY",
    re.IGNORECASE,
)
_ASSIGNMENT = re.compile(r"(?<![\w-])([\w-]{1,50})['\"]?\s?[=:]\s?['\"]?[\w.~+/%-]{8,}")
_NAME_COLUMNS = frozenset({"key", "name", "header"})  # columns that tell what the others hold
# columns of Langflow's lists of fields and of tools, which only tell what such a name means
_DESCRIPTIVE_COLUMNS = frozenset(
    {"description", "display_name", "display_description", "type", "multiple"}
)
# an answer may tell the key of such a header alone
_AUTH_SCHEME = re.compile(r"(?:Basic|Bearer|Token)\s+(\S+)", re.IGNORECASE)


def is_secret_name(parameter: str) -> bool:
    """Whether a parameter's name says that its value is a secret."""
    return bool(_SECRET_NAME.search(parameter))


class Redactor:
    """Replaces every secret it knows by `••••`, also JSON-, URL- and HTML-escaped.

    Secrets of fewer than 6 characters are not looked for.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self._needles: tuple[bytes, ...] = ()
        self._forms: tuple[str, ...] = ()
        self._escapable = self._numeric = False
        self.add(*secrets)

    def add(self, *secrets: str) -> None:
        """Look for these too, from now on."""
        bare = (found[1] for found in map(_AUTH_SCHEME.fullmatch, secrets) if found)
        new = {one for one in (*secrets, *bare) if len(one) >= MIN_SECRET_LENGTH} - self._secrets
        if not new:
            return
        self._secrets |= new
        forms = {form for secret in self._secrets for form in _escaped_forms(secret)}
        longest_first = sorted(forms, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first)))
        self._forms = tuple(longest_first)
        self._needles = tuple(form.encode("utf-8", "replace") for form in longest_first)
        self._numeric = any(map(_NUMBER.fullmatch, self._secrets))
        self._escapable = any(not _NEVER_ESCAPED.fullmatch(one) for one in self._secrets)

    def may_contain_secret(self, content: bytes) -> bool:
        """Whether an answer may hold a secret; cheap, so that most answers need no second look."""
        if not self._secrets:
            return False
        if self._escapable:
            return True
        for needle in self._needles:  # noqa: SIM110 - half as long as `any`, for each event
            if needle in content:
                return True
        return False

    def redact_text(self, text: str) -> str:
        """The text without secrets; the same object if it holds none."""
        return self._pattern.sub(REDACTED, text) if self._pattern else text

    def partial_match_length(self, text: str) -> int:
        """How many characters at the end of a text may be the beginning of a secret, whose rest
        is still to come.
        """
        longest = 0
        for form in self._forms:
            at = text.find(form[0], max(0, len(text) - len(form) + 1))
            while at >= 0 and not form.startswith(text[at:]):
                at = text.find(form[0], at + 1)
            if at >= 0:
                longest = max(longest, len(text) - at)
        return longest

    def redact_value(self, value: Any) -> Any:
        """A JSON value without secrets, keys of objects and numbers that are one included;
        unchanged parts are shared.
        """
        if not self._pattern:
            return value
        if isinstance(value, str):
            return self.redact_text(value)
        if isinstance(value, dict):
            return {self.redact_text(name): self.redact_value(part) for name, part in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.redact_value(part) for part in value]
        if self._numeric and type(value) in (int, float):
            return REDACTED if self.redact_text(str(value)) == REDACTED else value
        return value


def replace_secrets(value: Any, replace: Callable[[Any], Any]) -> Any:
    """A plain value with each secret in it, however deep, replaced by what `replace` gives.

    A secret is what stands under a secret's name or a header's that carries credentials; and in a
    row that names one, as `{"key": "Authorization", "value": "…"}`, its value and all other texts,
    whatever their columns are called, but for what describes it.
    """
    if isinstance(value, (list, tuple)):
        return [replace_secrets(item, replace) for item in value]
    if not isinstance(value, dict):
        return value
    row = any(
        _is_secret_key(item) for name, item in value.items() if str(name).lower() in _NAME_COLUMNS
    )
    return {
        name: replace(item)
        if item and (_is_secret_key(name) or (row and _may_be_secret_cell(str(name).lower(), item)))
        else replace_secrets(item, replace)
        for name, item in value.items()
    }


def _may_be_secret_cell(column: str, item: Any) -> bool:
    """Whether this of a row that names a secret may be the secret."""
    if column == "value":
        return True
    return isinstance(item, str) and column not in _DESCRIPTIVE_COLUMNS and not _is_secret_key(item)


def find_named_secrets(value: Any) -> set[str]:
    """The texts that `replace_secrets` replaces in a value."""
    found: set[str] = set()
    replace_secrets(value, lambda secret: found.update(collect_texts(secret)))
    return found


def is_redacted(value: Any) -> bool:
    """Whether a secret's text was blotted out in a value, or somebody typed what looks like it."""
    return any(REDACTED in text for text in collect_texts(value))


def looks_like_secret(value: Any) -> bool:
    """Whether a value that no name calls a secret looks as if it held a password or a key.

    A guess, to warn by: what it says of is kept and sent as it is.
    """
    return any(
        _SECRET_IN_TEXT.search(text) or any(map(is_secret_name, _ASSIGNMENT.findall(text)))
        for text in collect_texts(value)
    )


def _is_secret_key(name: object) -> bool:
    return isinstance(name, str) and (is_secret_name(name) or name.lower() in _SECRET_HEADERS)


def collect_texts(value: Any) -> set[str]:
    """The texts within a secret override's value, however deep."""
    if isinstance(value, str):
        return {value}
    if isinstance(value, dict):
        return {text for part in value.values() for text in collect_texts(part)}
    if isinstance(value, (list, tuple)):
        return {text for part in value for text in collect_texts(part)}
    return set()


def _escaped_forms(secret: str) -> set[str]:
    """How a secret may be written within JSON, a URL or a page; JSON within JSON included."""
    forms = {secret, quote(secret, safe=""), quote(secret), quote_plus(secret)}
    forms |= {html.escape(secret), html.escape(secret, quote=False), repr(secret)[1:-1]}
    for ascii_only in (True, False):
        once = json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
        forms |= {once, json.dumps(once, ensure_ascii=ascii_only)[1:-1]}
        forms |= {once.replace("/", "\\/")}
    return forms
