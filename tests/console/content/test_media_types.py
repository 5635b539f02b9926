"""Media types are detected by content."""

import pytest

from lfclient.console.content import media_types
from lfclient.console.content.media_types import MediaKind


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n", "a.txt", MediaKind.IMAGE),
        (b"BM\x00\x00\x00\x00\x00\x00\x00\x00", "", MediaKind.IMAGE),
        (b"BMW is a car", "", MediaKind.TEXT),
        (b"%PDF-1.7", "a.png", MediaKind.PDF),
        (b"RIFF\x00\x00\x00\x00WAVE", "", MediaKind.AUDIO),
        (b"RIFF\x00\x00\x00\x00WEBP", "", MediaKind.IMAGE),
        (b"\x00\x00\x00\x18ftypisom", "", MediaKind.VIDEO),
        (b"\x00\x00\x00\x18ftypM4A ", "", MediaKind.AUDIO),
        (b"OggS", "a.ogv", MediaKind.VIDEO),
        (b"a,b\n1,2", "a.csv", MediaKind.TABLE),
        (b'{"a": 1}', "", MediaKind.JSON),
        (b"{broken", "", MediaKind.TEXT),
        (b"# Hi", "a.md", MediaKind.MARKDOWN),
        (b'<?xml version="1.0"?>\n<svg>', "a.xml", MediaKind.SVG),
        (b"<!DOCTYPE html><script>", "a.csv", MediaKind.TEXT),
        (b"\xff\xfe\x00a", "a.txt", MediaKind.OTHER),
        (b"PK\x03\x04\x00", "a.json", MediaKind.OTHER),
        (b"", "", MediaKind.TEXT),
        ("é".encode() * 3000, "", MediaKind.TEXT),
    ],
)
def test_content_decides_before_the_name(data, name, kind):
    assert media_types.detect_media_type(data, name).kind is kind


def test_html_is_shown_as_source_code():
    found = media_types.detect_media_type(b"<html>", "a.html")
    assert (found.kind, found.language) == (MediaKind.TEXT, "html")
