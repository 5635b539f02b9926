"""Packages that flows may need and `langflow-base` lacks. The local Langflow gets them by name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Package:
    """A package by its name in the index, what it is for, and the modules that it brings."""

    name: str
    purpose: str
    modules: tuple[str, ...]


# What the templates of 1.8 to 1.13 import and `langflow-base` lacks, and the providers for servers
# that speak OpenAI's API. Each was resolved with 1.13.0: it only adds packages, and changes none.
# Without opendsstar, which a template of 1.10 and 1.11 needs: it replaces mcp, numpy and typer, and
# brings torch.
PACKAGES = (
    Package("apify-client", "Apify", ("apify_client",)),
    Package("lfx-datastax", "Astra DB", ("lfx_datastax", "astrapy", "langchain_astradb")),
    Package("google-api-python-client", "Google Drive, YouTube", ("googleapiclient",)),
    Package("lfx-openai-compatible", "OpenAI-compatible", ("lfx_openai_compatible",)),
    Package("lfx-vllm", "vLLM", ("lfx_vllm",)),
    Package("yfinance", "Yahoo Finance", ("yfinance",)),
    Package("youtube-transcript-api", "YouTube transcripts", ("youtube_transcript_api",)),
)
_MODULES = "|".join(module for package in PACKAGES for module in package.modules)
_IMPORTS = re.compile(rf"^(?:from|import)\s+({_MODULES})\b", re.MULTILINE)


def package_for(module: str) -> Package | None:
    """Return the package with a module that Langflow could not import, such as `googleapiclient`.

    None if it is not one that the console installs.
    """
    top = module.partition(".")[0]
    return next((package for package in PACKAGES if top in package.modules), None)


def imported_packages(code: str) -> Iterator[Package]:
    """Yield the packages that a component's code imports when it is loaded, each once."""
    yield from dict.fromkeys(filter(None, map(package_for, _IMPORTS.findall(code))))
