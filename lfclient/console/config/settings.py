"""The console's settings, from the environment, `.env` and secrets.toml.

The sources are read with python-dotenv and tomllib. pydantic-settings would merge them, but an API
key must only be used with the URL from the same source.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs
from dotenv import dotenv_values
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from lfclient.common.formatting import clip, explain_read_error
from lfclient.console.config.connection import Connection
from lfclient.console.config.prices import PricesRefused, PriceTable
from lfclient.errors import AddressRefused, LangflowError
from lfclient.wire.addresses import normalize_address

MIN_SECRET_LENGTH = 32  # characters
DEFAULT_SERVER_URL = "http://127.0.0.1:7860"
DEFAULT_MAX_RUN_MB = 256
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# goes into a response header: only characters of an origin, no wildcard
_ORIGIN = re.compile(
    rf"https?://(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{{1,5}})?", re.IGNORECASE
)
_BOOLEANS = {"1": True, "true": True, "yes": True, "on": True}
_BOOLEANS |= {"0": False, "false": False, "no": False, "off": False}


class SettingsError(LangflowError):
    """An invalid setting. The message has its name and source."""

    default_hint = "Correct it and start the console again."


class _ServerEntry(BaseModel):
    """A `[servers.<name>]` table of secrets.toml."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    url: str
    api_key: SecretStr | None = None
    verify: bool | None = None
    ca_bundle: str | None = None
    editor_url: str | None = None


class _Secrets(BaseModel):
    """The tables of secrets.toml that are read here."""

    model_config = ConfigDict(hide_input_in_errors=True)
    servers: dict[str, _ServerEntry] = {}


@dataclass(frozen=True)
class RetentionSettings:
    """Limits of the stored runs. None means no limit. Starred runs are never removed.

    `max_run_bytes` limits one run's response. When all responses together exceed
    `max_total_bytes`, the oldest responses are removed and their runs stay listed. `max_age_days`
    and `max_runs` remove whole runs.
    """

    store_inputs: bool = True
    store_outputs: bool = True
    max_run_bytes: int | None = DEFAULT_MAX_RUN_MB * 1_000_000
    max_total_bytes: int | None = None
    max_age_days: float | None = None
    max_runs: int | None = None


@dataclass(frozen=True)
class Settings:
    """The console's settings.

    - `servers`: the servers of the environment or `.env`, then the servers of secrets.toml.
    - `discover_url`: None if discovery is off.
    - `database_url`: the PostgreSQL database for runs. None means a file in `data_dir`.
    - `secret`: the key of owner fingerprints. None means the key stored in `data_dir`.
    - `bind_address`: the IP address that the console listens on. Empty means all addresses.
    - `allow_other_servers`, `allow_install`: None if unset, see `visitor_permissions`.
    - `prices`: None if costs are not shown.
    - `frame_ancestors`: the origins whose pages may embed views.
    """

    servers: tuple[Connection, ...]
    data_dir: Path
    bind_address: str = ""
    allow_other_servers: bool | None = None
    allow_install: bool | None = None
    discover_url: str | None = DEFAULT_SERVER_URL
    verify: bool | str = True
    database_url: SecretStr | None = None
    secret: SecretStr | None = None
    retention: RetentionSettings = field(default_factory=RetentionSettings)
    prices: PriceTable | None = None
    frame_ancestors: tuple[str, ...] = ()

    @classmethod
    def load(
        cls,
        folder: Path | None = None,
        environ: Mapping[str, str] | None = None,
        bind_address: str = "",
    ) -> Settings:
        """Read the environment, then `.env` and `.streamlit/secrets.toml` in `folder`.

        `folder` defaults to the working directory. Raise `SettingsError` if a setting is invalid.
        """
        folder = folder or Path.cwd()
        values = _Variables(os.environ if environ is None else environ, folder / ".env")
        verify = values.verify()
        servers = [*values.server(verify), *_servers_in_secrets(folder, verify)]
        _require_unique_names(servers)
        database_url = values.text("LFCONSOLE_DATABASE_URL")
        return cls(
            servers=tuple(servers),
            data_dir=values.data_dir(),
            bind_address=bind_address,
            allow_other_servers=values.optional_flag("LFCONSOLE_ALLOW_OTHER_SERVERS"),
            allow_install=values.optional_flag("LFCONSOLE_ALLOW_INSTALL"),
            discover_url=values.discover_url(),
            verify=verify,
            database_url=SecretStr(database_url) if database_url else None,
            secret=values.secret(required=bool(database_url)),
            retention=values.retention(),
            prices=values.prices(folder),
            frame_ancestors=values.origins("LFCONSOLE_FRAME_ANCESTORS"),
        )


