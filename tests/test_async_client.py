"""The async client's methods are what `inspect`, `help` and mocks take them for."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator
from typing import get_type_hints
from unittest.mock import create_autospec

import pytest

from lfclient import AsyncLangflowClient, Event, Flow, LangflowClient
from lfclient.api.operations.base import AsyncResource, Resource

URL = "http://langflow.test"
STREAMING = ["events", "stream"]
SYNC, ASYNC = LangflowClient(URL), AsyncLangflowClient(URL)
RESOURCES = [name for name, value in vars(SYNC).items() if isinstance(value, Resource)]
PAIRS = [(SYNC, ASYNC), *((getattr(SYNC, name), getattr(ASYNC, name)) for name in RESOURCES)]


def public(kind: type) -> set[str]:
    """Return the names of the methods that a class adds to the base class of all resources."""
    return {name for name in vars(kind) if not name.startswith("_")}


METHODS = [
    pytest.param(type(sync), type(other), name, id=f"{type(sync).__name__}.{name}")
    for sync, other in PAIRS
    for name in sorted(public(type(sync)))
]
each_method = pytest.mark.parametrize(("sync", "other", "name"), METHODS)


def test_the_async_client_has_every_method_of_the_sync_one():
    assert RESOURCES
    for sync, other in PAIRS:
        assert isinstance(other, AsyncResource)
        assert public(type(other)) == public(type(sync))


@each_method
def test_a_method_is_a_coroutine_function_or_an_async_generator_function(sync, other, name: str):
    method = getattr(other, name)
    assert inspect.iscoroutinefunction(method) is (name not in STREAMING)
    assert inspect.isasyncgenfunction(method) is (name in STREAMING)


@each_method
def test_a_method_has_the_parameters_and_the_docstring_of_the_sync_one(sync, other, name: str):
    own, method = getattr(other, name), getattr(sync, name)
    assert inspect.signature(own).parameters == inspect.signature(method).parameters
    assert own.__doc__ == method.__doc__


@pytest.mark.parametrize("name", STREAMING)
def test_a_method_that_yields_events_is_annotated_with_an_async_generator(name: str):
    method = getattr(AsyncLangflowClient, name)
    assert inspect.signature(method).return_annotation == AsyncGenerator[Event, None]
    assert method.__annotations__["return"] == AsyncGenerator[Event, None]
    assert "-> collections.abc.Generator[" in str(inspect.signature(getattr(LangflowClient, name)))


def test_a_coroutine_returns_what_its_annotation_says():
    assert get_type_hints(AsyncLangflowClient.flow)["return"] is Flow


def test_mocks_of_the_client_can_be_awaited_and_iterated():
    async def use(client: AsyncLangflowClient) -> tuple[object, list[object]]:
        return await client.run("a flow"), [event async for event in client.stream("a flow")]

    client = create_autospec(AsyncLangflowClient, instance=True)
    client.run.return_value = "a run"
    client.stream.return_value.__aiter__.return_value = ["an event"]
    assert asyncio.run(use(client)) == ("a run", ["an event"])
    with pytest.raises(TypeError, match="flow"):
        client.run()
