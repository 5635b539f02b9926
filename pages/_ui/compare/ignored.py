"""What a comparison ignores: columns, keys and inputs that are guessed or chosen, kept per flow."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import streamlit as st

from lfclient.common.formatting import clip, clip_middle, list_names
from lfclient.console.compare.volatile import IDS_AND_TIMES, IgnoredNames
from lfclient.console.store.flow_settings import FlowSettings, SettingsConflict
from lfclient.errors import LangflowError
from pages._ui.compare.runs import RunHeader, ShownRun
from pages._ui.connection.app_context import app_context
from pages._ui.connection.servers import require_access
from pages._ui.state import compare_page
from pages._ui.state.slot import Slot
from pages._ui.widgets import controls
from pages._ui.widgets.markdown import escape

PURPOSE = "compare"  # of the flow's settings
MAX_OPTIONS = 300
MAX_SAID = 8  # names in the sentence

# the owner and flow, None for runs of several
Place = tuple[str, str] | None


@dataclass(frozen=True)
class IgnoreSettings:
    """What a person chose to ignore, where it is kept, and the version that was read there."""

    names: IgnoredNames
    place: Place
    version: int = 0


@dataclass(frozen=True)
class _Unsaved:
    """A choice that applies to this page only, and why, "" for runs of several flows.

    `is_conflict` means that another choice was saved since the page was drawn.
    """

    runs: str
    names: IgnoredNames
    problem: str = ""
    is_conflict: bool = False


_UNSAVED: Slot[_Unsaved] = Slot("compare-ignored")


def load(headers: Sequence[RunHeader]) -> IgnoreSettings:
    """Return what is ignored for the runs' flow. Raises `StoreError`."""
    places = {(header.record.owner, header.record.flow_id) for header in headers}
    place = places.pop() if len(places) == 1 else None
    stored = app_context().runner.store.flow_settings.get(*place, PURPOSE) if place else None
    unsaved = _unsaved()
    names = unsaved.names if unsaved else IgnoredNames.read(stored.content if stored else {})
    return IgnoreSettings(names, place, stored.version if stored else 0)


def _unsaved() -> _Unsaved | None:
    unsaved = _UNSAVED.get()
    return unsaved if unsaved and unsaved.runs == _runs() else None


def _runs() -> str:
    return compare_page.join_runs(compare_page.runs_from_url())


def draw(
    runs: Sequence[ShownRun], settings: IgnoreSettings, input_names: Collection[str] = ()
) -> None:
    """Say what is ignored, with a panel to change it. `input_names` are the guessed inputs."""
    differences = [cell.difference for run in runs for cell in run.survey.cells.values()]
    guessed = {name for difference in differences for name in difference.guessed}
    guessed.update(input_names)
    ignored = {name for difference in differences for name in difference.ignored}
    ignored.update(settings.names.apply(input_names))
    options = dict.fromkeys(sorted(guessed | ignored | settings.names.added | settings.names.kept))
    options |= dict.fromkeys(name for difference in differences for name in difference.names)
    if not options:
        return
    offered = list(options)[:MAX_OPTIONS]
    labels = controls.unique_labels({name: clip_middle(name, 60) for name in offered})
    with st.container(horizontal=True, vertical_alignment="center", key="compared-ignored"):
        st.caption(_sentence(sorted(ignored)), width="content")
        with st.popover("Change", icon=":material/tune:", type="tertiary"):
            # other names than those that were chosen reset the choice
            key = compare_page.compare_key(f"ignored-{_runs()}-{sorted(ignored)}")
            st.multiselect(
                "Ignored columns, keys and inputs",
                offered,
                default=[name for name in offered if name in ignored],
                format_func=labels.__getitem__,
                key=key,
                on_change=_choose,
                args=(key, offered, guessed, settings),
                help="Kept for this flow" if settings.place else "Applies to this page",
            )
    _draw_unsaved(settings)


def _sentence(ignored: Sequence[str]) -> str:
    if not ignored:
        return "Nothing is ignored."
    names = list_names([escape(clip(name, 40)) for name in ignored], MAX_SAID)
    is_plural = len(ignored) > 1 or ignored[0] == IDS_AND_TIMES
    verb = "they change" if is_plural else "it changes"
    return f"Ignored: {names} – {verb} with each run"


def _choose(
    key: str, offered: Sequence[str], guessed: Collection[str], settings: IgnoreSettings
) -> None:
    names = settings.names.choose(st.session_state[key], offered, guessed)
    _save(names, settings.place, settings.version)


def _save(names: IgnoredNames, place: Place, version: int) -> None:
    _UNSAVED.clear()
    if place is None:
        _UNSAVED.set(_Unsaved(_runs(), names))
        return
    try:
        require_access(place[0])
        flow_settings = FlowSettings(names.dump(), version)
        app_context().runner.store.flow_settings.save(*place, PURPOSE, flow_settings)
    except SettingsConflict:
        problem = "Somebody else has changed what is ignored for this flow."
        _UNSAVED.set(_Unsaved(_runs(), names, problem, is_conflict=True))
    except LangflowError as error:
        _UNSAVED.set(_Unsaved(_runs(), names, error.message))


def _draw_unsaved(settings: IgnoreSettings) -> None:
    unsaved = _unsaved()
    if unsaved is None or not unsaved.problem:
        return
    st.warning(
        f"**Not saved.** {escape(unsaved.problem)} Your choice applies to this page.",
        icon=":material/warning:",
    )
    save, discard = ("Save mine", "Use theirs") if unsaved.is_conflict else ("Try again", "Discard")
    with st.container(horizontal=True):
        st.button(
            save,
            key=compare_page.compare_key("save-ignored"),
            on_click=_save,
            args=(unsaved.names, settings.place, settings.version),
        )
        st.button(discard, key=compare_page.compare_key("discard-ignored"), on_click=_UNSAVED.clear)