def load_data_dir(folder: Path | None = None, environ: Mapping[str, str] | None = None) -> Path:
    """Return `Settings.data_dir`, whatever the other settings are."""
    folder = folder or Path.cwd()
    return _Variables(os.environ if environ is None else environ, folder / ".env").data_dir()


class _Variables:
    """The environment's variables, then those in `.env`, without copying them to `os.environ`."""

    def __init__(self, environ: Mapping[str, str], env_file: Path) -> None:
        self._environ = {name: value.strip() for name, value in environ.items()}
        self._path = env_file
        try:
            variables = dotenv_values(env_file, interpolate=False) if env_file.is_file() else {}
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(
                f"Couldn't read {env_file}: {explain_read_error(error)}."
            ) from error
        self._file = {name: (value or "").strip() for name, value in variables.items()}

    def text(self, name: str) -> str:
        return self._environ.get(name) or self._file.get(name, "")

    def location(self, name: str) -> str:
        return f"{name} in {'the environment' if self._environ.get(name) else self._path}"

    def flag(self, name: str, default: bool) -> bool:
        value = self.optional_flag(name)
        return default if value is None else value

    def optional_flag(self, name: str) -> bool | None:
        text = self.text(name)
        if not text:
            return None
        try:
            return _BOOLEANS[text.lower()]
        except KeyError:
            raise SettingsError(
                f"{self.location(name)} must be true or false.", hint="Set it to true or false."
            ) from None

    def limit(self, name: str, maximum: int, default: int | None = None) -> int | None:
        """Return a limit of at most `maximum`, or None (no limit) if the setting is 0."""
        text = self.text(name)
        if not text:
            return default
        if not text.isdecimal() or int(text) > maximum:
            raise SettingsError(
                f"{self.location(name)} must be a whole number from 0 to {maximum:,}.",
                hint="Set it to a whole number, or to 0 for no limit.",
            )
        return int(text) or None

    def secret(self, *, required: bool) -> SecretStr | None:
        """Return LFCONSOLE_SECRET. Raise `SettingsError` if short, or unset but `required`."""
        name = "LFCONSOLE_SECRET"
        text = self.text(name)
        hint = (
            f"Set it to at least {MIN_SECRET_LENGTH} random characters, the same for every console "
            "that uses the database, and keep it: changing it hides all earlier runs. Generate one "
            "with `openssl rand -hex 32`."
        )
        if not text and required:
            raise SettingsError(
                f"LFCONSOLE_DATABASE_URL is set but {name} is not: consoles that share a database "
                "must also share a secret.",
                hint=hint,
            )
        if text and len(text) < MIN_SECRET_LENGTH:
            raise SettingsError(f"{self.location(name)} is too short.", hint=hint)
        return SecretStr(text) if text else None

    def data_dir(self) -> Path:
        default = platformdirs.user_data_dir("langflow-console", appauthor=False)
        return Path(self.text("LFCONSOLE_DATA_DIR") or default).expanduser().absolute()

    def retention(self) -> RetentionSettings:
        run_mb = self.limit("LFCONSOLE_KEEP_RUN_MB", 2_000, DEFAULT_MAX_RUN_MB)
        total_mb = self.limit("LFCONSOLE_KEEP_TOTAL_MB", 100_000_000)
        return RetentionSettings(
            store_inputs=self.flag("LFCONSOLE_KEEP_INPUTS", True),
            store_outputs=self.flag("LFCONSOLE_KEEP_OUTPUTS", True),
            max_run_bytes=run_mb and run_mb * 1_000_000,
            max_total_bytes=total_mb and total_mb * 1_000_000,
            max_age_days=self.limit("LFCONSOLE_KEEP_DAYS", 100_000),
            max_runs=self.limit("LFCONSOLE_KEEP_RUNS", 1_000_000_000),
        )

    def prices(self, folder: Path) -> PriceTable | None:
        """Return the prices in LFCONSOLE_PRICES, a path relative to `folder`. None if unset."""
        name = "LFCONSOLE_PRICES"
        text = self.text(name)
        if not text:
            return None
        try:
            return PriceTable.read(folder / Path(text).expanduser())
        except PricesRefused as error:
            raise SettingsError(
                f"{self.location(name)}: {error.message}", hint=error.hint
            ) from error

    def origins(self, name: str) -> tuple[str, ...]:
        """Return the origins of a setting, where they are separated by spaces."""
        texts = self.text(name).split()
        for text in texts:
            if not _ORIGIN.fullmatch(text):
                raise SettingsError(
                    f"{self.location(name)}: {clip(text, 100)} is not an origin.",
                    hint="Write each as scheme, host and port only, such as "
                    "https://intranet.example or http://localhost:8000, with spaces between them.",
                )
        return tuple(text.lower() for text in texts)

    def verify(self) -> bool | str:
        bundle = self.text("LFCONSOLE_CA_BUNDLE")
        if bundle:
            return _parse_ca_bundle(bundle, self.location("LFCONSOLE_CA_BUNDLE"))
        return self.flag("LANGFLOW_VERIFY", True)

    def discover_url(self) -> str | None:
        """Return LFCONSOLE_DISCOVER_URL; None if it is set but empty."""
        name = "LFCONSOLE_DISCOVER_URL"
        for source in (self._environ, self._file):
            if name in source:
                return self.url(name) if source[name] else None
        return DEFAULT_SERVER_URL

    def url(self, name: str) -> str | None:
        text = self.text(name)
        return _parse_url(text, self.location(name)) if text else None

    def server(self, verify: bool | str) -> Iterator[Connection]:
        """Yield the server of LANGFLOW_SERVER_URL, if set, with its key.

        The key comes from the same source as the URL. The other source's key is used only if the
        other source has no URL or the same URL.
        """
        name = "LANGFLOW_SERVER_URL"
        text = self.text(name)
        if not text:
            return
        url = _parse_url(text, self.location(name))
        from_environ = bool(self._environ.get(name))
        own, other = (self._environ, self._file) if from_environ else (self._file, self._environ)
        key = own.get("LANGFLOW_API_KEY", "")
        other_url = other.get(name)
        if not key and (not other_url or normalize_address(other_url) == url):
            key = other.get("LANGFLOW_API_KEY", "")
        yield Connection(
            name=url.partition("://")[2],
            url=url,
            api_key=_parse_key(key, self.location("LANGFLOW_API_KEY")),
            source="environment" if from_environ else "env file",
            verify=verify,
            editor_url=self.url("LANGFLOW_EDITOR_URL"),
        )


