"""The plugin for pytest: run as its users run it, in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

# As an installed entry point would; and once only, where it is one already.
PLUGIN = ("-p", "no:kullback", "-p", "kullback._pytest_plugin", "-p", "no:cacheprovider", "-p", "no:randomly")
TABLES = """
import polars
BEFORE = polars.DataFrame({"plan": ["free"] * 900 + ["paid"] * 100, "x": list(range(1000))})
AFTER = polars.DataFrame({"plan": ["free"] * 500 + ["paid"] * 500, "x": list(range(1000))})
"""


def run_pytest(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *PLUGIN, *words],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        check=False,
        env={**os.environ, "PYTHONUTF8": "1", "PYTEST_ADDOPTS": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )


def test_assert_similar(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        TABLES
        + """
def test_shifted(assert_similar):
    assert_similar(BEFORE, AFTER, columns=["plan"])

def test_wide_margin(assert_similar):
    assert assert_similar(BEFORE, AFTER, columns=["plan"], margin={"plan": 1}).verdict == "similar"

def test_strict(assert_similar):
    assert_similar(BEFORE.head(30), BEFORE.head(30).rename({"plan": "Plan"}), roles={"x": "numeric"}, strict=True)
""",
        encoding="utf-8",
    )
    done = run_pytest(tmp_path)
    assert done.returncode == 1
    assert "2 failed, 1 passed" in done.stdout
    assert "1 of 1 columns shifted at a margin of 0.02 bits" in done.stdout
    assert "  plan: shifted, D(current‖reference) = 0.7" in done.stdout
    assert "column 'Plan' was added" in done.stdout
    # The report is the reader's, without the insides of the library.
    assert "_pytest_plugin.py" not in done.stdout
    assert "Traceback" not in done.stdout


SNAPSHOT = """
import os, pytest
TABLE = AFTER if os.environ.get("MOVED") else BEFORE

@pytest.mark.parametrize("kind", ["a/b", "../c"])
def test_kept(kullback_snapshot, kind):
    kullback_snapshot(TABLE, columns=["plan"], margin=0.03)

def test_named(kullback_snapshot):
    kullback_snapshot(BEFORE, "orders")
    kullback_snapshot(TABLE, "customers")
"""


def test_snapshots_are_written_then_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = tmp_path / "tests"
    inside.mkdir()
    (inside / "test_it.py").write_text(TABLES + SNAPSHOT, encoding="utf-8")
    missing = run_pytest(tmp_path)
    assert "3 failed" in missing.stdout
    assert "orders.json: write it with pytest --kullback-update, and commit it." in missing.stdout
    assert not (inside / "__profiles__").exists()
    assert "3 passed" in run_pytest(tmp_path, "--kullback-update").stdout
    kept = {path.name for path in (inside / "__profiles__").iterdir()}
    assert len(kept) == 4
    assert {"orders.json", "customers.json"} < kept
    assert {path.name for path in tmp_path.iterdir()} - {"__pycache__"} == {"tests"}  # no name leads outside
    assert "3 passed" in run_pytest(tmp_path).stdout
    monkeypatch.setenv("MOVED", "1")
    moved = run_pytest(tmp_path)
    assert "3 failed" in moved.stdout
    assert "plan: shifted" in moved.stdout


def test_a_name_is_taken_once(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        TABLES
        + """
def test_twice(kullback_snapshot):
    kullback_snapshot(BEFORE)
    kullback_snapshot(AFTER)
""",
        encoding="utf-8",
    )
    done = run_pytest(tmp_path, "--kullback-update")
    assert "test_twice.json was used before in this test: give each table a name of its own." in done.stdout


def test_starting_pytest_loads_nothing_heavy(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import sys\n"
        "def test_light():\n"
        "    heavy = {'numpy', 'duckdb', 'scipy', 'rich.console', 'typer', 'kullback.tables'}\n"
        "    assert not heavy & set(sys.modules)\n",
        encoding="utf-8",
    )
    assert "1 passed" in run_pytest(tmp_path).stdout
