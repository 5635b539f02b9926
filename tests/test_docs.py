"""The documents point at what is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.live import starter_projects

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_files_of_the_repository(document):
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8"))
    targets = [document.parent / link for link in links if "://" not in link]
    assert [str(target) for target in targets if not target.exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_paths_that_are_named_exist(document):
    text = document.read_text(encoding="utf-8")
    paths = re.findall(r"`((?:lfclient|pages|tests|docs)/[\w./]+)`", text)
    assert [path for path in paths if not (ROOT / path).exists()] == []


def entries(folder: str) -> list[str]:
    """Return what the README's tree lists in a folder, after the colon if there is one."""
    tree = README.split("## Where things are")[1].split("```")[1]
    [text] = re.findall(rf"^ *{folder}/ +(.*(?:\n {{10,}}.*)*)", tree, re.MULTILINE)
    return re.split(r",\s+", text.rpartition(": ")[2])


@pytest.mark.parametrize(
    ("folder", "pattern"),
    [
        ("pages", "pages/[!_]*.py"),
        ("_ui", "pages/_ui/*/__init__.py"),
        ("lfclient", "lfclient/*/__init__.py"),
        ("console", "lfclient/console/*/__init__.py"),
        ("docs", "docs/*.md"),
    ],
)
def test_the_tree_in_the_readme_lists_each_folder(folder: str, pattern: str):
    found = ROOT.glob(pattern)
    names = {path.parent.name if path.stem == "__init__" else path.stem for path in found}
    assert sorted(entries(folder)) == sorted(names - {"console"})  # it has its own line


def test_the_readme_stays_short():
    assert len(README.splitlines()) < 200


@pytest.mark.parametrize(
    ("folders", "limit"), [("pages", 80), ("pages/_ui/**", 400), ("lfclient/**", 400)]
)
def test_modules_stay_short(folders: str, limit: int):
    modules = set(ROOT.glob(f"{folders}/*.py")) - {ROOT / "lfclient/client.py"}
    assert modules
    long = [path for path in modules if len(path.read_text("utf-8").splitlines()) >= limit]
    assert [str(path.relative_to(ROOT)) for path in long] == []


def test_the_table_of_starter_projects_is_the_tested_one():
    assert starter_projects.markdown() in (ROOT / "docs/starter-projects.md").read_text(
        encoding="utf-8"
    )
