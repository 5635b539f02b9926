"""Old names that are public still work, with a warning."""

from __future__ import annotations

import asyncio
import io

import pytest

import lfclient
from lfclient import (
    AsyncLangflowClient,
    Field,
    FieldKind,
    FileRef,
    LangflowClient,
    Run,
    RunStatus,
    ServerInfo,
)


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


def test_an_old_name_of_an_error_is_that_error():
    with pytest.warns(
        DeprecationWarning, match=r"lfclient\.BadAnswer is deprecated: use BadResponse\."
    ) as warned:
        from lfclient import BadAnswer
    assert BadAnswer is lfclient.BadResponse
    assert {warning.filename for warning in warned} == {__file__}


def test_an_unknown_name_is_still_an_error():
    with pytest.raises(AttributeError, match="module 'lfclient' has no attribute 'Nothing'"):
        lfclient.Nothing  # noqa: B018
    with pytest.raises(ImportError, match="Nothing"):
        from lfclient import Nothing  # noqa: F401


CLIENTS = pytest.mark.parametrize("kind", [LangflowClient, AsyncLangflowClient])


@CLIENTS
@pytest.mark.parametrize(
    ("method", "arguments", "old", "new", "value"),
    [
        ("download", [FileRef("a", "f")], "most", "max_bytes", 3),
        ("save", [FileRef("a", "f"), io.BytesIO()], "most", "max_bytes", 3),
        ("catalogue", [], "own", "custom_code", {"Mine": "code"}),
    ],
)
def test_an_old_keyword_is_passed_under_its_new_name_and_warns(
    kind, method, arguments, old, new, value
):
    passed = {}

    def record(operation):
        passed.update(operation.gi_frame.f_locals)
        operation.close()
        return asyncio.sleep(0)

    client = kind("http://langflow.test")
    client._drive = record
    with pytest.warns(
        DeprecationWarning, match=rf"\.{method}\({old}=\) is deprecated: use {new}\."
    ):
        asyncio.run(getattr(client, method)(*arguments, **{old: value}))
    assert passed[new] == value


@CLIENTS
@pytest.mark.parametrize("is_task", [False, True])
def test_the_warning_for_an_old_keyword_names_the_file_of_the_caller(kind, is_task):
    """By default Python shows it only in the file that was started."""

    def ignore(operation):
        operation.close()
        return asyncio.sleep(0)

    client = kind("http://langflow.test")
    client._drive = ignore

    async def download():
        return await client.download(FileRef("a", "f"), most=3)

    with pytest.warns(DeprecationWarning, match="most") as warned:
        asyncio.run(client.download(FileRef("a", "f"), most=3) if is_task else download())
    assert [warning.filename for warning in warned] == [__file__]


def test_an_old_keyword_does_not_override_the_new_one():
    client = LangflowClient("http://langflow.test")
    with pytest.raises(TypeError, match="most"):
        client.download(FileRef("a", "f"), max_bytes=1, most=2)
