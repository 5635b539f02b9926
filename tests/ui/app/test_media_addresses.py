"""Each image and download has an address of its own.

Nobody can guess it: tests/ui/connection/test_startup.py asks another process for one.
"""

import pytest
from streamlit.runtime.media_file_storage import MediaFileKind
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from pages._ui.app import media_addresses

SIZE = 2_000_000  # Streamlit hashes three parts of it


@pytest.fixture
def storage(monkeypatch):
    original = "streamlit.runtime.memory_media_file_storage._calculate_file_id"
    monkeypatch.setattr(original, media_addresses.file_id)
    return MemoryMediaFileStorage("/media")


def add(storage, content, mimetype="image/png", name=None):
    return storage.load_and_get_id(content, mimetype, MediaFileKind.MEDIA, name)


def test_files_that_differ_in_the_middle_keep_their_content(storage):
    contents = [bytearray(SIZE) for _ in range(2)]
    contents[1][SIZE // 4] = 1
    for content in map(bytes, contents):
        assert storage.get_file(add(storage, content)).content == content


def test_a_file_under_another_name_or_type_has_another_address(storage):
    ids = {
        add(storage, b"a"),
        add(storage, b"a", "image/gif"),
        add(storage, b"a", name=""),
        add(storage, b"a", name="b"),
        add(storage, b"a", "image/pngb"),
    }
    assert len(ids) == 5


def test_a_file_that_is_drawn_again_keeps_its_address(storage):
    assert add(storage, b"a" * SIZE) == add(storage, b"a" * SIZE)
