"""A profile saved by one process and one Python, read by another: the file and the answer are the same to the byte."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

import pytest

ROOT = Path(__file__).parents[2]
FLIGHTS = ROOT / "examples" / "data"
SUPPORTED = ("3.11", "3.13")  # the smallest and the largest
PROGRAM = """
import sys
import kullback as kl
what, *paths = sys.argv[1:]
if what == "save":
    kl.profile(paths[0]).save(paths[1])
else:
    kl.compare(paths[0], paths[1]).to_json(paths[2])
print(sys.version_info[:2])
"""


def _interpreter(version: str) -> str | None:
    """An interpreter of that version that works."""
    folders = [Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"]
    found = [path for folder in folders for path in sorted(folder.glob(f"{version}.*/bin/python"))]
    candidates = [sys.executable, *map(str, found), shutil.which(f"python{version}")]
    question = "import sys, ensurepip, venv; print('.'.join(map(str, sys.version_info[:2])))"
    for candidate in candidates:
        if candidate is None:
            continue
        answer = subprocess.run([candidate, "-c", question], capture_output=True, text=True, check=False)
        if answer.returncode == 0 and answer.stdout.strip() == version:
            return candidate
    return None


def _give_up(reason: str) -> NoReturn:
    if os.environ.get("CI", "").lower() not in {"", "0", "false"}:
        pytest.fail(f"CI must run this test, but {reason}", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def pythons(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """For each version the interpreter of an environment that has the package and what it needs."""
    ready = {}
    for version in SUPPORTED:
        if sys.version_info[:2] == tuple(map(int, version.split("."))):
            ready[version] = sys.executable
            continue
        base = _interpreter(version)
        if base is None:
            _give_up(f"Python {version} is not installed")
        folder = tmp_path_factory.mktemp(f"python{version}")
        subprocess.run([base, "-m", "venv", str(folder)], check=True)
        ready[version] = str(folder / "bin" / "python")
        pip = [ready[version], "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        done = subprocess.run([*pip, "--constraint", str(ROOT / "constraints.txt"), str(ROOT)], check=False)
        if done.returncode:
            _give_up(f"the package cannot be installed for Python {version}")
    return ready


def _run(python: str, *arguments: Any) -> None:
    # From a folder of its own, so that the package is the installed one.
    done = subprocess.run(
        [python, "-c", PROGRAM, *map(str, arguments)],
        cwd=arguments[-1].parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def saved(pythons: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Path]:
    folder = tmp_path_factory.mktemp("profiles")
    files = {}
    for table in ("flights-2013-h1.parquet", "infant-gut.csv"):
        for version, python in pythons.items():
            files[table, version] = folder / f"{table}-{version}.json"
            _run(python, "save", FLIGHTS / table, files[table, version])
    return files


@pytest.mark.parametrize("table", ["flights-2013-h1.parquet", "infant-gut.csv"])
def test_every_python_saves_the_same_bytes(saved: dict[tuple[str, str], Path], table: str) -> None:
    first, last = (saved[table, version].read_bytes() for version in SUPPORTED)
    assert first == last


@pytest.mark.parametrize(("writer", "reader"), [SUPPORTED, SUPPORTED[::-1]])
def test_one_python_reads_what_another_saved(
    pythons: dict[str, str], saved: dict[tuple[str, str], Path], writer: str, reader: str, tmp_path: Path
) -> None:
    current = FLIGHTS / "flights-2013-h2.parquet"
    for version in (writer, reader):
        kept = saved["flights-2013-h1.parquet", writer]
        _run(pythons[version], "compare", kept, current, tmp_path / f"{version}.json")
    here, there = (json.loads((tmp_path / f"{version}.json").read_text()) for version in (writer, reader))
    assert here["columns"]
    assert here == there
