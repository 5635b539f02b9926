"""Whether outputs need more than their part of the window."""

import base64
import io

import pytest
from PIL import Image

from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.model import Run, RunStatus
from pages._ui.outputs.width import are_wide


def picture(width):
    file = io.BytesIO()
    Image.new("RGB", (width, 20)).save(file, "PNG")
    return file.getvalue()


def uri(width):
    return "data:image/png;base64," + base64.b64encode(picture(width)).decode()


def run(kind, value, **more):
    output = Output("Comp-1", kind, value, **more)
    return Run("flow", "sync", RunStatus.COMPLETED, outputs={"Comp-1": output})


NARROW = [{"city": "Lisbon", "n": 1}]
WIDE = [{f"column {number}": number for number in range(19)}]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (run(OutputKind.TABLE, NARROW), False),
        (run(OutputKind.TABLE, WIDE), True),
        (run(OutputKind.TABLE, [{"a": "x" * 90, "b": "y" * 90}]), True),
        (run(OutputKind.TABLE, [{"only": "x" * 5000}]), False),
        (run(OutputKind.TABLE, [{"a": 1, "_b": "x" * 90, "_c": "y" * 90}]), False),
        (run(OutputKind.TABLE, "no rows"), False),
        (run(OutputKind.MESSAGE, "x" * 5000), False),
        (run(OutputKind.IMAGE, picture(300)), False),
        (run(OutputKind.IMAGE, picture(1200)), True),
        (run(OutputKind.IMAGE, "https://pictures.example/x.png"), False),
        (run(OutputKind.MESSAGE, f"![big]({uri(1200)})"), True),
        (run(OutputKind.MESSAGE, "", extras=(Output("C", OutputKind.TABLE, WIDE),)), True),
        (run(OutputKind.DATA, 1, parts={"a": Output("C", OutputKind.TABLE, WIDE)}), True),
    ],
)
def test_tables_of_many_or_long_columns_and_large_images_are_wide(found, expected):
    assert are_wide(found) is expected


def test_a_gallery_of_large_images_is_not_wide():
    """Each of its images has a part of the width, and a large view."""
    assert not are_wide(run(OutputKind.DATA, [uri(1200), uri(1201)]))


def test_a_value_nested_very_deeply_is_not_wide():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    assert not are_wide(run(OutputKind.TABLE, [{"a": deep}]))
    assert not are_wide(run(OutputKind.DATA, {"a": deep}))
