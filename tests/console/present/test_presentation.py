"""The settings of a presentation: checked when they are read."""

import pytest

from lfclient.console.present.presentation import MAX_INPUTS, Accent, Presentation, ShownInput
from lfclient.errors import InvalidRequest


def test_settings_that_were_never_saved_are_the_flows_own():
    assert Presentation.from_json({}) == Presentation()
    assert Presentation().inputs is None


def test_settings_are_read_as_they_were_stored():
    settings = Presentation(
        title="T" * 300,
        description="**D**",
        inputs=(ShownInput(key="A.b", label="City", help="Where to"),),
        outputs=("A",),
        accent=Accent.TEAL,
        large=True,
        examples=("id",),
    )
    assert Presentation.from_json(settings.to_json()) == settings


def test_settings_of_a_later_release_are_read_without_what_is_unknown():
    assert Presentation.from_json({"title": "T", "music": "on"}).title == "T"


@pytest.mark.parametrize(
    ("content", "setting"),
    [
        ({"title": "T" * 301}, "title"),
        ({"inputs": [{"key": "A.b", "label": 5}]}, "inputs.0.label"),
        ({"inputs": [{"key": "A.b"}] * (MAX_INPUTS + 1)}, "inputs"),
        ({"accent": "rainbow"}, "accent"),
        ([], "presentation"),
    ],
)
def test_invalid_settings_are_refused_by_name_without_their_value(content, setting):
    with pytest.raises(InvalidRequest, match=f"“{setting}” of the presentation") as refused:
        Presentation.from_json(content)
    assert "rainbow" not in refused.value.message
