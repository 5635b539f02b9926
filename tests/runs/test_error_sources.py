"""The components that the text of an error means without naming them."""

from __future__ import annotations

import pytest

from lfclient.runs.error_sources import find_sources
from tests.support.flows import entry, flow, node

CODE = {
    "Agent-a": 'from lfx.io import Agent\nmodels = PROVIDERS["OpenAI"]',
    "Ollama-b": "from langchain_community.chat_models import ChatOllama",
    "Chat-f": "self.store_message(message)",
    "Chat-g": "await self.store_message(message)",
    "Prompt-h": "from langflow.field_typing import (\n    Prompt,\n    Text,\n)",
    "Tool-j": "from langchain.pydantic_v1 import BaseModel",
    "Other-i": "from langflow.field_typing import PromptTemplate",
    "Mistral-c": "import langchain_mistralai.chat_models\nclass Mistral(Model): pass",
    "Mistral-d": "def build():\n    from langchain_mistralai import ChatMistralAI  # OpenAI",
}


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        ("Error creating class. KeyError('OpenAI').", ["Agent-a"]),
        ("ModuleNotFoundError(No module named 'langchain_classic.pydantic_v1').", ["Tool-j"]),
        (
            "Error creating class. ImportError(Cannot import name 'ChatOllama' from "
            "'langchain_community.chat_models').",
            ["Ollama-b"],
        ),
        (
            "Error creating class. ModuleNotFoundError(No module named 'langchain_mistralai').",
            ["Mistral-c", "Mistral-d"],
        ),
        (
            "Error creating class. TypeError(The method 'build' in class Mistral must be "
            "decorated with @cached).",
            ["Mistral-d"],
        ),
        ("Attribute text not found in Mistral", ["Mistral-c", "Mistral-d"]),
        ("Field inputs in Ollama is not a valid field type: Data", ["Ollama-b"]),
        ("Error while creating graph from payload: 'code'", ["Empty-e"]),
        ("Error creating class. RecursionError(maximum recursion depth exceeded).", ["Prompt-h"]),
        ("Error running graph: 'coroutine' object has no attribute 'text'", ["Chat-f"]),
        ("Error creating class. TypeError('str' object is not callable).", []),
        ("Error creating class. AttributeError('str' has no attribute 'build').", ["Mistral-d"]),
        ("Error creating class. NameError(name 'shared' is not defined).", []),
        ("No answer from 'OpenAI'", []),
    ],
)
def test_the_components_with_the_named_code_are_found(text, sources):
    codes = {id: f"{code}\nshared: str" for id, code in CODE.items()}
    nodes = [node(id, code=entry(None, "code", code)) for id, code in codes.items()]
    found = find_sources(text, flow(*nodes, node("Empty-e")))
    assert sorted(leaf.id for leaf in found) == sources
