import itertools
import math

import pytest
import torch

import kullback as kl
from kullback.nn import FGAN, BoundEstimate, bound_bias, donsker_varadhan, nwj_bound
from kullback.nn.adversarial._bound_bias import jackknife_bias

F64 = torch.float64
P, Q = torch.tensor([0.5, 0.3, 0.2], dtype=F64), torch.tensor([0.2, 0.2, 0.6], dtype=F64)
EXACT = float(kl.divergence(P, Q))


def wide_scores(rows, times, seed=0):
    """Scores of standard deviation 3 under q: log E e^T is 9/2."""
    return 3 * torch.randn(times, rows, generator=torch.Generator().manual_seed(seed), dtype=F64)


def test_optimal_critics_reach_the_divergence():
    optimal = (P / Q).log().requires_grad_()
    for found in (
        donsker_varadhan(optimal + 7, optimal + 7, weights=(P, Q)),
        nwj_bound(optimal + 1, optimal + 1, weights=(P, Q)),
    ):
        assert found.value.item() == pytest.approx(EXACT, rel=1e-12)
        assert torch.autograd.grad(found.value, optimal)[0].abs().max() < 1e-12


def test_no_critic_goes_beyond_it_and_nwj_is_below_donsker_varadhan():
    for scores in 3 * torch.randn(200, 3, generator=torch.Generator().manual_seed(0), dtype=F64):
        upper = float(donsker_varadhan(scores, scores, weights=(P, Q)))
        assert float(nwj_bound(scores, scores, weights=(P, Q))) <= upper + 1e-12
        assert upper <= EXACT + 1e-12


@pytest.mark.parametrize("bound", [donsker_varadhan, nwj_bound])
def test_gradients_are_those_of_finite_differences(bound):
    p, q = (torch.randn(5, generator=torch.Generator().manual_seed(s), dtype=F64, requires_grad=True) for s in (0, 1))
    assert torch.autograd.gradcheck(lambda a, b: bound(a, b).value, (p, q))


def test_large_scores_do_not_overflow():
    scores = torch.tensor([1e4, 1e4 - 1.0], requires_grad=True)
    naive = scores.mean() - scores.exp().mean().log()
    assert not naive.isfinite()
    found = donsker_varadhan(scores, scores)
    found.value.backward()
    assert float(found) == pytest.approx(-0.5 - math.log((1 + math.exp(-1)) / 2), abs=2e-3)
    assert bool(scores.grad.isfinite().all())


def test_nwj_beyond_the_floats_says_so_and_is_never_nan():
    scores = torch.tensor([200.0, 0.0], requires_grad=True)
    found = nwj_bound(torch.zeros(2), scores)
    found.value.backward()
    assert float(found) == -math.inf
    assert not scores.grad.isnan().any()
    assert "left the range of floats" in str(found)


def test_scores_of_minus_infinity_have_no_mass():
    optimal = torch.tensor([0.0, 0.0, -math.inf], requires_grad=True)
    found = donsker_varadhan(torch.zeros(2), optimal)
    assert float(found) == pytest.approx(math.log(1.5))
    found.value.backward()
    assert bool(optimal.grad.isfinite().all())
    nothing = donsker_varadhan(torch.zeros(1), torch.full((3,), -math.inf))
    assert float(nothing) == math.inf
    assert float(nothing.ess) == float(nothing.bias) == 0


def test_masks_leave_rows_out_whatever_they_hold():
    chance = torch.Generator().manual_seed(0)
    p, q, keep = torch.randn(8, generator=chance), torch.randn(8, generator=chance), torch.arange(8) < 6
    padded = torch.where(keep, q, torch.nan)
    for bound in (donsker_varadhan, nwj_bound):
        wanted, found = bound(p, q[:6]), bound(p, padded, weights=(None, keep))
        for name in ("value", "stderr", "ess", "bias"):
            assert float(getattr(found, name)) == pytest.approx(float(getattr(wanted, name)), rel=1e-5)


