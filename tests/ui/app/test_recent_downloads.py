"""A download that is pressed while its page is redrawn is served."""

from types import SimpleNamespace

import pytest
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.media_file_storage import MediaFileKind, MediaFileStorageError
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from pages._ui.app import recent_downloads


@pytest.fixture
def clock(monkeypatch):
    """Seconds that the test sets."""
    now = [0.0]
    monkeypatch.setattr(recent_downloads, "time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


@pytest.fixture
def manager(monkeypatch, clock):
    for name in ("_get_inactive_file_ids", "_remove_orphaned_deferred_callables"):
        monkeypatch.setattr(MediaFileManager, name, getattr(MediaFileManager, name))
    recent_downloads.install()
    return MediaFileManager(MemoryMediaFileStorage("/media"))


def draw_button(manager, place="a"):
    return manager.add_deferred(lambda: b"1,2", "text/csv", place, "runs.csv")


def end_runs(manager, times=3):
    """End scripts of other sessions, each of which removes what is no longer used."""
    for _ in range(times):
        manager.remove_orphaned_files()


def test_a_button_works_while_its_page_is_redrawn(manager):
    """The browser still shows the button as it was before."""
    pressed = draw_button(manager)
    manager.clear_session_refs()
    end_runs(manager)
    assert manager.execute_deferred(pressed)


def test_a_button_works_until_the_browser_shows_it_redrawn(manager):
    pressed = draw_button(manager)
    manager.clear_session_refs()
    draw_button(manager)
    end_runs(manager)
    assert manager.execute_deferred(pressed)


def test_a_file_that_was_made_for_a_press_is_still_there_when_the_browser_requests_it(manager):
    url = manager.execute_deferred(draw_button(manager))
    end_runs(manager)
    assert manager.read_file(url.rpartition("/")[2].partition(".")[0]).content == b"1,2"


def test_a_file_that_is_made_again_is_kept_as_long_as_the_first_time(manager, clock):
    """Files of the same content have the same address."""
    button = draw_button(manager)
    manager.execute_deferred(button)
    end_runs(manager)
    clock[0] = recent_downloads.KEPT_SECONDS - 0.1
    url = manager.execute_deferred(button)
    end_runs(manager)
    clock[0] = 2 * recent_downloads.KEPT_SECONDS - 0.2
    end_runs(manager)
    assert manager.read_file(url.rpartition("/")[2].partition(".")[0]).content == b"1,2"


def test_what_nothing_uses_is_removed_after_some_seconds(manager, clock):
    pressed = draw_button(manager)
    used = draw_button(manager, "b")
    manager.execute_deferred(pressed)
    manager.clear_session_refs()
    manager._files_by_session_and_coord["dontcare"]["b"] = used
    end_runs(manager)
    clock[0] = recent_downloads.KEPT_SECONDS
    end_runs(manager)
    with pytest.raises(MediaFileStorageError):
        manager.execute_deferred(pressed)
    assert not manager._file_metadata
    assert manager.execute_deferred(used)  # makes a file
    end_runs(manager)
    assert len(recent_downloads._unused_since) == len(manager._file_metadata) == 1


def test_an_image_is_removed_at_once(manager):
    manager.add(b"image", "image/png", "a")
    assert {each.kind for each in manager._file_metadata.values()} == {MediaFileKind.MEDIA}
    manager.clear_session_refs()
    end_runs(manager)
    assert not manager._file_metadata
