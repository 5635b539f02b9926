"""Values in an address: what comes out is what went in, and broken ones are told from it."""

import json

import pytest

from lfclient.console.presets.share_links import decode_values, encode_values, page_url
from lfclient.errors import InvalidRequest
from lfclient.flows.field import Variable
from lfclient.flows.validation import SECRET_MASK

VALUES = {
    "T-a.p": "ü & ? # 100 % “quotes”\nline",
    "T-a.n": 5,
    "T-a.f": 0.5,
    "T-a.b": False,
    "T-a.list": ["a", {"b": None}],
    "T-a.v": Variable("KEY"),
    "T-a.s": SECRET_MASK,
}


def test_values_come_back_as_they_were():
    """Of every sort, with letters that mean something in an address."""
    assert decode_values(encode_values(VALUES)) == VALUES


def test_its_letters_need_no_escape_in_an_address():
    """So that no program that passes it on changes it."""
    assert set(encode_values(VALUES)) <= set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
    )


def test_reads_json_that_was_written_by_hand():
    """Other programs can make such an address."""
    assert decode_values('{"T-a.p": {"$variable": "KEY"}}') == {"T-a.p": Variable("KEY")}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (encode_values(VALUES)[:-9], "cut off"),
        (encode_values(VALUES).replace("e", "f"), "cut off"),
        ("not base64!", "cut off"),
        ("", "cut off"),
        ('{"a": ', "cannot be read"),
        ('{"a": ' * 60 + "1" + "}" * 60, "nested too deeply"),
        ('{"a": "\\ud800"}', "a lone surrogate"),
        ("A" * 20_001, "too long"),
    ],
)
def test_broken_ones_are_refused_in_words(text, words):
    """Nothing else is raised."""
    with pytest.raises(InvalidRequest, match=words):
        decode_values(text)


def test_what_would_unfold_to_more_than_a_megabyte_is_refused():
    """A short address cannot fill the console's memory."""
    with pytest.raises(InvalidRequest, match="cut off"):
        decode_values(encode_values({"T-a.p": "x" * 2_000_000}))


def test_an_address_keeps_the_place_and_drops_other_parameters():
    """Whatever the browser had in it."""
    made = page_url("https://host:8443/base/?run=1#top", flow="f", preset="p q")
    assert made == "https://host:8443/base/?flow=f&preset=p+q"
    assert page_url("http://host", flow="f") == "http://host/?flow=f"


def test_a_plain_text_of_values_becomes_shorter():
    """Addresses have little room."""
    values = {f"Component-{number}.input_value": "the same words again" for number in range(40)}
    assert len(encode_values(values)) < len(json.dumps(values)) / 4