def _servers_in_secrets(folder: Path, verify: bool | str) -> Iterator[Connection]:
    path = folder / ".streamlit" / "secrets.toml"
    if not path.is_file():
        return
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        servers = _Secrets.model_validate(document).servers
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"Couldn't read {path}: {explain_read_error(error)}.") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not valid TOML: {error}") from error
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        setting = ".".join(str(part) for part in first["loc"])
        is_table_expected = first["type"] in ("model_type", "dict_type")
        problem = " must be a table" if is_table_expected else f": {first['msg']}"
        raise SettingsError(f"{setting} in {path}{problem}.", hint=_SECRETS_HINT) from None
    for name, server in servers.items():
        where = f"[servers.{name}] in {path}"
        own_verify = verify if server.verify is None else server.verify
        if server.ca_bundle:
            own_verify = _parse_ca_bundle(server.ca_bundle, f"ca_bundle of {where}")
        key = server.api_key.get_secret_value().strip() if server.api_key else ""
        yield Connection(
            name=name,
            url=_parse_url(server.url, f"url of {where}"),
            api_key=_parse_key(key, f"api_key of {where}"),
            source="secrets",
            verify=own_verify,
            editor_url=_parse_url(server.editor_url, f"editor_url of {where}")
            if server.editor_url
            else None,
        )


_SECRETS_HINT = 'Write each server as a table [servers.<name>] with url = "…" and api_key = "…".'


def _require_unique_names(servers: list[Connection]) -> None:
    names = [server.name for server in servers]
    for name in names:
        if names.count(name) > 1:
            raise SettingsError(
                f"Two servers are named {name!r}.",
                hint="Rename the one in secrets.toml. LANGFLOW_SERVER_URL is named by its address.",
            )


def _parse_url(text: str, where: str) -> str:
    try:
        return normalize_address(text)
    except AddressRefused as error:
        raise SettingsError(f"{where}: {error.message}", hint=error.hint) from error


def _parse_key(text: str, where: str) -> SecretStr | None:
    if any(not 32 < ord(character) < 127 for character in text):
        raise SettingsError(
            f"{where} contains characters that are not allowed in an API key.",
            hint="Copy the key again, without spaces, quotes or line breaks.",
        )
    return SecretStr(text) if text else None


def _parse_ca_bundle(text: str, where: str) -> str:
    path = Path(text).expanduser()
    if not path.exists():
        raise SettingsError(f"{where}: {text} does not exist.")
    return str(path)
