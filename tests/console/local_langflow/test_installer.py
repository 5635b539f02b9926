"""Installations of the local Langflow, with a stand-in for uv."""

from __future__ import annotations

import io
import os
import re
import sys
import tarfile
import textwrap
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from lfclient.console.local_langflow.installer import Installation
from lfclient.console.local_langflow.requirement import LOCK, SOURCE_PACKAGES, Requirement
from lfclient.console.local_langflow.state_file import JsonFile, LocalError
from lfclient.resources.packages import package_for
from tests.support.local_langflow import fake_local


def test_a_full_disk_is_reported_before_the_download(
    tmp_path: Path, fake_uv: Callable[..., str], monkeypatch: pytest.MonkeyPatch
):
    usage = type("usage", (), {"free": 100_000_000})
    monkeypatch.setattr(
        "lfclient.console.local_langflow.installer.shutil.disk_usage", lambda folder: usage
    )

    with pytest.raises(LocalError, match=r"100 MB free, but 1500 MB are needed") as caught:
        fake_local(tmp_path, fake_uv()).start()

    assert "LFCONSOLE_DATA_DIR" in caught.value.hint


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("error: No space left on device (os error 28)", "disk is full"),
        ("error: Permission denied (os error 13)", "is not writable"),
        ("error: dns error: failed to lookup address information", "no connection"),
        ("  × No solution found when resolving dependencies", "does not have this release"),
        ("error: the moon is in the way", "the moon is in the way"),
    ],
)
def test_errors_of_uv_are_explained(
    tmp_path: Path, fake_uv: Callable[..., str], output: str, message: str
):
    langflow = fake_local(tmp_path, fake_uv(install=f"echo '{output}' >&2; exit 2"))

    with pytest.raises(LocalError, match=message) as caught:
        langflow.start()

    assert caught.value.hint


LANGFLOW = "langflow_base-1.13.0"
BUILD_SYSTEM = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'


def _write_wheel(folder: Path, stem: str, tag: str = "py3-none-any") -> None:
    name, version = stem.split("-")
    with zipfile.ZipFile(folder / f"{stem}-{tag}.whl", "w") as wheel:
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        wheel.writestr(f"{stem}.dist-info/METADATA", metadata)
        wheel.writestr(f"{stem}.dist-info/WHEEL", f"Wheel-Version: 1.0\nTag: {tag}\n")
        wheel.writestr(f"{stem}.dist-info/RECORD", "")


def _installation_from(index: Path, tmp_path: Path) -> Installation:
    """Return an installation by the real uv, from an index whose files differ from PyPI's."""
    lock = LOCK.read_text(encoding="utf-8")
    requirement = Requirement("1.13.0")
    for name in requirement.packages[1:]:
        version = re.search(rf"^{name}==(\S+)", lock, re.MULTILINE)[1]
        _write_wheel(index, f"{name.replace('-', '_')}-{version}")
    for file in list(index.iterdir()):
        folder = index / file.name.partition("-")[0].replace("_", "-")
        folder.mkdir()
        file.rename(folder / file.name)
        (folder / "index.html").write_text(f'<a href="{file.name}">{file.name}</a>')
    environ = {
        **os.environ,
        "UV_CACHE_DIR": str(tmp_path / "cache"),
        "UV_DEFAULT_INDEX": index.as_uri(),
    }
    return Installation(tmp_path / "venv", requirement, python=sys.executable, environ=environ)


@pytest.fixture
def index(tmp_path: Path) -> Path:
    folder = tmp_path / "index"
    folder.mkdir()
    return folder


def test_a_file_that_differs_from_the_locked_file_is_refused(index: Path, tmp_path: Path):
    _write_wheel(index, LANGFLOW)
    installation = _installation_from(index, tmp_path)

    with pytest.raises(LocalError, match=r"has a different file for \S+==") as caught:
        installation.install(lambda step, share: None)

    assert "UV_INDEX_URL" in caught.value.hint
    assert installation.python is None


def test_a_system_without_a_wheel_is_reported(index: Path, tmp_path: Path):
    _write_wheel(index, LANGFLOW, "py3-none-plan9_x86_64")

    with pytest.raises(LocalError, match=r"no wheel of langflow-base==1.13.0 for") as caught:
        _installation_from(index, tmp_path).install(lambda step, share: None)

    assert "Apple silicon" in caught.value.hint


