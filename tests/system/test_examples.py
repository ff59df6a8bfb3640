"""Every example runs as its first lines say, prints something, and writes its picture."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*/*.py"))


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_example_runs(example: Path, tmp_path: Path, require: Callable[[str], object]) -> None:
    for name in ("matplotlib", "sklearn", "torch", "statsmodels"):
        require(name)
    picture = tmp_path / "picture.png"
    done = subprocess.run(
        [sys.executable, "-W", "error::RuntimeWarning", str(example), "--quick", "--output", str(picture)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout
    assert picture.stat().st_size > 5_000
