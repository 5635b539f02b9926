"""Packages that flows may need and `langflow-base` lacks. The local Langflow gets them by name."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeGuard


@dataclass(frozen=True)
class Package:
    """A package by its name in the index, what it is for, and the modules that it brings."""

    name: str
    purpose: str = ""
    modules: tuple[str, ...] = ()

    @property
    def install_hint(self) -> str:
        """How to install it on a server, as a sentence."""
        return (
            f"Install it in the Python environment that Langflow runs in, as with “uv pip install "
            f"{self.name}”, then restart Langflow."
        )


# What the templates of 1.8 to 1.13 import and `langflow-base` lacks, and the providers for servers
# that speak OpenAI's API. Each was resolved with 1.13.0: it only adds packages, and changes none.
# Without langchain-chroma: Langflow 1.13 no longer supports Chroma. Without opendsstar, which a
# template of 1.10 and 1.11 needs: it replaces mcp, numpy and typer, and brings torch.
PACKAGES = (
    Package("apify-client", "Apify", ("apify_client",)),
    Package("lfx-datastax", "Astra DB", ("lfx_datastax", "astrapy", "langchain_astradb")),
    Package("langchain-aws", "Amazon Bedrock", ("langchain_aws",)),
    Package("langchain-cohere", "Cohere", ("langchain_cohere", "cohere")),
    Package("ddgs", "DuckDuckGo", ("ddgs",)),
    Package("faiss-cpu", "FAISS", ("faiss",)),
    Package("google-api-python-client", "Google Drive, YouTube", ("googleapiclient",)),
    Package("langchain-groq", "Groq", ("langchain_groq", "groq")),
    Package("langchain-huggingface", "Hugging Face", ("langchain_huggingface",)),
    Package("markdown", "Markdown, Notion", ("markdown",)),
    Package("langchain-mistralai", "Mistral", ("langchain_mistralai",)),
    Package(
        "langchain-nvidia-ai-endpoints",
        "NVIDIA, LM Studio embeddings",
        ("langchain_nvidia_ai_endpoints",),
    ),
    Package("lfx-openai-compatible", "OpenAI-compatible", ("lfx_openai_compatible",)),
    Package("langchain-pinecone", "Pinecone", ("langchain_pinecone", "pinecone")),
    Package("lfx-vllm", "vLLM", ("lfx_vllm",)),
    Package("yfinance", "Yahoo Finance", ("yfinance",)),
    Package("youtube-transcript-api", "YouTube transcripts", ("youtube_transcript_api",)),
)
_MODULES = "|".join(module for package in PACKAGES for module in package.modules)
_IMPORTS = re.compile(rf"^([ \t]*)(?:from|import)[ \t]+({_MODULES})\b", re.MULTILINE)
# names of `langchain_community` that import another module when they are used
_COMMUNITY = {"DuckDuckGoSearchRun": "ddgs", "FAISS": "faiss"}
_COMMUNITY_IMPORTS = re.compile(
    rf"^from langchain_community\b[\w.]*[ \t]+import\b.*\b({'|'.join(_COMMUNITY)})\b",
    re.MULTILINE,
)
_MAX_PARSED = 200_000  # characters of a component's code; parsing takes 0.1 s for so many
_CONDITIONAL = (ast.IfExp, ast.BoolOp, ast.Lambda, ast.FunctionDef, ast.AsyncFunctionDef)
_UNPARSED = (SyntaxError, ValueError, RecursionError, MemoryError)


def package_for(name: str) -> Package | None:
    """Return the package of this name, or with this module, such as `googleapiclient`.

    Names are compared as in the index, by PEP 503. None if the console doesn't install it.
    """
    module = name.partition(".")[0]
    normalized = re.sub(r"[-_.]+", "-", name).lower()
    found = (one for one in PACKAGES if one.name == normalized or module in one.modules)
    return next(found, None)


def imported_packages(code: str) -> Iterator[Package]:
    """Yield the packages that a component's code always imports, each once.

    Code imports them when it is loaded, or in each call of an output's method.
    """
    modules = {_COMMUNITY[name] for name in _COMMUNITY_IMPORTS.findall(code)}
    if _IMPORTS.search(code):
        modules |= set(_imported_modules(code))
    yield from (package for package in PACKAGES if modules.intersection(package.modules))


def _imported_modules(code: str) -> Iterator[str]:
    """Yield the first names of modules that code imports in every run, also via its methods.

    Imports under a condition, after an early return and in `try` without an error are left out.
    """
    try:
        tree = ast.parse(code[:_MAX_PARSED])
    except _UNPARSED:
        return
    for statement in _unconditional(tree.body):
        yield from _modules(statement)
    classes = [each for each in tree.body if isinstance(each, ast.ClassDef)]
    methods = {
        each.name: each
        for owner in classes
        for each in owner.body
        if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))
    }
    left = _entries(classes, methods)
    seen = set(left)
    while left:
        for statement in _unconditional(methods[left.pop()].body):
            yield from _modules(statement)
            called = {each.attr for each in _evaluated(statement) if _is_of_self(each)}
            new = called & methods.keys() - seen
            seen |= new
            left += new


def _entries(classes: Iterable[ast.ClassDef], methods: Collection[str]) -> list[str]:
    """Return the methods of a component's outputs.

    Without outputs in the code, return the public methods that no other method mentions.
    """
    nodes = [each for owner in classes for each in ast.walk(owner)]
    outputs = [
        str(each.value.value)
        for each in nodes
        if isinstance(each, ast.keyword)
        and each.arg == "method"
        and isinstance(each.value, ast.Constant)
    ]
    if outputs and all(name in methods for name in outputs):
        return outputs
    mentioned = {each.attr for each in nodes if _is_of_self(each)}
    return [name for name in methods if not name.startswith("_") and name not in mentioned]


def _modules(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.ImportFrom):
        yield (statement.module or "").partition(".")[0]
    elif isinstance(statement, ast.Import):
        yield from (alias.name.partition(".")[0] for alias in statement.names)


def _unconditional(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that run in every call, up to the first that may return."""
    for statement in body:
        if isinstance(statement, ast.Try):
            if all(isinstance(each.body[-1], ast.Raise) for each in statement.handlers):
                yield from _unconditional(statement.body)
        elif isinstance(statement, (ast.With, ast.AsyncWith)):
            if not any("suppress" in ast.unparse(each) for each in statement.items):
                yield from _unconditional(statement.body)
        elif not isinstance(statement, (ast.If, ast.For, ast.While, ast.Match)):
            yield statement
        returns = (each for each in _evaluated(statement) if isinstance(each, ast.Return))
        # the first call has no cached value, such as `if self._store: return self._store`
        if not all(each.value and _is_of_self(each.value) for each in returns):
            return


def _evaluated(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the parts of a statement without functions and the operands of conditions."""
    yield node
    if not isinstance(node, _CONDITIONAL):
        for each in ast.iter_child_nodes(node):
            yield from _evaluated(each)


def _is_of_self(each: ast.AST) -> TypeGuard[ast.Attribute]:
    """Return whether this is a method or attribute of `self`."""
    if not isinstance(each, ast.Attribute) or not isinstance(each.value, ast.Name):
        return False
    return each.value.id == "self"
