import pytest
import torch

import kullback as kl
from kullback.fitting.geometry import fisher_information
from kullback.nn import natural_direction


def setting(size=5, rank=5, dtype=torch.float64):
    generator = torch.Generator().manual_seed(0)
    factor = torch.randn(size, rank, generator=generator, dtype=torch.float64)
    return torch.randn(size, generator=generator, dtype=torch.float64).to(dtype), (factor @ factor.T).to(dtype)


def test_solves():
    gradient, fisher = setting()
    torch.testing.assert_close(fisher @ natural_direction(gradient, fisher), gradient)
    damped = natural_direction(gradient, fisher, damping=0.5)
    torch.testing.assert_close(fisher @ damped + 0.5 * damped, gradient)


def test_singular_matrices_by_the_pseudo_inverse():
    gradient, fisher = setting(rank=3)
    expected = torch.linalg.pinv(fisher, hermitian=True, rtol=1e-10) @ gradient
    torch.testing.assert_close(natural_direction(gradient, fisher), expected)


def test_logits_do_not_move_together():
    logits = torch.randn(6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    fisher = fisher_information(kl.families.Categorical(logits=logits)).matrix
    target = torch.full((6,), 1 / 6, dtype=torch.float64)
    direction = natural_direction(logits.softmax(-1) - target, fisher)
    assert direction.sum().abs() < 1e-12
    torch.testing.assert_close(fisher @ direction, logits.softmax(-1) - target)


def test_nothing_is_no_direction():
    assert not natural_direction(torch.ones(3), torch.zeros(3, 3)).any()


def test_steepest_per_unit_of_divergence():
    """Of all small steps of the same divergence none lowers the loss more."""
    law = kl.families.Normal(torch.tensor(0.3, dtype=torch.float64), torch.tensor(0.2, dtype=torch.float64))
    gradient, generator = torch.tensor([1.0, -2.0], dtype=torch.float64), torch.Generator().manual_seed(0)
    way = natural_direction(gradient, fisher_information(law).matrix)

    def fall(step):
        moved = kl.families.Normal(law.loc - 1e-5 * step[0], law.scale - 1e-5 * step[1])
        return (gradient @ step) / kl.divergence(law, moved).sqrt()

    others = torch.randn(200, 2, generator=generator, dtype=torch.float64)
    assert all(fall(other) <= fall(way) * (1 + 1e-4) for other in others)
    assert fall(gradient) < fall(way)


def test_batches_and_float_types():
    gradient, fisher = setting()
    found = natural_direction(gradient.expand(2, 3, 5), fisher.expand(2, 3, 5, 5))
    torch.testing.assert_close(found, natural_direction(gradient, fisher).expand(2, 3, 5))
    half = natural_direction(*setting(dtype=torch.bfloat16), damping=1.0)
    assert half.dtype == torch.bfloat16
    assert torch.isfinite(half).all()


@pytest.mark.parametrize(
    ("gradient", "fisher", "damping", "message"),
    [
        (torch.ones(2), torch.eye(3), 0.0, r"shape \(2,\) and fisher \(3, 3\)"),
        (torch.ones(2, dtype=torch.long), torch.eye(2), 0.0, r"gradient is torch\.int64"),
        ([1.0, 2.0], torch.eye(2), 0.0, "gradient is list"),
        (torch.tensor([1.0, torch.nan]), torch.eye(2), 0.0, "gradient holds NaN"),
        (torch.ones(2), torch.full((2, 2), torch.inf), 0.0, "fisher holds NaN"),
        (torch.ones(2), torch.tensor([[1.0, 1.0], [0.0, 1.0]]), 0.0, "not symmetric"),
        (torch.ones(2), -torch.eye(2), 0.0, "eigenvalue -1"),
        (torch.ones(2), torch.eye(2), -1.0, "damping=-1.0"),
        (torch.ones(2), torch.eye(2), float("nan"), "damping=nan"),
    ],
)
def test_what_cannot_be_solved(gradient, fisher, damping, message):
    with pytest.raises(kl.InputError, match=message):
        natural_direction(gradient, fisher, damping=damping)
