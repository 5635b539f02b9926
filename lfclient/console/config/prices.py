"""The operator's model prices, and the costs of runs."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from lfclient.common.formatting import explain_read_error
from lfclient.errors import LangflowError
from lfclient.runs.components import Usage

_MILLION = 1_000_000
_MAX_PRICE = 1_000_000_000
_MAX_BYTES = 1_000_000
_HINT = (
    'Write currency = "USD", then a table for each model: [models."gpt-4o-mini"] with input = 0.15 '
    "and output = 0.60, per million tokens."
)


class PricesRefused(LangflowError):
    """An invalid price table. The message has the file and the line or key."""

    default_hint = _HINT


def _check_number(value: object) -> object:
    """Raise an error for values that pydantic would convert to a number."""
    if type(value) not in (int, Decimal):
        raise ValueError("must be a number")
    return value


_Price = Annotated[Decimal, BeforeValidator(_check_number), Field(ge=0, le=_MAX_PRICE)]


class ModelPrice(BaseModel):
    """The price of a model's input and output tokens, per million."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    input: _Price
    output: _Price

    def cost(self, usage: Usage) -> Decimal:
        """Return the cost of this token usage, in the table's currency."""
        return (self.input * usage.input + self.output * usage.output) / _MILLION


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    currency: Annotated[str, Field(min_length=1, max_length=8, pattern=r"^\S+$")]
    models: dict[str, ModelPrice]


@dataclass(frozen=True)
class Cost:
    """The cost of token usage.

    `amount` is None if a model has no price, or without any usage. `unpriced` has the names of the
    models without a price, and "" for unknown models.
    """

    amount: Decimal | None
    unpriced: tuple[str, ...] = ()


@dataclass(frozen=True)
class PriceTable:
    """Prices by model name, in one currency."""

    currency: str
    models: Mapping[str, ModelPrice]

    @classmethod
    def read(cls, path: Path) -> PriceTable:
        """Return the prices in a TOML file. Raise `PricesRefused` if they can't be used."""
        try:
            if path.stat().st_size > _MAX_BYTES:
                raise PricesRefused(f"{path} is too large for a table of prices.")
            document = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        except tomllib.TOMLDecodeError as error:
            raise PricesRefused(f"{path} is not valid TOML: {error}") from error
        except (OSError, UnicodeDecodeError) as error:
            raise PricesRefused(f"Couldn't read {path}: {explain_read_error(error)}.") from error
        try:
            file = _File.model_validate(document)
        except ValidationError as error:
            raise PricesRefused(f"{_describe(error)}, in {path}.") from None
        return cls(file.currency, file.models)

    def cost(self, usage_by_model: Mapping[str, Usage]) -> Cost:
        """Return the cost of token usage by model name."""
        unpriced = tuple(name for name in usage_by_model if not name or name not in self.models)
        if unpriced or not usage_by_model:
            return Cost(None, unpriced)
        amounts = (self.models[name].cost(usage) for name, usage in usage_by_model.items())
        return Cost(sum(amounts, Decimal()))


def _describe(error: ValidationError) -> str:
    """Return the first mismatch as a sentence without a full stop."""
    first: Any = error.errors(include_input=False, include_url=False)[0]
    *parents, name = (str(part) for part in first["loc"])
    key = ".".join([*(_quoted(part) for part in parents), _quoted(name)])
    problems = {
        "missing": "is missing",
        "extra_forbidden": "is not a setting",
        "model_type": "must be a table",
        "dict_type": "must be a table",
        "value_error": "must be a number",
        "greater_than_equal": "is negative",
        "less_than_equal": f"must be at most {_MAX_PRICE:,}",
        "finite_number": "must be a number",
    }
    return f"{key} {problems.get(first['type'], 'must be a short text without spaces')}"


def _quoted(name: str) -> str:
    """Return a key as TOML writes it."""
    is_bare = name.replace("-", "").replace("_", "").isalnum() and name.isascii()
    return name if is_bare else f'"{name}"'
