"""Words for the input and output tokens of models, and for what they cost."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from lfclient.common.formatting import clip, format_count
from lfclient.console.config.prices import PriceTable
from lfclient.runs.components import ComponentRun, Usage

_MAX_NAME_LENGTH = 60


def usage_text(usage: Usage | None) -> str:
    """Return the tokens as text, such as "42 tokens (22 in, 20 out)"; "" if they are unknown."""
    if usage is None:
        return ""
    return f"{format_count(usage.total, 'token')} ({usage.input:,} in, {usage.output:,} out)"


def component_usage_text(component: ComponentRun, prices: PriceTable | None) -> str:
    """Return a component's models, tokens and cost, as far as they are known.

    Such as "gpt-4o-mini: 42 tokens (22 in, 20 out) · 0.000015 USD"; "" without tokens.
    """
    names = ", ".join(clip(name, _MAX_NAME_LENGTH) for name in component.usage_by_model if name)
    tokens = usage_text(component.usage)
    cost = known_cost_text(component.usage_by_model, prices)
    text = f"{names}: {tokens}" if names else tokens
    return f"{text} · {cost}" if cost else text


def cost_text(usage_by_model: Mapping[str, Usage], prices: PriceTable | None) -> str:
    """Return what tokens cost, or why there is no cost; "" without tokens or prices."""
    if prices is None or not usage_by_model:
        return ""
    cost = prices.cost(usage_by_model)
    if cost.amount is None:
        return f"Unknown: {missing_prices_text(cost.unpriced)}"
    return format_cost(cost.amount, prices)


def known_cost_text(usage_by_model: Mapping[str, Usage], prices: PriceTable | None) -> str:
    """Return what tokens cost; "" if that is unknown."""
    cost = prices.cost(usage_by_model).amount if prices else None
    return "" if prices is None or cost is None else format_cost(cost, prices)


def total_cost_text(usages: Iterable[Mapping[str, Usage]], prices: PriceTable) -> str:
    """Return what several runs cost together, and how many of them have no known cost."""
    costs = [prices.cost(usage).amount for usage in usages]
    known = [cost for cost in costs if cost is not None]
    if not known:
        return ""
    total = format_cost(sum(known, Decimal()), prices)
    unknown = len(costs) - len(known)
    if not unknown:
        return total
    return f"{total}, excluding {format_count(unknown, 'run')} of unknown cost"


def missing_prices_text(models: Iterable[str]) -> str:
    """Return why models without a price, "" for unknown ones, leave a cost unknown."""
    names = sorted(clip(name, _MAX_NAME_LENGTH) for name in models if name)
    if not names:
        return "it is not known which model was used"
    return f"no price is configured for {', '.join(names)}"


def format_cost(amount: Decimal, prices: PriceTable) -> str:
    """Return an amount with at least two significant digits, such as "0.0012 USD"."""
    digits = 2 if amount >= 1 or not amount else max(2, 1 - amount.adjusted())
    return f"{amount:,.{digits}f} {prices.currency}"
