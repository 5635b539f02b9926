"""Downloads that no page has any more, for as long as a browser may still show their buttons.

Whenever any session's script ends, Streamlit removes the downloads that no page has. So a press on
a button failed while its page was redrawn, and so could the request for a file made for a press.
"""

import time
from collections.abc import Collection
from typing import Any

from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.media_file_storage import MediaFileKind

KEPT_SECONDS = 30.0

# by the id of a download, when the end of a script first found it unused, by the monotonic clock;
# guarded by the lock of the manager, of which a process has one
_unused_since: dict[str, float] = {}
_get_inactive_file_ids = MediaFileManager._get_inactive_file_ids


def install() -> None:
    """Have Streamlit keep unused downloads for some seconds from now on."""
    patched: Any = MediaFileManager
    patched._get_inactive_file_ids = _removable_files
    patched._remove_orphaned_deferred_callables = _remove_callables


def _removable_files(manager: MediaFileManager) -> set[str]:
    files, unused = manager._file_metadata, _get_inactive_file_ids(manager)
    for id in _unused_since.keys() - unused - manager._deferred_callables.keys():
        del _unused_since[id]
    downloads = {id for id in unused if files[id].kind is MediaFileKind.DOWNLOADABLE}
    return unused - downloads | _long_unused(downloads)


def _remove_callables(manager: MediaFileManager) -> None:
    used = {id for ids in manager._files_by_session_and_coord.values() for id in ids.values()}
    for id in _long_unused(manager._deferred_callables.keys() - used):
        manager._drop_deferred_id(id)


def _long_unused(unused: Collection[str]) -> set[str]:
    now = time.monotonic()
    return {id for id in unused if now - _unused_since.setdefault(id, now) >= KEPT_SECONDS}
