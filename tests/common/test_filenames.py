"""File names that every server and disk accepts."""

from __future__ import annotations

import pytest

from lfclient.common.filenames import (
    MAX_NAME_BYTES,
    extension,
    safe_name,
    upload_size_error,
    uploaded_name,
)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("report.csv", "report.csv"), ("../x", "x"), ("a/b.txt", "b.txt"), ("..\\w.txt", "w.txt"),
        ("C:\\Users\\me\\r.pdf", "r.pdf"), ("naïve 文.txt", "naïve 文.txt"), ("README", "README"),
        (".env", "file.env"), ("CON.txt", "CON_.txt"), ('a:b"c?.txt', "a_b_c_.txt"),
        ("tab\t\0.txt", "tab.txt"), ("\u202egpj.exe", "gpj.exe"), ("lone\ud800.txt", "lone.txt"),
        ("x.", "x"), ("..", "file"), ("/", "file"), ("", "file"),
    ],
)  # fmt: skip
def test_safe_names_lose_folders_devices_and_invisible_characters(name: str, safe: str):
    assert safe_name(name) == safe


@pytest.mark.parametrize("letter", ["x", "é", "名"])
def test_long_names_are_cut_between_characters_and_keep_their_extension(letter: str):
    name = safe_name(letter * 300 + ".txt")
    assert name.endswith(f"{letter}.txt")
    assert MAX_NAME_BYTES - 3 < len(name.encode()) <= MAX_NAME_BYTES


def test_an_extension_follows_the_last_dot_of_a_longer_name():
    names = ("a.TXT", "a.tar.gz", "README", ".env", "a.")
    assert [extension(name) for name in names] == ["txt", "gz", "", "", ""]


def test_the_size_limit_includes_the_request_around_a_file():
    megabyte = 1024 * 1024
    assert upload_size_error("a", megabyte, 1)
    assert upload_size_error("a", megabyte - 2000, 1) is None
    assert upload_size_error("a", megabyte, None) is None
    assert "up to 0.5 MB" in str(upload_size_error("a", megabyte, 0.5))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("flow-id/2026-11-27_12-05-56_notes of May.txt", "notes of May.txt"),
        ("user-id/notes.txt", "notes.txt"),
        ("2026-11-27_report.txt", "2026-11-27_report.txt"),
        ("f/2026-11-27_12-05-56_", "2026-11-27_12-05-56_"),
        ("", ""),
    ],
)
def test_an_uploads_original_name_lacks_the_servers_time(path, name):
    assert uploaded_name(path) == name
