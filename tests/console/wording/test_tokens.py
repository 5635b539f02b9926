"""Tokens and costs in words."""

from decimal import Decimal

import pytest

from lfclient.console.config.prices import ModelPrice, PriceTable
from lfclient.console.wording.tokens import (
    component_usage_text,
    cost_text,
    format_cost,
    known_cost_text,
    total_cost_text,
    usage_text,
)
from lfclient.runs.components import ComponentRun, Usage

USAGE = Usage(1_000_000, 500_000, 1_500_000)
PRICES = PriceTable("USD", {"mini": ModelPrice(input=Decimal("0.15"), output=Decimal("0.6"))})


def test_tokens_are_told_with_those_read_and_those_written():
    assert usage_text(Usage(1200, 34, 1234)) == "1,234 tokens (1,200 in, 34 out)"
    assert usage_text(Usage(1, 0, 1)) == "1 token (1 in, 0 out)"
    assert usage_text(None) == ""


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("1234.5", "1,234.50 USD"), ("1.005", "1.00 USD"), ("0.996", "1.00 USD"),
        ("0.45", "0.45 USD"), ("0.012345", "0.012 USD"), ("0.0000084", "0.0000084 USD"),
        ("0", "0.00 USD"),
    ],
)  # fmt: skip
def test_small_amounts_keep_two_significant_digits(amount: str, text: str):
    assert format_cost(Decimal(amount), PRICES) == text


def test_a_cost_is_shown_only_if_all_its_models_have_prices():
    assert cost_text({"mini": USAGE}, PRICES) == "0.45 USD"
    assert known_cost_text({"mini": USAGE}, PRICES) == "0.45 USD"
    unpriced = {"mini": USAGE, "b": USAGE, "a": USAGE}
    assert cost_text(unpriced, PRICES) == "Unknown: no price is configured for a, b"
    unknown = cost_text({"mini": USAGE, "": USAGE}, PRICES)
    assert unknown == "Unknown: it is not known which model was used"
    assert known_cost_text(unpriced, PRICES) == known_cost_text({}, None) == ""


def test_without_prices_or_tokens_there_is_no_cost():
    assert cost_text({"mini": USAGE}, None) == ""
    assert cost_text({}, PRICES) == ""
    assert component_usage_text(ComponentRun("A-1"), PRICES) == ""


def test_a_component_has_its_model_beside_its_tokens():
    run = ComponentRun("A-1", usage=Usage(1, 2, 3), usage_by_model={"mini": Usage(1, 2, 3)})
    assert component_usage_text(run, None) == "mini: 3 tokens (1 in, 2 out)"
    assert component_usage_text(run, PRICES) == "mini: 3 tokens (1 in, 2 out) · 0.0000014 USD"
    other = ComponentRun("A-1", usage=Usage(1, 2, 3), usage_by_model={"big": Usage(1, 2, 3)})
    assert component_usage_text(other, PRICES) == "big: 3 tokens (1 in, 2 out)"


def test_a_sum_says_how_many_runs_it_lacks():
    known, unknown = {"mini": USAGE}, {"big": USAGE}
    assert total_cost_text([known, known], PRICES) == "0.90 USD"
    assert total_cost_text([known, unknown, {}], PRICES) == (
        "0.45 USD, excluding 2 runs of unknown cost"
    )
    assert total_cost_text([unknown], PRICES) == ""
