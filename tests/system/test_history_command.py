"""`kullback compare --history` from day to day, as a scheduler runs it."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest


def run(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kullback", *map(str, words)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    rng = np.random.default_rng(3)
    made = tmp_path_factory.mktemp("days")
    for day in range(1, 32):
        share = 0.9 if day == 29 else 0.3
        pl.DataFrame({"plan": rng.choice(["a", "b"], size=300, p=[1 - share, share])}).write_csv(
            made / f"2013-01-{day:02}.csv"
        )
    assert run(made, "history", "past", *sorted(made.glob("2013-01-[012]*.csv"))[:28]).returncode == 0
    return made


def test_the_life_of_an_alert_on_the_command_line(folder):
    first = run(folder, "compare", "2013-01-29.csv", "--history", "past", "--record", "--fail-on", "new")
    assert (first.returncode, first.stdout.count("new: plan")) == (1, 1)
    second = run(folder, "compare", "2013-01-30.csv", "--history", "past", "--record", "--fail-on", "new")
    assert second.returncode == 0
    assert "1 alert ongoing" in second.stdout
    accepted = run(folder, "alerts", "past", "--accept", "plan", "--reason", "new prices")
    assert "reason: new prices" in accepted.stdout
    third = run(folder, "compare", "2013-01-01.csv", "2013-01-31.csv", "--history", "past", "--season", "weekday")
    assert "beside the fixed reference" in third.stdout
    assert "its own weekday (Thursday)" in third.stdout


def test_wrong_input_has_one_clear_error(folder):
    for words, needs in (
        (("compare", "2013-01-30.csv", "--record"), "--history"),
        (("compare", "2013-01-30.csv", "--history", "none"), "no folder"),
        (("alerts", "none"), "no folder"),
        (("alerts", "past", "--accept", "plan"), "go together"),
        (("history", "past", "2013-01-01.csv", "2013-01-02.csv", "--window", "x"), "names one window"),
    ):
        done = run(folder, *words)
        assert (done.returncode, needs in done.stderr) == (2, True), done
