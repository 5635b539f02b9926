"""Which files a parameter takes, before they are sent."""

from __future__ import annotations

import pytest

from lfclient.flows.field import Field
from lfclient.flows.file_fields import accepted_types, accepts_file, check_upload, format_types
from lfclient.flows.validation import check_overrides, check_value
from tests.support.flows import entry, flow, node


def field(*types: str, many: bool = False) -> Field:
    file = entry("FileInput", "file", [] if many else "", fileTypes=list(types), list=many)
    return flow(node("T-a", path=file)).fields[0]


def test_accepted_types():
    """Extensions come in lower case without a dot; a sentence in their place is left out."""
    odd = field("CSV", ".txt", "csv", " md ", "nv-ingest is an optional dependency. Install it", "")
    assert accepted_types(odd) == ("csv", "txt", "md")
    assert accepted_types(field()) == ()


@pytest.mark.parametrize(
    ("name", "types", "taken"),
    [
        ("a.CSV", ("csv",), True),
        ("u/folder/a.csv", ("csv",), True),
        ("a.tar.gz", ("gz",), True),
        ("a.exe", ("csv",), False),
        ("README", ("csv",), False),
        ("README", (), True),
        ("a.gif", ("txt", "image"), True),
        ("a.mp3", ("txt", "image"), False),
        ("a.csv ", ("csv",), True),
    ],
)
def test_types(name: str, types: tuple[str, ...], taken: bool):
    """The extension decides, or its family where the flow names one."""
    assert accepts_file(field(*types), name) is taken


@pytest.mark.parametrize(
    ("name", "size", "problems"),
    [
        ("a.csv", 10, []),
        ("../a.csv", 10, []),
        ("a.csv", 0, ["warning"]),
        ("a.exe", 0, ["error", "warning"]),
        ("a.exe", 2**21, ["error", "error"]),
    ],
)
def test_what_is_wrong_with_a_file(name: str, size: int, problems: list[str]):
    """Type and size are errors, emptiness is a warning; a name is made safe and is none."""
    found = check_upload(field("csv"), name, size, limit_mb=1)
    assert [problem.level for problem in found] == problems
    assert all(name in problem.message for problem in found)


def test_paths_of_other_types_are_a_warning():
    """A path may lead to a file that the component takes after all: the server decides."""
    wrong = check_value(field("csv", many=True), ["u/a.csv", "u/b.exe"])
    assert [(one.level, "b.exe" in one.message) for one in wrong] == [("warning", True)]
    assert check_value(field("csv"), "u/a.csv") == []
    assert check_value(field(), "u/b.exe") == []


def test_types_in_words():
    """A list names families as such, and is cut where it has to be short."""
    assert format_types(field("csv", "txt", "image")) == "csv, txt, any image"
    assert format_types(field("csv", "txt", "md"), most=1) == "csv and 2 more"


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        ({"File-a.path": ["u/a.PNG"]}, ["“a.PNG” needs “Advanced Parser”"]),
        ({"File-a.path": ["u/a.png"], "File-a.advanced_mode": True}, []),
        ({"File-a.path": ["u/a.txt", "u/a.pdf"]}, []),
        ({"File-a.path": [5]}, []),
        ({"Other-b.path": ["u/a.png"]}, []),
    ],
)
def test_files_that_need_a_parser_which_is_off(overrides: dict, told: list[str]):
    """Read File takes an image and then fails for want of its parser; PDF is read without it."""
    file = entry("FileInput", "file", [], fileTypes=["txt", "pdf", "png"], list=True)
    switch = entry("BoolInput", "bool", False, display_name="Advanced Parser")
    found = check_overrides(
        flow(node("File-a", path=file, advanced_mode=switch), node("Other-b", path=file)), overrides
    )
    warnings = [one.message for one in found if one.level == "warning"]
    assert [message.partition(" (advanced_mode)")[0] for message in warnings] == told
