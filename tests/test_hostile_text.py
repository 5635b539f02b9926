"""Every regular expression of the program takes linear time, whatever text it meets."""

import importlib
import pkgutil
import re
import time

import pytest

import lfclient
import pages._ui
from lfclient.common.redaction import looks_like_secret
from pages._ui.widgets.markdown import first_line

LENGTH = 1_000_000  # characters
RUNS_OF_TICKS = " ".join("`" * length for length in range(1, 400))
HOSTILE = (  # what patterns begin with, or allow any number of
    *("a", "0", " ", "\t", "\n \n", "\\", "\"'", "|-", "://", ":a", "a="),
    *("sk-", "Bearer ", "**a ", "![", "](", "[a](", "$a ", "```json\n", RUNS_OF_TICKS),
    "![](data:image/png;base64,",
)


def hostile_text(length):
    """One part for each of HOSTILE."""
    part = length // len(HOSTILE)
    return "\n\nx".join((unit * (part // len(unit) + 1))[:part] for unit in HOSTILE)


def patterns():
    found = {}
    for package in (lfclient, pages._ui):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "samples.components" in module.name or ".migrations" in module.name:
                continue  # the first run in Langflow only, the second meet no text of others
            for name, value in vars(importlib.import_module(module.name)).items():
                if isinstance(value, re.Pattern):
                    found.setdefault(value, f"{module.name}.{name}")
    return {name: pattern for pattern, name in found.items()}


def seconds(pattern, text):
    """Processor time of finding all matches."""
    began = time.process_time()
    for _ in pattern.finditer(text):
        pass
    return time.process_time() - began


def test_every_pattern_takes_linear_time():
    """For eight times the text it takes eight times as long; 64 times would be quadratic."""
    for name, pattern in patterns().items():
        before = 0.004
        for length in (LENGTH // 64, LENGTH // 8, LENGTH):
            took = seconds(pattern, hostile_text(length))
            assert took < 24 * before, name
            before = max(took, before)


@pytest.mark.parametrize("unit", ["sk-", "://", "Bearer "])
def test_no_secret_is_found_in_a_hostile_text(unit):
    assert not looks_like_secret(unit * (LENGTH // len(unit)))


def test_the_first_line_of_a_hostile_text_is_short():
    assert len(first_line("**a " * (LENGTH // 4))) <= 2_000
