import importlib.util
from itertools import pairwise
from pathlib import Path

import pytest
import torch

EXAMPLE = Path(__file__).parents[3] / "examples" / "training" / "digits_vae.py"


@pytest.fixture(scope="module")
def example(require):
    for name in ("sklearn", "matplotlib"):
        require(name)
    spec = importlib.util.spec_from_file_location("digits_vae", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def runs(example, tmp_path_factory):
    path = tmp_path_factory.mktemp("digits") / "picture.png"
    with torch.random.fork_rng():
        swept, helped = example.main(["--quick", "--output", str(path)])
    assert path.read_bytes().startswith(b"\x89PNG")
    return [run.report for run in swept], [run.report for run in helped]


def test_a_larger_weight_buys_less_rate_and_more_distortion(runs):
    swept, _ = runs
    assert all(left.rate > right.rate for left, right in pairwise(swept))
    assert all(left.distortion < right.distortion for left, right in pairwise(swept))


def test_a_small_weight_uses_all_latents_and_a_large_one_none(runs):
    swept, _ = runs
    assert swept[0].state == "healthy"
    assert (swept[-1].state, swept[-1].active) == ("collapsed", 0)


def test_free_bits_keep_their_floor_where_schedules_do_not(runs):
    _, (warmed, cycled, free) = runs
    assert free.rate > 0.9 * 0.5 * len(free.kl)
    assert max(warmed.rate, cycled.rate) < 0.5 * free.rate


def test_likelihood_is_the_binomial(example):
    x = torch.arange(17.0).repeat(2, 4)[:, :64]
    with torch.random.fork_rng():
        model = example.Autoencoder()
    z = torch.zeros(2, example.LATENTS)
    law = torch.distributions.Binomial(16, probs=model.decode(z) / 16)
    torch.testing.assert_close(model.distortion(z, x), -law.log_prob(x).sum(dim=-1))
