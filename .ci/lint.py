"""Check the repository itself: lock files, documents and the length of modules.

Prints each problem and exits with 1 if there is one. Needs the environment of the tests.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT, GROUPS = PYPROJECT["project"], PYPROJECT["dependency-groups"]
CONSOLE = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["console"]]
LOCKS = {
    "requirements.txt": CONSOLE,
    "tests/requirements.txt": [*CONSOLE, *GROUPS["test"]],
    "lfclient/console/local_langflow/requirements.txt": GROUPS["local-langflow"],
}
MAX_LINES = {"pages/*.py": 80, "pages/_ui/**/*.py": 400, "lfclient/**/*.py": 400}
MAX_README_LINES = 200
LISTED_FOLDERS = {
    "pages": "pages/[!_]*.py",
    "_ui": "pages/_ui/*/__init__.py",
    "lfclient": "lfclient/*/__init__.py",
    "console": "lfclient/console/*/__init__.py",
    "docs": "docs/*.md",
}


def locked(file: str) -> dict[Requirement, list[str]]:
    """Return the packages of a lock file with their hashes; two lines may be for two Pythons."""
    text = (ROOT / file).read_text("utf-8").replace("\\\n", "")
    lines = (line.split(" --hash=") for line in text.splitlines() if not line.startswith("#"))
    return {Requirement(package): [hash.strip() for hash in hashes] for package, *hashes in lines}


def name_of(requirement: Requirement) -> str:
    return canonicalize_name(requirement.name)


def dependencies(requirement: Requirement) -> set[str]:
    """Return the names of an installed package and of all packages that it needs here."""
    found: set[tuple[str, str]] = set()
    queue = [(requirement.name, extra) for extra in ("", *requirement.extras)]
    while queue:
        name, extra = queue.pop()
        if (name, extra) in found:
            continue
        found.add((name, extra))
        for each in map(Requirement, metadata.requires(name) or ()):
            if each.marker is None or each.marker.evaluate({"extra": extra}):
                queue += [(each.name, one) for one in ("", *each.extras)]
    return {canonicalize_name(name) for name, _ in found}


def check_lock(file: str, wanted: list[str]) -> Iterator[str]:
    """Yield what is wrong with a lock file."""
    packages = locked(file)
    for requirement in map(Requirement, wanted):
        versions = [str(one.specifier) for one in packages if name_of(one) == name_of(requirement)]
        fits = [requirement.specifier.contains(one.removeprefix("==")) for one in versions]
        if not fits or not all(fits):
            yield f"{file}: {requirement} is locked as {versions or 'nothing'}"
    for package, hashes in packages.items():
        if not re.fullmatch(r"==[^=*,]+", str(package.specifier)):
            yield f"{file}: {package} is not one version"
        if not hashes or not all(re.fullmatch(r"sha256:[0-9a-f]{64}", one) for one in hashes):
            yield f"{file}: {package} has no SHA-256 hashes"
    if "://" in (ROOT / file).read_text("utf-8"):
        yield f"{file}: names a registry, which is the installer's configuration"


def check_locks() -> Iterator[str]:
    """Yield what is wrong with the lock files."""
    for file, wanted in LOCKS.items():
        yield from check_lock(file, wanted)
    needed = set().union(*map(dependencies, map(Requirement, CONSOLE)))
    console = locked("requirements.txt")
    here = {name_of(one) for one in console if one.marker is None or one.marker.evaluate()}
    if here != needed:
        yield f"requirements.txt: missing or unneeded: {sorted(here ^ needed)}"
    tested = {(name_of(one), str(one.specifier)) for one in locked("tests/requirements.txt")}
    for name, version in {(name_of(one), str(one.specifier)) for one in console} - tested:
        yield f"tests/requirements.txt: lacks {name}{version}"


def check_changelog() -> Iterator[str]:
    """Yield the newest version of the changelog unless it is the client's."""
    import lfclient

    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    dated = re.findall(r"^## (\S+) \(\d{4}-\d\d-\d\d\)$", changelog, re.M)
    if dated[:1] != [lfclient.__version__]:
        yield f"CHANGELOG.md: the newest version is {dated[:1]}, not {lfclient.__version__}"


def check_documents() -> Iterator[str]:
    """Yield links and paths of the documents to files that do not exist."""
    for document in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("tests/*.md")):
        text, name = document.read_text("utf-8"), document.relative_to(ROOT)
        for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
            if "://" not in link and not (document.parent / link).exists():
                yield f"{name}: no file at {link}"
        for path in re.findall(r"`((?:lfclient|pages|tests|docs|bench)/[\w./]+)`", text):
            if not (ROOT / path).exists():
                yield f"{name}: no file at {path}"


def check_starter_projects() -> Iterator[str]:
    """Yield the tested tables that the document of starter projects lacks."""
    from tests.live import old_starter_projects, starter_projects

    file = "docs/starter-projects.md"
    text = (ROOT / file).read_text("utf-8")
    for module in (starter_projects, old_starter_projects):
        if module.markdown() not in text:
            yield f"{file}: not the table of {module.__name__}"


def check_readme() -> Iterator[str]:
    """Yield what the README's tree lists otherwise than it is, and whether the README is long."""
    text = (ROOT / "README.md").read_text("utf-8")
    if len(text.splitlines()) >= MAX_README_LINES:
        yield f"README.md: not under {MAX_README_LINES} lines"
    tree = text.split("## Where things are")[1].split("```")[1]
    for folder, pattern in LISTED_FOLDERS.items():
        lines = re.findall(rf"^ *{folder}/ +(.*(?:\n {{10,}}.*)*)", tree, re.MULTILINE)
        listed = {name for line in lines for name in re.split(r",\s+", line.rpartition(": ")[2])}
        paths = ROOT.glob(pattern)
        found = {path.parent.name if path.stem == "__init__" else path.stem for path in paths}
        if listed != found - {"console"}:  # which has a line of its own
            yield f"README.md: {folder}/ lists {sorted(listed ^ (found - {'console'}))} wrongly"


def check_modules() -> Iterator[str]:
    """Yield the modules that are too long."""
    for pattern, limit in MAX_LINES.items():
        for path in ROOT.glob(pattern):
            lines = len(path.read_text("utf-8").splitlines())
            if lines >= limit:
                yield f"{path.relative_to(ROOT)}: {lines} lines, not under {limit}"


CHECKS = (
    check_locks,
    check_changelog,
    check_documents,
    check_starter_projects,
    check_readme,
    check_modules,
)

if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    problems = [problem for check in CHECKS for problem in check()]
    print(*problems, sep="\n", end="\n" if problems else "")
    sys.exit(bool(problems))
