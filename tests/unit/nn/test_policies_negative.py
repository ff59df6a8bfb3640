import math

import pytest
import torch

from kullback._core import InputError
from kullback.nn import diagnose_negative


def drawn(*, seed, distance, temperature=1.0, rows=32, steps=20, actions=50):
    """Log-probabilities under policy and reference of actions that a sampler of some temperature drew."""
    draw = torch.Generator().manual_seed(seed)
    policy = 2 * torch.randn(30, actions, generator=draw, dtype=torch.float64)
    reference = policy + distance * torch.randn(30, actions, generator=draw, dtype=torch.float64)
    states = torch.randint(30, (rows * steps,), generator=draw)
    taken = torch.multinomial((policy / temperature).softmax(-1)[states], 1, generator=draw)
    return [side.log_softmax(-1)[states].gather(-1, taken).reshape(rows, steps) for side in (policy, reference)]


def test_samples_of_the_policy_are_rarely_blamed():
    verdicts = [diagnose_negative(*drawn(seed=seed, distance=0.02)).verdict for seed in range(300)]
    assert verdicts.count("chance") > 30  # negative means do occur
    # At a chance below .001 each, two or more of 300 have a chance of .04.
    assert verdicts.count("other sampler") <= 1


def test_another_sampler_is_found():
    # Sampling hot picks what a sharper policy makes rare, as in generation with other settings than in training.
    draw = torch.Generator().manual_seed(0)
    reference = torch.randn(30, 50, generator=draw, dtype=torch.float64)
    policy = 1.5 * reference
    states = torch.randint(30, (640,), generator=draw)
    taken = torch.multinomial((reference / 1.5).softmax(-1)[states], 1, generator=draw)
    logp, ref = (side.log_softmax(-1)[states].gather(-1, taken).reshape(32, 20) for side in (policy, reference))
    found = diagnose_negative(logp, ref)
    assert found.mean < 0
    assert found.verdict == "other sampler"
    assert found.p_value < 1e-6
    assert found.k3 > 0
    assert "temperature" in found.words


def test_the_bound_holds_without_any_law_of_large_numbers():
    found = diagnose_negative(torch.tensor([-10.0]), torch.tensor([0.0]))
    assert found.p_value == pytest.approx(math.exp(-10))
    assert found.stderr == math.inf


def test_positive_and_empty():
    assert diagnose_negative(torch.tensor([-1.0, -1.0]), torch.tensor([-2.0, -2.0])).verdict == "not negative"
    none = torch.zeros(2, 3, dtype=torch.bool)
    assert diagnose_negative(torch.zeros(2, 3), torch.zeros(2, 3), none).verdict == "not negative"


def test_masked_tokens_do_not_count():
    logp, ref = drawn(seed=0, distance=0.5)
    mask = torch.ones_like(logp, dtype=torch.bool)
    mask[:, 15:] = False
    plain = diagnose_negative(logp[:, :15], ref[:, :15])
    logp[:, 15:] = math.nan
    found = diagnose_negative(logp, ref, mask)
    assert found.mean == pytest.approx(plain.mean)
    assert found.stderr == pytest.approx(plain.stderr)
    assert "nats per token over 480 tokens" in str(found)


@pytest.mark.parametrize(
    ("logp", "ref", "words"),
    [
        (torch.zeros(2), torch.zeros(3), "ref_logp has shape"),
        (torch.zeros(2), torch.tensor([0.0, -math.inf]), "ref_logp has 1 entries"),
        (torch.zeros(2, 2, 2), torch.zeros(2, 2, 2), "time"),
        (1.0, torch.zeros(2), "logp is a float"),
    ],
)
def test_samples_that_cannot_be_read(logp, ref, words):
    with pytest.raises(InputError, match=words):
        diagnose_negative(logp, ref)
