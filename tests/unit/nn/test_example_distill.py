"""The example with the Trainer of Hugging Face, as a user runs it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[3] / "examples" / "training" / "distill_with_trainer.py"
# In a process of its own: the libraries that it loads warn on import, each release of other things.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def said(require, tmp_path_factory):
    for name in ("accelerate", "matplotlib"):
        require(name)
    path = tmp_path_factory.mktemp("distill") / "picture.png"
    command = [sys.executable, str(EXAMPLE), "--quick", "--output", str(path)]
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=280)
    assert run.returncode == 0, run.stderr
    assert path.read_bytes().startswith(b"\x89PNG")
    return run.stdout


def _row(said, name):
    """The last numbers of the line that starts with the name."""
    line = next(line for line in said.splitlines() if line.strip().startswith(name))
    return [float(word) for word in line.strip().removeprefix(name).split()]


def test_accumulated_batches_are_one_batch(said):
    assert max(_row(said, name)[0] for name in ("DistillationLoss", "FusedLinearKL")) < 1e-5
    assert _row(said, "mean of means")[0] > 1e-2


def test_a_known_law_teaches_more_than_labels(said):
    labels, usual, half = (
        _row(said, name)[0]
        for name in ("labels alone", "half labels, half kl_div mean", "half labels, half D(teacher‖student)")
    )
    assert half < labels - 0.01
    assert abs(usual - labels) < 0.5 * (labels - half)  # divided by the vocabulary, the teacher is hardly heard
