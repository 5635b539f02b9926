"""The documents point at what is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.live import starter_projects

ROOT = Path(__file__).parents[1]
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


def test_the_readme_stays_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 200


def test_the_table_of_starter_projects_is_the_tested_one():
    assert starter_projects.markdown() in (ROOT / "docs/starter-projects.md").read_text(
        encoding="utf-8"
    )
