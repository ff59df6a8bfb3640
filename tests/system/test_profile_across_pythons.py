"""A profile is the same file whichever process and whichever Python wrote it, and says the same to all of them."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

import kullback as kl

ROOT = Path(__file__).parents[2]
DATA = ROOT / "examples" / "data"
HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"
PYTHONS = ("3.11", "3.13")  # the smallest and the largest supported
# Rows that are counted in memory, and enough rows to be counted where they are.
TABLES = ("kinds", "flights")

# In one worker, so that the others need not make the same files.
pytestmark = pytest.mark.xdist_group("pythons")

# Each runs in a process of its own, with the paths that it needs.
SAVE = """
import sys
import kullback as kl
for table, kept in zip(sys.argv[1::2], sys.argv[2::2]):
    kl.profile(table).save(kept)
"""
ANSWER = """
import sys
import kullback as kl
for kept, table, answer in zip(sys.argv[1::3], sys.argv[2::3], sys.argv[3::3]):
    kl.compare(kept, table).to_json(answer)
"""
KINDS = """
SELECT
    sin(i * {step}) AS number,
    [NULL, 'nan'::DOUBLE, 'inf', '-inf', i, 0][1 + i % 6] AS special,
    i % 5 AS count,
    9007199254740992 + i % {step} AS beyond_53_bits,
    (18446744073709551615 - i % 90)::UBIGINT AS huge,
    (i % 1000 / 8)::DECIMAL(10, 2) AS price,
    (i % 1000)::DECIMAL(38, 10) AS exact,
    DATE '2024-02-27' + (i % 40)::INTEGER AS day,
    TIMESTAMP '2024-01-01' + to_seconds(i * {step}) AS moment,
    TIMESTAMPTZ '2024-01-01 00:00:00+09' + to_seconds(i % 999) AS instant,
    TIME '01:02:03' + to_seconds(i % 999) AS clock,
    i % {step} = 0 AS flag,
    ['a', 'b', 'é', '', NULL][1 + i % 5] AS text,
    NULL AS nothing,
    [i] AS nested,
    'user-' || i AS user,
    i AS row
FROM range(3000) AS rows(i)
"""


def _python(version: str, require: Callable[[str], Any]) -> str:
    """The interpreter of an environment in which the package is installed."""
    if version == HERE:
        return sys.executable
    python = ROOT / ".venv-pythons" / version / "bin" / "python"
    if not python.exists():
        # No module is called that: skipped on a user's machine, failed on CI.
        require(f"kullback for Python {version} (make pythons)")
    return str(python)


@pytest.fixture(scope="module")
def pythons(require: Callable[[str], Any]) -> dict[str, str]:
    return {version: _python(version, require) for version in PYTHONS}


def _run(python: str, program: str, *paths: Path) -> None:
    # Isolated, so that no variable and no folder of this process leads to another installation.
    done = subprocess.run([python, "-I", "-c", program, *paths], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Path]]:
    """Reference and current table by name."""
    folder = tmp_path_factory.mktemp("tables")
    kinds = folder / "before.parquet", folder / "after.parquet"
    for path, step in zip(kinds, (3, 4), strict=True):
        duckdb.sql(KINDS.format(step=step)).write_parquet(str(path))
    return {"kinds": kinds, "flights": (DATA / "flights-2013-h1.parquet", DATA / "flights-2013-h2.parquet")}


@pytest.fixture(scope="module")
def kept(
    pythons: dict[str, str], tables: dict[str, tuple[Path, Path]], tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, str], Path]:
    """Profiles of the reference tables by writer and table, and those that this process writes."""
    folder = tmp_path_factory.mktemp("kept")
    files = {(writer, name): folder / f"{writer} {name}" for writer in (*pythons, "this process") for name in TABLES}
    for writer, python in pythons.items():
        _run(python, SAVE, *(path for name in TABLES for path in (tables[name][0], files[writer, name])))
    for name in TABLES:
        kl.profile(tables[name][0]).save(files["this process", name])
    return files


@pytest.mark.parametrize("writer", PYTHONS)
@pytest.mark.parametrize("name", TABLES)
def test_every_python_writes_the_same_file(kept: dict[tuple[str, str], Path], writer: str, name: str) -> None:
    assert kept[writer, name].read_bytes() == kept["this process", name].read_bytes()


@pytest.fixture(scope="module")
def wanted(tables: dict[str, tuple[Path, Path]], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The answers of one process that writes no profile."""
    folder = tmp_path_factory.mktemp("wanted")
    for name, (reference, current) in tables.items():
        comparison = kl.compare(kl.profile(reference), current)
        assert len(comparison) > 15
        comparison.to_json(folder / name)
    return {name: folder / name for name in TABLES}


@pytest.mark.parametrize("reader", PYTHONS)
def test_every_python_answers_the_same_from_what_another_wrote(
    pythons: dict[str, str],
    tables: dict[str, tuple[Path, Path]],
    kept: dict[tuple[str, str], Path],
    wanted: dict[str, Path],
    reader: str,
    tmp_path: Path,
) -> None:
    (writer,) = set(PYTHONS) - {reader}
    paths = ((kept[writer, name], tables[name][1], tmp_path / name) for name in TABLES)
    _run(pythons[reader], ANSWER, *(path for triple in paths for path in triple))
    for name in TABLES:
        assert (tmp_path / name).read_bytes() == wanted[name].read_bytes()
