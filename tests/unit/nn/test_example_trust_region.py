import importlib.util
import math
from pathlib import Path

import pytest
import torch

EXAMPLE = Path(__file__).parents[3] / "examples" / "training" / "trust_region.py"


@pytest.fixture(scope="module")
def example(require):
    require("matplotlib")
    spec = importlib.util.spec_from_file_location("trust_region", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def results(example, tmp_path_factory):
    path = tmp_path_factory.mktemp("ledge") / "picture.png"
    with torch.random.fork_rng():
        found = example.main(["--quick", "--output", str(path)])
    assert path.read_bytes().startswith(b"\x89PNG")
    return found


def test_the_trust_region_keeps_its_limit_and_learns_fastest(example, results):
    curves, _ = results
    last = {name: runs[0][0][-1] for name, runs in curves.items()}
    assert all(0 < one <= example.LIMIT for one in curves["trust region"][0][1])
    assert max(curves["gradient, step 30"][0][1]) > 10 * example.LIMIT
    assert max(last, key=last.get) == "trust region"


def test_the_divergence_says_what_the_walks_are_worth(results):
    _, found = results
    apart, worth = [one.divergence for one in found], [one.effective for one in found]
    assert apart == sorted(apart)
    assert worth == sorted(worth, reverse=True)
    assert all(0.1 < share / math.exp(-one) < 1.5 for one, share in zip(apart, worth, strict=True))


def test_exact_values_and_divergences_are_those_of_walks(example):
    world = example.Ledge()
    draw = torch.Generator().manual_seed(0)
    one, other = (torch.rand(36, 4, dtype=torch.float64, generator=draw).softmax(-1) for _ in range(2))
    seen = example.walk(world, one, 4000, draw)
    gains = seen.returns()[:, 0]
    log_ratio = torch.cat([(one / other).log(), torch.zeros(1, 4, dtype=torch.float64)])
    sums = torch.where(seen.going, log_ratio[seen.places, seen.actions], 0.0).sum(-1)
    # Five standard errors: by chance once in two million.
    for sampled, exact in ((gains, world.values(one)[0, 0].item()), (sums, world.divergence(one, other))):
        assert abs(sampled.mean().item() - exact) < 5 * sampled.std().item() / math.sqrt(4000)
