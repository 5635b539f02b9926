"""Removal of secrets from everything that is shown or stored.

Langflow repeats what it receives. A synchronous response echoes every override. Langflow 1.8 shows
secrets in outputs and build records, 1.12 and later in events. So every response is redacted here.
"""

import html
import json
import re
from collections.abc import Callable, Iterable
from threading import Lock
from typing import NamedTuple
from urllib.parse import quote, quote_plus

from lfclient.common.json_types import Json

REDACTED = "••••"  # replaces a secret's text within other text
MIN_SECRET_LENGTH = 6  # characters; shorter secrets would match innocent text
_MAX_IN_PATTERN = 10_000  # characters; a compiled secret of 18 MB takes 2.6 GB

# No encoding escapes these characters, so a response contains such a secret verbatim.
_NEVER_ESCAPED = re.compile(r"[A-Za-z0-9_.~-]+")
_NUMBER = re.compile(r"-?\d[\d.e+-]*")
# api_key, X-API-Key, "API key", clientSecret, password2
_SECRET_NAME = re.compile(
    r"(?:^|[\s_-]|(?<=[a-z0-9])(?=[A-Z]))(?i:(?:(?:api|access|secret|private|auth|account"
    r"|encryption|signing|master|hmac|subscription)[\s_-]?keys?|token|secret|password|passwd|pwd"
    r"|passphrase|passcode|credentials?)[\s_-]?\d*$)"
)
_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})
# Credentials within other text: a URL with a password, a header, well-known key formats. The limit
# of 100 keeps the time linear for `sk-sk-sk-…`. The other repetitions need no limit, because they
# stop where the same pattern could begin again.
_SECRET_IN_TEXT = re.compile(
    r"://[^\s/:@]*:[^\s/@]+@|\bcookie:\s*\S"
    r"|\b(?:Bearer|Basic)\s+(?=\S*\d)[\w.~+/=-]{8}"
    r"|\b(?:sk|pk|ghp|gho|xox[abp]|github_pat)[_-](?=[\w-]{0,100}\d)[\w-]{10}"
    r"|\bAKIA\w{12}|\bAIza[\w-]{20}|-----BEGIN [A-Z ]*PRIVATE KEY",
    re.IGNORECASE,
)
_ASSIGNMENT = re.compile(r"(?<![\w-])([\w-]{1,50})['\"]?\s?[=:]\s?['\"]?[\w.~+/%-]{8,}")
# A whole key or password. Text without a digit is more likely a word.
_KEY = re.compile(
    r"(?<=://)[^\s/:@]*:[^\s/@]+@"
    r"|\b(?:Bearer|Basic)\s+(?=\S*\d)[\w.~+/=-]{16,}"
    r"|\b(?:(?:gh[opsu]|xox[abp]|github_pat|glpat)[_-]|sk-(?:proj|ant|or-v1|svcacct|admin)-"
    r"|[sp]k(?:-lf-|_live_|_test_))(?=[\w-]{0,100}\d)[\w-]{10,}"
    # names such as pk_customer_id_2 have separators; the only known keys with them are Langflow's
    r"|\b(?:sk|pk|hf|gsk)[_-](?=[A-Za-z0-9]{0,100}\d)[A-Za-z0-9]{20}[\w-]*"
    r"|\bsk-(?=[\w-]{0,42}\d)(?=[\w-]{0,42}[A-Z])[\w-]{43}(?![\w-])"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}|\bAIza[\w-]{20,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(?:-----END [A-Z ]*-----)?"
)
_ASSIGNED_KEY = re.compile(
    r"(?<![\w-])([\w-]{1,50})(['\"]?\s?[=:]\s?['\"]?)(?=[\w.~+/%-]{0,100}\d)[\w.~+/%-]{16,}"
)
_MAX_SEARCHED = 200_000  # a search holds up all threads, for up to half a second per megabyte
_NAME_COLUMNS = frozenset({"key", "name", "header"})  # columns that name the row's value
# Columns that only describe a row, in Langflow's lists of fields and tools.
_DESCRIPTIVE_COLUMNS = frozenset(
    {"description", "display_name", "display_description", "type", "multiple"}
)
# In a model option, the parameters that take the provider's settings: {"api_key": "api_key"}.
_PARAMETER_NAMES = "param_mapping"
# A response may contain this header's credentials without the scheme.
_AUTH_SCHEME = re.compile(r"(?:Basic|Bearer|Token)\s+(\S+)", re.IGNORECASE)


