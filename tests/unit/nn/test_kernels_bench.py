"""The benchmark of the GPU, which checks without one what can be checked: it must pass, and must be able to fail."""

import os
import subprocess
import sys

import pytest


def test_checks_pass_without_a_gpu(require, request):
    require("torch")
    found = subprocess.run(
        [sys.executable, "-m", "bench.training_gpu", "--quick"],
        cwd=request.config.rootpath,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr[-2000:]
    assert "no GPU: checks only" in found.stdout


@pytest.fixture
def cpu(require, monkeypatch, request):
    require("torch")
    monkeypatch.syspath_prepend(str(request.config.rootpath))
    from bench.training_gpu import cpu  # noqa: PLC0415

    monkeypatch.setattr(cpu, "DIRECTIONS", ("reverse",))
    return cpu


def test_checks_see_a_wrong_gradient(cpu, monkeypatch, capsys):
    right = cpu.ours

    def wrong(direction, chunk=None):
        def run(problem):
            loss, hidden, weight = right(direction, chunk)(problem)
            return loss, 1.01 * hidden, weight

        return run

    monkeypatch.setattr(cpu, "ours", wrong)
    assert not cpu.check()
    assert "FAILED: error" in capsys.readouterr().out


def test_checks_see_memory_that_grows_with_the_tokens(cpu, monkeypatch, capsys):
    monkeypatch.setattr(cpu, "ours", lambda direction, _chunk=None: cpu.eager(direction))
    monkeypatch.setattr(cpu, "LIMITS", dict.fromkeys(cpu.LIMITS, (1.0, 1.0)))
    assert not cpu.check()
    assert "FAILED: memory" in capsys.readouterr().out