@pytest.mark.parametrize(("rows", "mean", "noise"), [(10, 2.78, 0.06), (100, 3.86, 0.05), (1000, 4.27, 0.05)])
def test_log_mean_exp_is_too_low_and_the_bound_too_high(rows, mean, noise):
    # Fixed critic, p a point at which it is 0: the bound is -4.5, and comes out as -2.8, -3.9, -4.3.
    scores = wide_scores(rows, 20_000 if rows < 1000 else 4000)
    values = -(torch.logsumexp(scores, dim=1) - math.log(rows))
    assert values.mean().item() == pytest.approx(-mean, abs=noise)
    assert float(donsker_varadhan(torch.zeros(1, dtype=F64), scores[0])) == pytest.approx(values[0].item(), rel=1e-12)
    overshoot = 4.5 + values.mean().item()
    jackknife = sum(float(bound_bias(row)) for row in scores[:500]) / 500
    # It sees less than it should where the bias is large: about half.
    assert 0.3 * overshoot < jackknife < 0.8 * overshoot


def test_bias_is_found_where_it_is_small():
    scores = wide_scores(100, 20_000) / 3
    overshoot = 0.5 - (torch.logsumexp(scores, dim=1) - math.log(100)).mean().item()
    for method in ("jackknife", "delta"):
        found = sum(float(bound_bias(row, method=method)) for row in scores[:1000]) / 1000
        # The overshoot is .0083, known to .0009 (one standard error) from 20,000 batches.
        assert found == pytest.approx(overshoot, abs=0.004)


def test_jackknife_is_that_of_leaving_rows_out():
    scores = wide_scores(9, 1)[0]
    whole = torch.logsumexp(scores, 0) - math.log(9)
    left = [torch.logsumexp(scores[torch.arange(9) != i], 0) - math.log(8) for i in range(9)]
    assert float(bound_bias(scores)) == pytest.approx(8 * float(whole - sum(left) / 9), rel=1e-12)
    heavy = torch.tensor([60.0, 0.0, 0.0], dtype=F64)  # the heaviest share is 1 in floats
    left = [math.log(math.exp(60) / 2), math.log(math.exp(60) / 2), 0.0]
    assert float(bound_bias(heavy)) == pytest.approx(2 * (60 - math.log(3) - sum(left) / 3), rel=1e-9)


def test_bias_of_equal_scores_and_of_one_row_is_zero():
    assert float(bound_bias(torch.zeros(50))) < 1e-6
    assert float(bound_bias(torch.zeros(50), method="delta")) == 0
    assert float(jackknife_bias(torch.zeros(1), torch.ones(1))) == 0


@pytest.mark.parametrize(("spread", "rows", "trusted"), [(1.0, 1000, 1.0), (3.0, 1000, 0.1), (3.0, 10, 0.0)])
def test_what_a_few_rows_carry_is_not_reliable(spread, rows, trusted):
    scores = wide_scores(rows, 200) / 3 * spread
    found = sum(donsker_varadhan(torch.zeros(1000), row.float()).reliable for row in scores) / 200
    assert found == pytest.approx(trusted, abs=0.1)


def test_nothing_certifies_more_than_the_logarithm_of_the_rows():
    # A critic that memorized: 9 on every row of p, 0 on every row of q, though both may be one law.
    found = donsker_varadhan(torch.full((100,), 9.0), torch.zeros(100))
    assert float(found) == pytest.approx(9.0)
    assert not found.reliable
    assert "log min(n, m) = 4.61 nats" in str(found)
    assert donsker_varadhan(torch.full((100,), 4.0), torch.zeros(100)).reliable


def test_standard_error_is_the_spread_of_values():
    chance = torch.Generator().manual_seed(0)
    found = [
        donsker_varadhan(torch.randn(300, generator=chance) + 1, torch.randn(200, generator=chance)) for _ in range(400)
    ]
    spread = torch.stack([one.value for one in found]).std().item()
    assert sum(float(one.stderr) for one in found) / 400 == pytest.approx(spread, rel=0.15)


def enumerated(q, scores, rows, gradient):
    """Mean of a batch's gradient over every batch of so many rows of q."""
    total = torch.zeros_like(scores)
    for batch in itertools.product(range(len(q)), repeat=rows):
        total += torch.prod(q[list(batch)]) * gradient(list(batch))
    return total


