"""A file is what its bytes say."""

import pytest

from lfclient.console.content import media_types
from lfclient.console.content.media_types import Kind


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n", "a.txt", Kind.IMAGE),
        (b"BM\x00\x00\x00\x00\x00\x00\x00\x00", "", Kind.IMAGE),
        (b"BMW is a car", "", Kind.TEXT),
        (b"%PDF-1.7", "a.png", Kind.PDF),
        (b"RIFF\x00\x00\x00\x00WAVE", "", Kind.AUDIO),
        (b"RIFF\x00\x00\x00\x00WEBP", "", Kind.IMAGE),
        (b"\x00\x00\x00\x18ftypisom", "", Kind.VIDEO),
        (b"\x00\x00\x00\x18ftypM4A ", "", Kind.AUDIO),
        (b"OggS", "a.ogv", Kind.VIDEO),
        (b"a,b\n1,2", "a.csv", Kind.TABLE),
        (b'{"a": 1}', "", Kind.JSON),
        (b"{broken", "", Kind.TEXT),
        (b"# Hi", "a.md", Kind.MARKDOWN),
        (b'<?xml version="1.0"?>\n<svg>', "a.xml", Kind.SVG),
        (b"<!DOCTYPE html><script>", "a.csv", Kind.TEXT),
        (b"\xff\xfe\x00a", "a.txt", Kind.OTHER),
        (b"PK\x03\x04\x00", "a.json", Kind.OTHER),
        (b"", "", Kind.TEXT),
        ("é".encode() * 3000, "", Kind.TEXT),
    ],
)
def test_knows_a_file_by_its_content_first(data, name, kind):
    """The name decides only what kind of text a text is."""
    assert media_types.of(data, name).kind is kind


def test_a_page_is_text():
    """HTML is coloured, never drawn."""
    found = media_types.of(b"<html>", "a.html")
    assert (found.kind, found.language) == (Kind.TEXT, "html")
