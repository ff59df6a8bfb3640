"""`kullback profile` of parts and `kullback merge`, as a person runs them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import kullback as kl

PENGUINS = Path(__file__).parents[2] / "examples" / "data" / "penguins.csv"


def run(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kullback", *map(str, words)],
        capture_output=True,
        encoding="utf-8",
        check=False,
        env={**os.environ, "PYTHONUTF8": "1"},
    )


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parts")
    head, *rows = PENGUINS.read_text("utf-8").splitlines()
    for part in range(4):
        (folder / f"day-{part}.csv").write_text("\n".join([head, *rows[part::4]]) + "\n")
    return folder


def test_parts_become_profiles_and_profiles_the_whole(parts: Path, tmp_path: Path) -> None:
    grid, kept, whole, direct = (tmp_path / name for name in ("grid.json", "kept", "whole.json.gz", "direct.json"))
    assert run("profile", PENGUINS, "-o", grid, "--quiet").returncode == 0
    made = run("profile", *sorted(parts.iterdir()), "-o", kept, "--like", grid)
    assert (made.returncode, made.stderr) == (0, "")
    assert made.stdout.startswith("4 profiles written to")
    assert sorted(path.name for path in kept.iterdir()) == [f"day-{part}.profile.json" for part in range(4)]
    merged = run("merge", kept, "-o", whole, "--name", "all")
    assert merged.returncode == 0, merged.stderr
    assert "344 rows" in merged.stdout
    assert run("profile", PENGUINS, "-o", direct, "--like", grid, "-q").stdout == ""
    comparison = kl.compare(whole, direct)
    assert {column.plugin for column in comparison if column.plugin is not None} == {0}


def test_each_takes_a_folder_and_the_first_gives_the_cells(parts: Path, tmp_path: Path) -> None:
    made = run("profile", parts, "--each", "-o", tmp_path / "kept", "--cells", "64", "--as", "year=category")
    assert made.returncode == 0, made.stderr
    merged = run("merge", tmp_path / "kept", "-o", tmp_path / "whole.json")
    assert "not exact" not in merged.stdout
    assert not any(kl.Profile.load(tmp_path / "whole.json").uncertainty.values())


def test_profiles_on_cells_of_their_own_say_that_they_are_not_exact(tmp_path: Path, require) -> None:
    polars = require("polars")
    for part in range(2):
        table = polars.DataFrame({"x": [((row * 7919 + part * 31) % 5003) ** 1.5 for row in range(3000)]})
        kl.profile(table).save(tmp_path / f"{part}.json")
    merged = run("merge", tmp_path / "0.json", tmp_path / "1.json", "-o", tmp_path / "whole.json")
    assert "counts of 1 of 1 columns are not exact" in merged.stdout


def test_an_error_names_the_file_and_nothing_is_half_written(parts: Path, tmp_path: Path) -> None:
    broken = tmp_path / "day-9.csv"
    broken.write_text('a,b\n1,"2\n')
    made = run("profile", parts / "day-0.csv", broken, "-o", tmp_path / "kept")
    assert made.returncode == 2
    assert "day-9.csv" in made.stderr
    assert "1 of 2 files have their profiles" in made.stderr
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["day-0.profile.json"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("profile", "{parts}/day-0.csv", "{parts}/day-1.csv", "-o", "{parts}/day-0.csv"), "is a file"),
        (("profile", "{parts}/none-*.csv", "--each", "-o", "{out}/kept"), "no file"),
        (("merge", "{parts}", "-o", "{out}/x.json"), "holds no profile"),
        (("merge", "{parts}/day-0.csv", "-o", "{out}/x.json"), "is not a profile"),
        (("merge", "{out}/none.json", "-o", "{out}/x.json"), "cannot read the profile"),
        (("profile", "{parts}/day-0.csv", "-o", "{out}/x.json", "--cells", "1"), "cells is 1"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_bad_input_is_one_clear_error(words: tuple[str, ...], said: str, parts: Path, tmp_path: Path) -> None:
    done = run(*(word.format(parts=parts, out=tmp_path) for word in words))
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
