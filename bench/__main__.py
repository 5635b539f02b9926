"""Measure the figures of docs/benchmarks.md: `python -m bench`, or some: `… client live`.

All figures take two hours on the tests' servers (tests/support/servers.py). Keep the machine idle
during that time.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable

from bench import (
    answer,
    begin,
    client,
    events,
    first_page,
    form,
    history,
    history_page,
    live,
    load,
    many,
    outputs,
    presses,
    screen,
    setup,
    status_requests,
    watchers,
)
from bench.figures import HEAD, Figure
from lfclient import LangflowClient
from tests.support import chromium, sample_flows, servers


def main(names: list[str]) -> int:
    """Print a table; return 1 if a limit was missed."""
    folder = servers.open_folder()
    os.environ[servers.FOLDER] = str(folder)
    try:
        return _measure(names)
    finally:
        servers.close_folder(folder)


def _measure(names: list[str]) -> int:
    newest, polled = servers.release("1.13.0"), servers.release("1.10.3")
    with LangflowClient(newest.url, api_key=newest.api_key, timeout=60) as api:
        sample_flows.install(api)
    with LangflowClient(polled.url, api_key=polled.api_key, timeout=60) as api:
        sample_flows.install(api)
    browser = chromium.find()
    here = (newest.url, newest.api_key)
    both = {one.version: (one.url, one.api_key) for one in (newest, polled)}
    parts: dict[str, Callable[[], Iterable[Figure]]] = {
        "client": lambda: client.run(*here),
        "screen": lambda: screen.run(*here, browser) + screen.run_polled(*both["1.10.3"], browser),
        "answer": lambda: answer.run(*here, browser),
        "first_page": lambda: first_page.run(*here, browser),
        "status": lambda: status_requests.run(both),
        "form": lambda: form.run(*here, browser),
        "setup": lambda: setup.run(*here, browser),
        "many": lambda: many.run(browser),
        "events": events.run,
        "begin": lambda: begin.run(*here, browser),
        "live": lambda: live.run(browser),
        "load": load.run,
        "presses": presses.run,
        "watchers": lambda: watchers.run(browser),
        "outputs": lambda: outputs.run(browser),
        "history": history.run,
        "writing": history.writing_repeated,
        "history_page": lambda: history_page.run(*here, browser),
    }
    print(HEAD, flush=True)
    missed = 0
    for name, measure in parts.items():
        if not names or name in names:
            for figure in measure():
                print(figure.row(), flush=True)
                missed += not figure.is_met
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