def is_secret_name(parameter: str) -> bool:
    """Return whether a parameter's name indicates a secret value."""
    return bool(_SECRET_NAME.search(parameter))


class _Compiled(NamedTuple):
    """Secrets and their search patterns. `forms` are all escaped forms, longest first."""

    secrets: frozenset[str] = frozenset()
    pattern: re.Pattern[str] | None = None
    forms: tuple[str, ...] = ()
    long_forms: tuple[str, ...] = ()  # the forms that are not in the pattern
    encoded_forms: tuple[bytes, ...] = ()
    has_escapable: bool = False
    has_numeric: bool = False


def _with_credentials(secrets: Iterable[str]) -> set[str]:
    """Return these secrets, and HTTP headers' secrets also without their scheme."""
    whole = {*secrets}
    return whole | {match[1] for match in map(_AUTH_SCHEME.fullmatch, whole) if match}


class Redactor:
    """Replaces known secrets with `••••`, plain or escaped for JSON, URLs and HTML. Thread-safe.

    Secrets of fewer than `MIN_SECRET_LENGTH` characters are ignored. `own` is a redactor without
    the secrets that were added later.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._lock = Lock()
        # replaced as a whole, because other threads read it without the lock
        self._compiled = _Compiled()
        self.add(*secrets)
        self._permanent = self._compiled.secrets

    def add(self, *secrets: str) -> None:
        """Redact these secrets from now on."""
        new = {one for one in _with_credentials(secrets) if len(one) >= MIN_SECRET_LENGTH}
        with self._lock:
            if not new <= self._compiled.secrets:
                self._compiled = _compile(self._compiled.secrets | new)

    @property
    def own(self) -> "Redactor":
        """A redactor with the secrets of the constructor."""
        return Redactor(self._permanent)

    def may_contain_secret(self, content: bytes) -> bool:
        """Return whether a raw response needs redaction, without parsing it.

        Return True for every response if a secret could be escaped in an unforeseen way.
        """
        compiled = self._compiled
        if not compiled.secrets:
            return False
        if compiled.has_escapable:
            return True
        for form in compiled.encoded_forms:  # noqa: SIM110 - takes half as long as `any`, per event
            if form in content:
                return True
        return False

    def redact_text(self, text: str) -> str:
        """Return the text without secrets, or the same object if it contains none."""
        compiled = self._compiled
        # faster than the pattern: 8 instead of 33 ms for 5 MB and 3 secrets
        found = [form for form in compiled.forms if form in text]
        if len(found) < 2:
            return text.replace(found[0], REDACTED) if found else text
        for form in compiled.long_forms:
            text = text.replace(form, REDACTED)
        return compiled.pattern.sub(REDACTED, text) if compiled.pattern else text

    def partial_match_length(self, text: str) -> int:
        """Return the number of characters at the end of `text` that may start a secret."""
        longest = 0
        for form in self._compiled.forms:
            start = text.find(form[0], max(0, len(text) - len(form) + 1))
            while start >= 0 and not form.startswith(text[start:]):
                start = text.find(form[0], start + 1)
            if start >= 0:
                longest = max(longest, len(text) - start)
        return longest

    def redact_value(self, value: Json) -> Json:
        """Return a JSON value without secrets, including in object keys and as numbers.

        Unchanged leaves are shared with the original.
        """
        if not self._compiled.secrets:
            return value
        if isinstance(value, str):
            return self.redact_text(value)
        if isinstance(value, dict):
            return {self.redact_text(name): self.redact_value(part) for name, part in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.redact_value(part) for part in value]
        if self._compiled.has_numeric and type(value) in (int, float):
            return REDACTED if self.redact_text(str(value)) == REDACTED else value
        return value


def _compile(secrets: frozenset[str]) -> _Compiled:
    escaped = {form for secret in secrets for form in _escaped_forms(secret)}
    forms = tuple(sorted(escaped, key=len, reverse=True))
    long_forms = tuple(form for form in forms if len(form) > _MAX_IN_PATTERN)
    in_pattern = forms[len(long_forms) :]
    return _Compiled(
        secrets,
        re.compile("|".join(map(re.escape, in_pattern))) if in_pattern else None,
        forms,
        long_forms,
        tuple(form.encode("utf-8", "replace") for form in forms),
        has_escapable=any(not _NEVER_ESCAPED.fullmatch(one) for one in secrets),
        has_numeric=any(map(_NUMBER.fullmatch, secrets)),
    )


def replace_secrets(value: Json, replace: Callable[[Json], Json]) -> Json:
    """Return a JSON value with each secret in it, at any depth, replaced by `replace(secret)`.

    Secrets are recognized by name: the value of a key that names a secret or a header with
    credentials. In a row such as `{"key": "Authorization", "value": "…"}`, the value and all other
    texts are secrets, except the name and descriptive columns.
    """
    if isinstance(value, (list, tuple)):
        return [replace_secrets(item, replace) for item in value]
    if not isinstance(value, dict):
        return value
    is_secret_row = any(
        _is_secret_key(item) for name, item in value.items() if str(name).lower() in _NAME_COLUMNS
    )

    def replaced(name: str, item: Json) -> Json:
        if name == _PARAMETER_NAMES:
            return item
        if item and (_is_secret_key(name) or (is_secret_row and _may_be_secret_cell(name, item))):
            return replace(item)
        return replace_secrets(item, replace)

    return {name: replaced(name, item) for name, item in value.items()}


def _may_be_secret_cell(name: object, item: Json) -> bool:
    column = str(name).lower()
    if column == "value":
        return True
    return isinstance(item, str) and column not in _DESCRIPTIVE_COLUMNS and not _is_secret_key(item)


def find_named_secrets(value: Json) -> set[str]:
    """Return the set of texts that `replace_secrets` replaces."""
    secrets: set[str] = set()
    replace_secrets(value, lambda secret: secrets.update(collect_texts(secret)))
    return secrets


def is_redacted(value: Json) -> bool:
    """Return whether any text in a value contains `REDACTED`, even if a person typed it."""
    return any(REDACTED in text for text in collect_texts(value))


def looks_like_secret(value: Json) -> bool:
    """Return whether a value probably contains a password or key, for a warning only.

    Only the first `_MAX_SEARCHED` characters of each text are searched. Such values are stored and
    sent unchanged.
    """
    return any(
        _SECRET_IN_TEXT.search(text) or any(map(is_secret_name, _ASSIGNMENT.findall(text)))
        for text in (text[:_MAX_SEARCHED] for text in collect_texts(value))
    )


def remove_keys(text: str) -> str:
    """Return a text without keys and passwords in URLs, recognized by their form."""

    def blank(match: re.Match[str]) -> str:
        return match[1] + match[2] if is_secret_name(match[1]) else match[0]

    return _ASSIGNED_KEY.sub(blank, _KEY.sub("", text))


def _is_secret_key(name: object) -> bool:
    return isinstance(name, str) and (is_secret_name(name) or name.lower() in _SECRET_HEADERS)


def collect_texts(value: Json) -> set[str]:
    """Return all strings in a JSON value, at any depth, except object keys."""
    if isinstance(value, str):
        return {value}
    if isinstance(value, dict):
        return {text for part in value.values() for text in collect_texts(part)}
    if isinstance(value, (list, tuple)):
        return {text for part in value for text in collect_texts(part)}
    return set()


def _escaped_forms(secret: str) -> set[str]:
    """Return a secret's forms in JSON, JSON within JSON, URLs and HTML."""
    forms = {secret, quote(secret, safe=""), quote(secret), quote_plus(secret)}
    forms |= {html.escape(secret), html.escape(secret, quote=False), repr(secret)[1:-1]}
    for ascii_only in (True, False):
        once = json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
        forms |= {once, json.dumps(once, ensure_ascii=ascii_only)[1:-1]}
        forms |= {once.replace("/", "\\/")}
    return forms
