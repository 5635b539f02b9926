"""The environment of the tests, without the developer's own settings."""

from __future__ import annotations

import os


def own_settings() -> list[str]:
    """Return the names of the developer's own variables, without those of the tests."""
    return [
        name
        for name in os.environ
        if name.startswith(("LANGFLOW_", "LFCONSOLE_")) and not name.startswith("LFCONSOLE_TEST_")
    ]


def environ_without_settings() -> dict[str, str]:
    """Return the environment for a process that a fixture of more than one test starts.

    `clean_environ` comes after such fixtures.
    """
    return {name: os.environ[name] for name in os.environ.keys() - own_settings()}
