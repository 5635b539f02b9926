"""The files of a new knowledge base."""

from types import SimpleNamespace

from pages._ui.form.knowledge_dialog import _contents


def file(name: str, content: bytes) -> SimpleNamespace:
    return SimpleNamespace(name=name, getvalue=lambda: content)


def test_files_with_the_same_name_are_all_sent():
    files = [file("a.txt", b"1"), file("a.txt", b"2"), file("a?.txt", b"3"), file("a*.txt", b"4")]
    contents = _contents(files)
    assert sorted(contents.values()) == [b"1", b"2", b"3", b"4"]
    assert list(contents)[:2] == ["a.txt", "a (2).txt"]
