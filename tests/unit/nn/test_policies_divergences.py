import math

import mpmath
import pytest
import torch
from torch.distributions import Categorical, Independent, Normal, kl_divergence

from kullback._core import InputError
from kullback.nn import categorical_policy_kl, gaussian_policy_kl

INF = math.inf


def drawn(*shape, seed=0, dtype=torch.float64):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


def exact(p_logits, q_logits):
    """One state in 40 digits."""
    with mpmath.workdps(40):
        p, q = (
            [mpmath.exp(mpmath.mpf(x)) if x > -INF else mpmath.mpf(0) for x in side] for side in (p_logits, q_logits)
        )
        p, q = [a / sum(p) for a in p], [b / sum(q) for b in q]
        return float(sum(a * mpmath.log(a / b) for a, b in zip(p, q, strict=True) if a))


def test_agrees_with_torch_on_ordinary_values():
    p, q = drawn(7, 5), drawn(7, 5, seed=1)
    expected = kl_divergence(Categorical(logits=p), Categorical(logits=q))
    assert torch.allclose(categorical_policy_kl(p, q), expected, rtol=1e-13, atol=0)


@pytest.mark.parametrize("size", [1e-1, 1e-3, 1e-5])
def test_near_equal_keeps_the_digits_that_the_naive_sum_loses(size):
    p = drawn(20, 6, dtype=torch.float32)
    q = p + size * drawn(20, 6, seed=1, dtype=torch.float32)
    truth = torch.tensor([exact(*rows) for rows in zip(p.tolist(), q.tolist(), strict=True)], dtype=torch.float64)
    ours = categorical_policy_kl(p, q)
    naive = (p.softmax(-1) * (p.log_softmax(-1) - q.log_softmax(-1))).sum(-1)
    assert bool((ours >= 0).all())
    assert float(((ours.double() - truth) / truth).abs().max()) < 3e-6
    if size == 1e-5:
        assert float(((naive.double() - truth) / truth).abs().max()) > 1


def test_masked_actions():
    p = torch.tensor([[0.0, 1.0, -INF], [0.0, -INF, 2.0], [0.0, 1.0, 2.0]], dtype=torch.float64, requires_grad=True)
    q = torch.tensor([[1.0, 0.0, -INF], [0.0, 1.0, 2.0], [0.0, -INF, 2.0]], dtype=torch.float64, requires_grad=True)
    value = categorical_policy_kl(p, q)
    assert value[:2].tolist() == pytest.approx(
        [exact(a, b) for a, b in zip(p[:2].tolist(), q[:2].tolist(), strict=True)]
    )
    assert value[2] == INF
    first = torch.autograd.grad(value.sum(), (p, q), create_graph=True)
    second = torch.autograd.grad(sum(one.square().sum() for one in first), (p, q))
    assert all(bool(torch.isfinite(one).all()) for one in (*first, *second))


def test_the_naive_form_is_nan_where_both_mask():
    p = torch.tensor([0.0, -INF])
    assert math.isnan(
        torch.nn.functional.kl_div(p.log_softmax(-1), p.log_softmax(-1), reduction="sum", log_target=True).item()
    )
    assert categorical_policy_kl(p, p) == 0


def test_disjoint_policies_are_infinite_and_one_hot_ones_are_not():
    assert categorical_policy_kl(torch.tensor([0.0, -INF]), torch.tensor([-INF, 0.0])) == INF
    assert categorical_policy_kl(torch.tensor([0.0, -INF]), torch.zeros(2)).item() == pytest.approx(math.log(2))
    assert categorical_policy_kl(torch.tensor([400.0, 0.0]), torch.tensor([0.0, 400.0])).item() == pytest.approx(400)


def test_mass_that_underflows_counts_as_none():
    assert categorical_policy_kl(torch.tensor([0.0, -1e9]), torch.tensor([0.0, -INF])).item() == 0


@pytest.mark.parametrize("same", [True, False])
def test_derivatives_of_both_orders(same):
    p = drawn(3, 4).requires_grad_()
    q = (p.detach().clone() if same else drawn(3, 4, seed=1)).requires_grad_()
    assert torch.autograd.gradcheck(categorical_policy_kl, (p, q))
    assert torch.autograd.gradgradcheck(categorical_policy_kl, (p, q))


def test_second_derivative_at_equality_is_the_fisher_matrix():
    logits = drawn(5).requires_grad_()
    hessian = torch.autograd.functional.hessian(lambda x: categorical_policy_kl(logits.detach(), x), logits)
    p = logits.detach().softmax(-1)
    assert torch.allclose(hessian, torch.diag(p) - torch.outer(p, p), atol=1e-14)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("size", [2.0**-2, 2.0**-8])
