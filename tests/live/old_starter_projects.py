"""How starter projects of old Langflow versions end, before and after an update."""

from __future__ import annotations

from collections import Counter

SERVERS = ("1.11.6", "1.13.0")
# versions of `langflow-base`, which has the projects, by the Langflow version
BASES = {"1.0": "0.0.99", "1.2": "0.2.0", "1.4": "0.4.3", "1.6": "0.6.9", "1.8": "0.8.4"}
COMPLETED = "completed"
# by the projects' version and the server's: how many complete before the update, and the ends after
ENDS = {
    ("1.0", "1.11.6"): (0, {COMPLETED: 4, "key": 3, "package": 2, "internet": 1}),
    ("1.0", "1.13.0"): (0, {COMPLETED: 4, "key": 3, "package": 2, "internet": 1}),
    ("1.2", "1.11.6"): (9, {COMPLETED: 15, "key": 6, "package": 3, "internet": 2}),
    ("1.2", "1.13.0"): (9, {COMPLETED: 15, "key": 6, "package": 3, "internet": 2}),
    ("1.4", "1.11.6"): (
        6,
        {COMPLETED: 15, "key": 8, "package": 5, "internet": 4, "connection": 2},
    ),
    ("1.4", "1.13.0"): (
        6,
        {COMPLETED: 15, "key": 8, "package": 5, "internet": 4, "connection": 2},
    ),
    ("1.6", "1.11.6"): (
        8,
        {COMPLETED: 17, "key": 8, "package": 2, "internet": 5, "embeddings": 1},
    ),
    ("1.6", "1.13.0"): (9, {COMPLETED: 18, "key": 8, "package": 2, "internet": 5}),
    ("1.8", "1.11.6"): (18, {COMPLETED: 18, "key": 9, "package": 1, "internet": 4}),
    ("1.8", "1.13.0"): (18, {COMPLETED: 18, "key": 9, "package": 1, "internet": 4}),
}
# what the others lack, in the words of the documentation
REASONS = {
    "key": "a vendor's key",
    "package": "a package",
    "internet": "the internet",
    "connection": "a connection that the update loses",
    "embeddings": "embeddings of another provider than Ollama",
}


def markdown() -> str:
    """Return the table of the documentation."""
    newest = SERVERS[-1]
    lines = [
        f"| | {' | '.join(SERVERS)} | what the others lack on {newest} |",
        f"|---|{'---|' * len(SERVERS)}---|",
        *(_row(version, [version], newest) for version in BASES),
        _row("all", [*BASES], newest),
    ]
    return "\n".join(lines)


def _row(name: str, versions: list[str], newest: str) -> str:
    cells = []
    for server in SERVERS:
        before, after = _sum(versions, server)
        cells.append(f"{before} → **{after[COMPLETED]}** of {after.total()}")
    _, after = _sum(versions, newest)
    lacks = [f"{words}: {after[reason]}" for reason, words in REASONS.items() if after[reason]]
    return f"| {name} | {' | '.join(cells)} | {', '.join(lacks)} |"


def _sum(versions: list[str], server: str) -> tuple[int, Counter[str]]:
    before, after = 0, Counter[str]()
    for version in versions:
        completed, ends = ENDS[version, server]
        before += completed
        after.update(ends)
    return before, after
