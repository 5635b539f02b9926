"""Sentences of a run's notes."""

from datetime import UTC, datetime

import pytest

from lfclient.console.store.notes import Note, NoteCode, quote
from lfclient.console.wording.run_notes import describe_notes

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("code", NoteCode)
def test_each_code_has_a_sentence(code):
    assert describe_notes([Note(code, "Busy.", NOON, 3)])


def test_notes_are_described_in_their_order():
    notes = [Note(NoteCode.NOT_ACCEPTED, at=NOON), quote("Busy."), quote("")]
    sentence = "The server did not accept the run. It is sent again at 12:00:00 UTC. Busy."
    assert describe_notes(notes) == sentence
