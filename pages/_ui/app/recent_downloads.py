"""Downloads that no page has any more, for as long as a browser may still show their buttons.

Whenever any session's script ends, Streamlit removes the downloads that no page has. So a press on
a button failed while its page was redrawn, and so could the request for a file made for a press.
They are kept for `KEPT_SECONDS`, and from then on until a script or a session ends twice: those of
the last visitor until the next one comes.
"""

import time
from collections.abc import Iterable
from typing import Any

from streamlit.runtime.media_file_manager import MediaFileManager, MediaFileMetadata
from streamlit.runtime.media_file_storage import MediaFileKind

KEPT_SECONDS = 30.0

# a file's id with its metadata, which are new when it is made again; of a callable, its id only
_Download = tuple[str, MediaFileMetadata | None]

# when the end of a script first found a download unused, by the monotonic clock; guarded by the
# lock of the manager, of which a process has one
_unused_since: dict[_Download, float] = {}
_get_inactive_file_ids = MediaFileManager._get_inactive_file_ids


def install() -> None:
    """Have Streamlit keep unused downloads from now on."""
    patched: Any = MediaFileManager
    patched._get_inactive_file_ids = _removable_files
    patched._remove_orphaned_deferred_callables = _remove_callables


def _removable_files(manager: MediaFileManager) -> set[str]:
    unused: dict[str, MediaFileMetadata] = {
        id: manager._file_metadata[id] for id in _get_inactive_file_ids(manager)
    }
    callables = {(id, None) for id in manager._deferred_callables}
    for download in _unused_since.keys() - unused.items() - callables:
        del _unused_since[download]
    downloads = {id: data for id, data in unused.items() if data.kind is MediaFileKind.DOWNLOADABLE}
    return unused.keys() - downloads.keys() | _long_unused(downloads.items())


def _remove_callables(manager: MediaFileManager) -> None:
    used = {id for ids in manager._files_by_session_and_coord.values() for id in ids.values()}
    for id in _long_unused((id, None) for id in manager._deferred_callables.keys() - used):
        manager._drop_deferred_id(id)


def _long_unused(unused: Iterable[_Download]) -> set[str]:
    """Return the ids of those that have been unused for `KEPT_SECONDS`."""
    now = time.monotonic()
    return {each[0] for each in unused if now - _unused_since.setdefault(each, now) >= KEPT_SECONDS}