def test_running_mean_takes_the_bias_from_the_gradient():
    q, scores = torch.tensor([0.7, 0.3], dtype=F64), torch.tensor([0.0, 2.0], dtype=F64, requires_grad=True)
    truth = -(q * scores.exp() / (q * scores.exp()).sum()).detach()
    exact_mean = (q * scores.exp()).sum().log().detach()

    def gradient(batch, **options):
        value = donsker_varadhan(torch.zeros(1, dtype=F64), scores[batch], **options).value
        return torch.autograd.grad(value, scores)[0]

    naive = enumerated(q, scores.detach(), 3, gradient)
    mended = enumerated(q, scores.detach(), 3, lambda b: gradient(b, ema=exact_mean, momentum=1.0))
    assert (naive - truth).abs().max() > 0.05
    assert torch.allclose(mended, truth, rtol=1e-12)


def test_running_mean_leaves_the_value_and_settles():
    scores = wide_scores(20, 3000) / 3
    first = donsker_varadhan(torch.zeros(5, dtype=F64), scores[0])
    second = donsker_varadhan(torch.zeros(5, dtype=F64), scores[1], ema=first.log_mean)
    assert float(second) == pytest.approx(float(donsker_varadhan(torch.zeros(5, dtype=F64), scores[1])), rel=1e-12)
    running = first.log_mean
    for row in scores[1:]:
        running = donsker_varadhan(torch.zeros(5, dtype=F64), row, ema=running).log_mean
    assert float(running) == pytest.approx(0.5, abs=0.12)
    assert not running.requires_grad


def test_half_precision_is_computed_in_float32():
    chance = torch.Generator().manual_seed(0)
    p, q = (torch.randn(64, generator=chance).bfloat16().requires_grad_() for _ in range(2))
    exact = float(donsker_varadhan(p.double(), q.double()))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = donsker_varadhan(p, q)
    assert float(found) == pytest.approx(exact, rel=1e-5)
    found.value.backward()
    assert q.grad.dtype == torch.bfloat16


def test_nothing_makes_the_host_wait_for_a_device():
    # A meta tensor has no values: whatever looked at one would fail.
    scores = torch.zeros(4, device="meta", requires_grad=True)
    for found in (
        donsker_varadhan(scores, scores, ema=0.0),
        nwj_bound(scores, scores),
        FGAN("kl").bound(scores, scores),
    ):
        found.value.backward()
        assert found.value.device.type == "meta"
    assert bound_bias(scores).shape == ()


def test_record_prints_figure_error_and_method():
    found = donsker_varadhan(torch.ones(50), torch.linspace(-1, 1, 100))
    assert isinstance(found, BoundEstimate)
    assert "nats" in repr(found)
    assert "n = 50, m = 100" in str(found)
    assert found.notes == ()


@pytest.mark.parametrize("bound", [donsker_varadhan, nwj_bound])
@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((torch.zeros(0), torch.zeros(3)), {}, "scores_p is empty"),
        ((torch.zeros(3), torch.tensor([math.nan])), {}, "scores_q has NaN or infinite scores in 1 of 1 rows"),
        ((torch.zeros(3), torch.tensor([math.inf])), {}, "infinite"),
        ((torch.zeros(3, 2), torch.zeros(3)), {}, r"shape \(3, 2\)"),
        ((torch.tensor([1]), torch.zeros(3)), {}, "int64"),
        ((torch.zeros(3), torch.zeros(3)), {"weights": torch.ones(3)}, "must be a pair"),
        ((torch.zeros(3), torch.zeros(3)), {"weights": (torch.ones(2), None)}, "mask of 3 entries"),
        ((torch.zeros(3), torch.zeros(3)), {"weights": (None, torch.zeros(3))}, "all 0"),
    ],
)
def test_bad_input_is_named(bound, arguments, options, message):
    with pytest.raises(kl.InputError, match=message):
        bound(*arguments, **options)


def test_bad_options_are_named():
    zeros = torch.zeros(3)
    with pytest.raises(kl.InputError, match="momentum=2"):
        donsker_varadhan(zeros, zeros, ema=0.0, momentum=2)
    with pytest.raises(kl.InputError, match="one finite number"):
        donsker_varadhan(zeros, zeros, ema=math.nan)
    with pytest.raises(kl.InputError, match="'delta'"):
        bound_bias(zeros, method="bootstrap")
    with pytest.raises(kl.InputError, match="one row"):
        bound_bias(zeros[:1])
