"""The packages of the local Langflow, and the lock file that uv installs them from."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

# all packages that the local Langflow may have, with the hashes of their files on PyPI
LOCK = Path(__file__).with_name("requirements.txt")

# Since Langflow 1.11, `langflow-base` lacks the components of 70 services, such as Groq and Notion.
# This package of 0.4 MB has the components. It requires Langflow 1.13.
COMPONENT_PACKAGES = ("lfx-bundles",)

# `langflow-base` lists OpenAI, Anthropic, Ollama and Google models, but can't run them without
# these packages, which take another 5 MB and one second.
MODEL_PACKAGES = (
    "langchain-openai",
    "langchain-anthropic",
    "langchain-ollama",
    "langchain-google-genai",
)

# PyPI has no wheels of these packages (clickhouse-connect: for Python 3.13), so uv builds their
# locked sources.
SOURCE_PACKAGES = (
    "clickhouse-connect",
    "cuid",
    "ibm-cos-sdk",
    "ibm-cos-sdk-core",
    "ibm-cos-sdk-s3transfer",
)


@dataclass(frozen=True)
class Requirement:
    """A Langflow version with the packages for components and models."""

    version: str

    @property
    def packages(self) -> list[str]:
        """The required packages, `langflow-base` with its version first."""
        return [f"langflow-base=={self.version}", *COMPONENT_PACKAGES, *MODEL_PACKAGES]

    def install_arguments(self, packages: Collection[str]) -> list[str]:
        """Return arguments for `uv pip install` that install packages in their locked versions.

        With these arguments, uv refuses every file whose hash is not locked. It builds only
        `SOURCE_PACKAGES`, with locked tools.
        """
        lock = LOCK.read_text(encoding="utf-8")
        # pairs of a requirement, with its marker, and its name
        locked = re.findall(r"^(([^\s#=]+)==[^\\\n]+)", lock, re.MULTILINE)
        wheels = dict.fromkeys(name for _, name in locked if name not in SOURCE_PACKAGES)
        return [
            "--require-hashes",
            *("--constraints", str(LOCK), "--build-constraints", str(LOCK)),
            *(f"--only-binary={name}" for name in wheels),
            # uv requires versions in the requested packages, not only in the constraints
            *(package for package in packages if "==" in package),
            *(requirement.strip() for requirement, name in locked if name in packages),
        ]
