"""Share links return the values they were made from, and damaged ones are refused."""

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


def test_values_of_every_kind_survive_a_round_trip():
    assert decode_values(encode_values(VALUES)) == VALUES


def test_encoded_values_need_no_escapes_in_a_url():
    assert set(encode_values(VALUES)) <= set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
    )


def test_handwritten_json_is_read():
    assert decode_values('{"T-a.p": {"$variable": "KEY"}}') == {"T-a.p": Variable("KEY")}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (encode_values(VALUES)[:-9], "cut off"),
        (encode_values(VALUES).replace("e", "f"), "cut off"),
        ("not base64!", "cut off"),
        ("", "cut off"),
        ('{"a": ', "Couldn't read"),
        ('{"a": ' * 60 + "1" + "}" * 60, "nested too deeply"),
        ('{"a": "\\ud800"}', "a lone surrogate"),
        ("A" * 20_001, "too long"),
    ],
)
def test_a_damaged_link_is_refused_with_a_reason(text, words):
    with pytest.raises(InvalidRequest, match=words):
        decode_values(text)


def test_a_link_that_expands_to_more_than_a_megabyte_is_refused():
    """A short link must not fill the console's memory."""
    with pytest.raises(InvalidRequest, match="cut off"):
        decode_values(encode_values({"T-a.p": "x" * 2_000_000}))


def test_a_page_url_keeps_the_path_and_drops_other_parameters():
    made = page_url("https://host:8443/base/?run=1#top", flow="f", preset="p q")
    assert made == "https://host:8443/base/?flow=f&preset=p+q"
    assert page_url("http://host", flow="f") == "http://host/?flow=f"


def test_encoding_shortens_repetitive_values():
    values = {f"Component-{number}.input_value": "the same words again" for number in range(40)}
    assert len(encode_values(values)) < len(json.dumps(values)) / 4