def test_half_precision_keeps_three_digits_down_to_millionths(dtype, size):
    p = drawn(40, 50).to(dtype).requires_grad_()
    q = (p.detach() + size * (drawn(40, 50, seed=1) > 0)).to(dtype).requires_grad_()
    truth = categorical_policy_kl(p.detach().double(), q.detach().double())
    ours = categorical_policy_kl(p, q)
    naive = (p.softmax(-1) * (p.log_softmax(-1) - q.log_softmax(-1))).sum(-1)
    assert ours.dtype == torch.float32
    assert float(((ours.detach().double() - truth) / truth).abs().max()) < 1e-3
    assert float(((naive.detach().double() - truth) / truth).abs().max()) > 0.03
    ours.sum().backward()
    assert q.grad.dtype == dtype
    assert bool(torch.isfinite(q.grad).all())


def test_autocast_changes_nothing():
    p, q = drawn(4, 5, dtype=torch.float32), drawn(4, 5, seed=1, dtype=torch.float32)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = categorical_policy_kl(p, q), gaussian_policy_kl(p, p, q, q)
    assert torch.equal(inside[0], categorical_policy_kl(p, q))
    assert torch.equal(inside[1], gaussian_policy_kl(p, p, q, q))


def test_broadcasts_and_leaves_its_input_alone():
    p, q = drawn(4, 3), drawn(2, 1, 3, seed=1)
    kept = p.clone(), q.clone()
    assert categorical_policy_kl(p, q).shape == (2, 4)
    assert torch.equal(p, kept[0])
    assert torch.equal(q, kept[1])


@pytest.mark.parametrize(
    ("p", "q", "words"),
    [
        ([0.5, 0.5], torch.zeros(2), "p_logits is a list"),
        (torch.zeros(2, dtype=torch.int64), torch.zeros(2), "int64"),
        (torch.zeros(3, 4), torch.zeros(3, 1), "4 actions and q_logits 1"),
        (torch.zeros(3, 4), torch.zeros(2, 4), "do not broadcast"),
        (torch.tensor([math.nan, 0.0]), torch.zeros(2), "NaN"),
        (torch.tensor([INF, 0.0]), torch.zeros(2), r"\+inf"),
        (torch.zeros(2), torch.full((2,), -INF), "q_logits masks all actions in 1 states"),
        (torch.zeros(()), torch.zeros(()), "last axis"),
    ],
)
def test_logits_that_cannot_be_used(p, q, words):
    with pytest.raises(InputError, match=words):
        categorical_policy_kl(p, q)


def gaussians(size=1.0, dtype=torch.float64):
    p = drawn(6, 3, dtype=dtype), 0.3 * drawn(3, seed=1, dtype=dtype)
    return *p, p[0] + size * drawn(6, 3, seed=2, dtype=dtype), p[1] + size * drawn(3, seed=3, dtype=dtype)


def test_gaussians_agree_with_torch():
    mp, sp, mq, sq = gaussians()
    expected = kl_divergence(Independent(Normal(mp, sp.exp()), 1), Independent(Normal(mq, sq.exp()), 1))
    assert torch.allclose(gaussian_policy_kl(mp, sp, mq, sq), expected, rtol=1e-13, atol=0)


def test_near_equal_gaussians_keep_their_digits():
    sides = gaussians(1e-4, torch.float32)
    truth = gaussian_policy_kl(*(side.double() for side in sides))
    ours = gaussian_policy_kl(*sides)
    laws = [Independent(Normal(mean, log_std.exp()), 1) for mean, log_std in (sides[:2], sides[2:])]
    assert float(((ours.double() - truth) / truth).abs().max()) < 1e-5
    assert float(((kl_divergence(*laws).double() - truth) / truth).abs().max()) > 0.5


def test_derivatives_of_gaussians():
    sides = [side.clone().requires_grad_() for side in gaussians()]
    assert torch.autograd.gradcheck(gaussian_policy_kl, sides)
    assert torch.autograd.gradgradcheck(gaussian_policy_kl, sides)


def test_gaussians_far_apart_are_never_nan():
    zero, tiny = torch.zeros(1), torch.full((1,), -200.0)
    assert gaussian_policy_kl(zero, tiny, zero, tiny) == 0
    assert gaussian_policy_kl(zero, zero, zero + 1, tiny) == INF
    mean = torch.zeros(1, requires_grad=True)
    gaussian_policy_kl(zero, tiny, mean, tiny).backward()
    assert bool(torch.isfinite(mean.grad).all())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({1: torch.tensor([math.nan])}, "p_log_std has 1 entries"),
        ({1: torch.tensor([-INF])}, "finite"),
        ({0: torch.zeros(())}, "same last axis"),
        ({2: torch.zeros(4, 2)}, "same last axis"),
        ({1: torch.zeros(3)}, "1 dimensions and the log_std 3"),
        ({3: torch.zeros(5, 1)}, "do not broadcast"),
        ({3: 0.0}, "q_log_std is a float"),
    ],
)
def test_gaussians_that_cannot_be_used(change, words):
    sides = [torch.zeros(4, 1), torch.zeros(1), torch.zeros(4, 1), torch.zeros(1)]
    for place, value in change.items():
        sides[place] = value
    with pytest.raises(InputError, match=words):
        gaussian_policy_kl(*sides)
