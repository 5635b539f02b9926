"""Old names of public attributes still work, with a warning."""

from __future__ import annotations

import pytest

from lfclient import Field, FieldKind, Run, RunStatus, ServerInfo


def test_an_old_name_reads_the_new_one_and_warns():
    field = Field("T-a", "Text", "Text", "p", "P", FieldKind.TEXT, max_choices=3)
    with pytest.warns(DeprecationWarning, match=r"Field\.limit is deprecated: use max_choices\."):
        assert field.limit == 3


def test_an_old_name_of_a_method_can_be_called():
    field = Field("T-a", "Text", "Text", "p", "P", FieldKind.TEXT)
    with pytest.warns(DeprecationWarning, match="component_label"):
        assert field.where() == field.component_label()


@pytest.mark.parametrize(
    ("instance", "old", "new"),
    [
        (ServerInfo("1.13.0", "modes"), "early_stop", "is_early_stop_safe"),
        (Run("f", "sync", RunStatus.COMPLETED), "unfinished", "unfinished_messages"),
    ],
)
def test_other_classes_keep_their_old_names(instance, old, new):
    with pytest.warns(DeprecationWarning, match=new):
        assert getattr(instance, old) == getattr(instance, new)
