"""Checks of files before they are sent."""

from __future__ import annotations

import pytest

from lfclient.flows.field import Field
from lfclient.flows.file_fields import accepted_types, accepts_file, check_upload, format_types
from lfclient.flows.validation import check_overrides, check_value
from tests.support.flows import entry, flow, node


def field(*types: str, many: bool = False) -> Field:
    file = entry("FileInput", "file", [] if many else "", fileTypes=list(types), list=many)
    return flow(node("T-a", path=file)).fields[0]


def test_accepted_types_are_lower_case_extensions_without_sentences():
    odd = field("CSV", ".txt", "csv", " md ", "nv-ingest is an optional dependency. Install it", "")
    assert accepted_types(odd) == ("csv", "txt", "md")
    assert accepted_types(field()) == ()


@pytest.mark.parametrize(
    ("name", "types", "accepted"),
    [
        ("a.CSV", ("csv",), True), ("u/folder/a.csv", ("csv",), True), ("a.tar.gz", ("gz",), True),
        ("a.exe", ("csv",), False), ("README", ("csv",), False), ("README", (), True),
        ("a.gif", ("txt", "image"), True), ("a.mp3", ("txt", "image"), False),
        ("a.csv ", ("csv",), True),
    ],
)  # fmt: skip
def test_the_extension_or_its_family_decides(name: str, types: tuple[str, ...], accepted: bool):
    assert accepts_file(field(*types), name) is accepted


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
def test_a_wrong_type_or_size_is_an_error_and_an_empty_file_a_warning(
    name: str, size: int, problems: list[str]
):
    found = check_upload(field("csv"), name, size, limit_mb=1)
    assert [problem.level for problem in found] == problems
    assert all(name in problem.message for problem in found)


def test_a_path_of_another_type_is_a_warning():
    """The component may accept the file after all, so the server decides."""
    wrong = check_value(field("csv", many=True), ["u/a.csv", "u/b.exe"])
    assert [(one.level, "b.exe" in one.message) for one in wrong] == [("warning", True)]
    assert check_value(field("csv"), "u/a.csv") == []
    assert check_value(field(), "u/b.exe") == []


def test_formatted_types_name_families_and_are_clipped():
    assert format_types(field("csv", "txt", "image")) == "CSV, TXT, any image"
    assert format_types(field(*(f"t{n}" for n in range(14)))).endswith("T11 and 2 more")


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({"File-a.path": ["u/a.PNG"]}, ["“a.PNG” needs “Advanced Parser”"]),
        ({"File-a.path": ["u/a.png"], "File-a.advanced_mode": True}, []),
        ({"File-a.path": ["u/a.txt", "u/a.pdf"]}, []),
        ({"File-a.path": [5]}, []),
        ({"Other-b.path": ["u/a.png"]}, []),
    ],
)
def test_a_file_that_needs_a_switched_off_parser_is_a_warning(overrides: dict, expected: list[str]):
    """Read File accepts an image, then fails without its parser. It reads PDFs without it."""
    file = entry("FileInput", "file", [], fileTypes=["txt", "pdf", "png"], list=True)
    switch = entry("BoolInput", "bool", False, display_name="Advanced Parser")
    found = check_overrides(
        flow(node("File-a", path=file, advanced_mode=switch), node("Other-b", path=file)), overrides
    )
    warnings = [one.message for one in found if one.level == "warning"]
    assert [message.partition(" (advanced_mode)")[0] for message in warnings] == expected
