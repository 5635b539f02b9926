"""Names of files that any server and disk takes."""

from __future__ import annotations

import pytest

from lfclient.common.filenames import MAX_NAME_BYTES, extension, safe_name, upload_size_error


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("report.csv", "report.csv"),
        ("../x", "x"),
        ("a/b.txt", "b.txt"),
        ("..\\w.txt", "w.txt"),
        ("C:\\Users\\me\\r.pdf", "r.pdf"),
        ("naïve 文.txt", "naïve 文.txt"),
        ("README", "README"),
        (".env", "file.env"),
        ("CON.txt", "CON_.txt"),
        ('a:b"c?.txt', "a_b_c_.txt"),
        ("tab\t\0.txt", "tab.txt"),
        ("\u202egpj.exe", "gpj.exe"),
        ("lone\ud800.txt", "lone.txt"),
        ("x.", "x"),
        ("..", "file"),
        ("/", "file"),
        ("", "file"),
    ],
)
def test_safe_names(name: str, safe: str):
    """Folders, devices and what nobody can see go; the rest stays as it was named."""
    assert safe_name(name) == safe


@pytest.mark.parametrize("letter", ["x", "é", "名"])
def test_long_names_keep_their_extension(letter: str):
    """A name is cut between characters, so that servers may still add to it."""
    name = safe_name(letter * 300 + ".txt")
    assert name.endswith(f"{letter}.txt")
    assert MAX_NAME_BYTES - 3 < len(name.encode()) <= MAX_NAME_BYTES


def test_extensions():
    """An extension is what stands behind the last dot of a name that has more."""
    names = ("a.TXT", "a.tar.gz", "README", ".env", "a.")
    assert [extension(name) for name in names] == ["txt", "gz", "", "", ""]


def test_sizes():
    """A server counts the request around a file, and may have no limit."""
    megabyte = 1024 * 1024
    assert upload_size_error("a", megabyte, 1)
    assert upload_size_error("a", megabyte - 2000, 1) is None
    assert upload_size_error("a", megabyte, None) is None
    assert "up to 0.5 MB" in str(upload_size_error("a", megabyte, 0.5))
