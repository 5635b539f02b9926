"""The operator's table of prices."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from lfclient.console.config.prices import Cost, PriceTable
from lfclient.console.config.settings import Settings, SettingsError
from lfclient.runs.components import Usage

TABLE = """\
currency = "USD"

[models."gpt-4o-mini"]
input = 0.15
output = 0.60

[models."llama3.2:latest"]
input = 0
output = 0
"""


def load(folder: Path, text: str) -> PriceTable | None:
    (folder / "prices.toml").write_text(text)
    return Settings.load(folder, {"LFCONSOLE_PRICES": "prices.toml"}).prices


def test_tokens_are_priced_per_million_without_rounding(tmp_path: Path):
    prices = load(tmp_path, TABLE)
    assert prices.currency == "USD"
    assert prices.cost({"gpt-4o-mini": Usage(3, 1, 4)}) == Cost(Decimal("0.00000105"))
    both = {"gpt-4o-mini": Usage(1_000_000, 0, 1_000_000), "llama3.2:latest": Usage(5, 5, 10)}
    assert prices.cost(both) == Cost(Decimal("0.15"))


def test_a_model_without_a_price_leaves_the_whole_cost_unknown(tmp_path: Path):
    prices = load(tmp_path, TABLE)
    usage = Usage(1, 1, 2)
    assert prices.cost({"gpt-4o-mini": usage, "gpt-4o": usage, "": usage}) == Cost(
        None, ("gpt-4o", "")
    )
    assert prices.cost({}) == Cost(None)


def test_an_empty_name_does_not_price_unknown_models(tmp_path: Path):
    prices = load(tmp_path, TABLE.replace("gpt-4o-mini", ""))
    assert prices.cost({"": Usage(1, 1, 2)}).amount is None


def test_without_the_setting_there_are_no_prices(tmp_path: Path):
    (tmp_path / "prices.toml").write_text(TABLE)
    assert Settings.load(tmp_path, {}).prices is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('currency = "USD"\n[models.a\n', "is not valid TOML: .*line 2"),
        ("[models]", "currency is missing"),
        ('currency = "USD"', "models is missing"),
        ('currency = "US dollars"\n[models]', "currency must be a short text without spaces"),
        ("currency = 5\n[models]", "currency must be a short text without spaces"),
        ('currency = "USD"\nmodels = 3', "models must be a table"),
        ('currency = "USD"\n[models]\na = 3', r"models\.a must be a table"),
        (TABLE.replace("0.15", '"0.15"'), r"models\.gpt-4o-mini\.input must be a number"),
        (TABLE.replace("= 0\n", "= []\n"), r'models\."llama3\.2:latest"\.input must be a number'),
        (TABLE.replace("0.15", "true"), r"input must be a number"),
        (TABLE.replace("0.15", "nan"), r"input must be a number"),
        (TABLE.replace("0.15", "inf"), r"input must be a number"),
        (TABLE.replace("0.15", "-1"), r"input is negative"),
        (TABLE.replace("0.15", "1e10"), r"input must be at most 1,000,000,000"),
        (TABLE.replace("input = 0.15", ""), r"input is missing"),
        (TABLE.replace("input", "imput", 1), r"(input is missing|imput is not a setting)"),
        (TABLE + "cached = 1", r"cached is not a setting"),
    ],
)
def test_an_invalid_table_is_refused_with_its_file_and_the_line_or_key(
    tmp_path: Path, text: str, problem: str
):
    with pytest.raises(SettingsError, match=problem) as caught:
        load(tmp_path, text)
    assert "LFCONSOLE_PRICES in the environment" in caught.value.message
    assert str(tmp_path / "prices.toml") in caught.value.message
    assert "per million tokens" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("none.toml", "No such file or directory"),
        ("folder.toml", "Is a directory"),
        ("bytes.toml", "it is not UTF-8 text"),
    ],
)
def test_an_unreadable_file_is_reported_with_the_reason(tmp_path: Path, name: str, problem: str):
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError) as caught:
        Settings.load(tmp_path, {"LFCONSOLE_PRICES": name})
    assert f"Couldn't read {tmp_path / name}: {problem}." in caught.value.message
    assert "Errno" not in caught.value.message