def test_the_code_of_a_source_package_does_not_run(index: Path, tmp_path: Path):
    trace = tmp_path / "ran"
    files = {"pyproject.toml": BUILD_SYSTEM, "backend.py": f"open({str(trace)!r}, 'w')"}
    with tarfile.open(index / f"{LANGFLOW}.tar.gz", "w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"{LANGFLOW}/{name}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    installation = _installation_from(index, tmp_path)

    with pytest.raises(LocalError, match=r"no wheel of langflow-base==1.13.0"):
        installation.install(lambda step, share: None)

    assert not trace.exists()


def test_each_package_that_may_be_built_is_locked():
    lock = LOCK.read_text(encoding="utf-8")
    assert all(f"\n{name}==" in lock for name in SOURCE_PACKAGES)


def test_progress_counts_packages(tmp_path: Path, fake_uv: Callable[..., str]):
    script = textwrap.dedent("""
        mkdir -p cache/archive-v0
        echo 'Resolved 4 packages in 1s' >&2
        echo 'Downloading large (100.0MiB)' >&2
        echo 'Downloading small (50.0MiB)' >&2
        mkdir cache/archive-v0/a cache/archive-v0/b
        echo ' Downloaded small' >&2
        sleep 0.5
        echo 'Prepared 4 packages in 1s' >&2
        sleep 0.5
    """)
    steps: list[tuple[str, float]] = []

    Installation(tmp_path, Requirement("1.13.0"), python="3", uv_binary=fake_uv(script)).install(
        lambda step, share: steps.append((step, share))
    )

    assert any("2 of 4 packages" in step for step, _ in steps)
    assert [share for _, share in steps] == sorted(share for _, share in steps)


def _old_installation(folder: Path, uv_binary: str) -> Installation:
    """Return an older console's installation: Langflow without the additional packages."""
    installation = Installation(folder, Requirement("1.13.0"), python="3", uv_binary=uv_binary)
    installation.install(lambda step, share: None)
    marker = JsonFile(folder / "installed.json")
    marker.update(package=[installation.requirement.packages[0]])
    return installation


def test_an_older_consoles_installation_is_completed(tmp_path: Path, fake_uv: Callable[..., str]):
    installation = _old_installation(tmp_path, fake_uv('echo "$@" > installed-by-uv'))
    python = installation.python
    assert installation.missing == installation.requirement.packages[1:]

    assert installation.install(lambda step, share: None) == python

    assert installation.missing == []
    requested = (tmp_path / "installed-by-uv").read_text()
    assert all(f" {name}==" in requested for name in ("lfx-bundles", "langchain-openai"))


def test_without_network_an_older_consoles_installation_stays_unchanged(
    tmp_path: Path, fake_uv: Callable[..., str]
):
    script = 'test -e offline && echo "dns error" >&2 && exit 2; true'
    installation = _old_installation(tmp_path, fake_uv(script))
    (tmp_path / "offline").touch()

    assert installation.install(lambda step, share: None) == installation.python

    assert installation.missing == installation.requirement.packages[1:]


def test_an_added_package_is_installed_with_langflow_and_again_in_a_new_environment(
    tmp_path: Path, fake_uv: Callable[..., str]
):
    installation = Installation(
        tmp_path,
        Requirement("1.13.0"),
        python="3",
        uv_binary=fake_uv('echo "$@" >> installed-by-uv'),
    )
    python = installation.install(lambda step, share: None)
    installation.add(package_for("yfinance"), lambda step, share: None)
    assert installation.python == python
    assert installation.added == ["yfinance"]

    python.unlink()
    installation.install(lambda step, share: None)

    asked = (tmp_path / "installed-by-uv").read_text().splitlines()
    assert ["yfinance==" in line for line in asked] == [False, True, True]
    assert all("langflow-base==1.13.0" in line for line in asked)


def test_a_package_is_available_however_it_was_installed(
    tmp_path: Path, fake_uv: Callable[[str], str]
):
    """Another package may have installed it."""
    installation = _old_installation(tmp_path, fake_uv("exit 0"))
    assert installation.available == frozenset()
    folder = installation.python.parents[1] / "lib" / "python3.13" / "site-packages"
    (folder / "yfinance").mkdir(parents=True)
    (folder / "astrapy").mkdir()
    assert installation.available == {"yfinance"}
    assert installation.added == []
