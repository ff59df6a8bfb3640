import mpmath
import pytest
import torch
from torch.distributions import Gamma, Laplace, Normal, kl_divergence

import kullback as kl
from kullback.nn import free_bits, gaussian_kl

FLOATS = [torch.float32, torch.float64]
LOG_VARS = [1e-20, 1e-8, -1e-6, 1e-4, -1e-4, 0.3, -0.499, 0.501, -0.999, 1.5, 20.0, 59.9, 60.1, 80.0, 89.0, -5.0, -1e4]


def textbook(mean, log_var):
    """The form of most tutorials."""
    return -0.5 * (1 + log_var - mean**2 - log_var.exp())


def truth(mean, log_var, center=0.0, log_scale=0.0):
    mean, log_var, center, log_scale = map(mpmath.mpf, (mean, log_var, center, log_scale))
    r = log_var - log_scale
    return (mpmath.expm1(r) - r + (mean - center) ** 2 * mpmath.exp(-log_scale)) / 2


def inputs(count=4, shape=(5,), dtype=torch.float64):
    rng = torch.Generator().manual_seed(0)
    return [torch.randn(shape, dtype=dtype, generator=rng).requires_grad_() for _ in range(count)]


def against_prior(mean, log_var, center, log_scale):
    return gaussian_kl(mean, log_var, prior_mean=center, prior_log_var=log_scale)


def test_worked_number():
    mean, log_var = torch.tensor([0.5, -1.0]).double(), 2 * torch.tensor([0.8, 1.2], dtype=torch.float64).log()
    total = gaussian_kl(mean, log_var).sum().item()
    assert total == pytest.approx(0.705821994520255, abs=1e-14)
    assert 4 * total == pytest.approx(2.82328797808102, abs=1e-13)


def test_ordinary_values_are_those_of_torch():
    mean, log_var, center, log_scale = inputs(shape=(7, 3))
    laws = [Normal(m, (0.5 * v).exp()) for m, v in ((mean, log_var), (center, log_scale))]
    torch.testing.assert_close(against_prior(mean, log_var, center, log_scale), kl_divergence(*laws))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("log_var", LOG_VARS)
def test_digits_over_the_whole_range(dtype, log_var):
    value = torch.tensor(log_var, dtype=dtype)
    with mpmath.workdps(60):
        wanted = truth(0, value.item())
        error = abs(gaussian_kl(torch.zeros((), dtype=dtype), value).item() - wanted) / wanted
    tiny = abs(log_var) < 1e-18 and dtype == torch.float32  # its square is a subnormal number
    assert error < (1e-3 if tiny else 6 * torch.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", FLOATS)
def test_digits_against_a_prior_far_away(dtype):
    for numbers in [
        (1.0, -80.0, 1.5, -79.5),
        (1e-3, -60.0, 0.0, -59.0),
        (1e15, 3.0, -1e15, 3.0),
        (3.0, 50.0, 1.0, 50.25),
    ]:
        values = [torch.tensor(number, dtype=dtype) for number in numbers]
        with mpmath.workdps(60):
            wanted = float(truth(*(value.item() for value in values)))
        # The factor e^(-v/2) has a relative error of v/2 half ulp.
        assert against_prior(*values).item() == pytest.approx(wanted, rel=100 * torch.finfo(dtype).eps)


def test_numbers_of_the_prior_are_not_rounded_to_float32():
    mean, log_var, _, _ = inputs()
    wanted = against_prior(mean, log_var, *torch.tensor([0.1, -0.7], dtype=torch.float64))
    assert torch.equal(against_prior(mean, log_var, 0.1, -0.7), wanted)


def test_textbook_loses_what_is_near_the_prior():
    log_var = torch.tensor([1e-4])
    assert textbook(torch.zeros(1), log_var).item() == 0.0
    assert gaussian_kl(torch.zeros(1), log_var).item() == pytest.approx(2.5e-9, rel=1e-4)
    mean, log_var = 1e-4 * torch.randn((2, 1000), generator=torch.Generator().manual_seed(0))
    exact = 0.5 * mean.double() ** 2 + 0.25 * log_var.double() ** 2 * (1 + log_var.double() / 3)
    assert bool(((textbook(mean, log_var) - exact).abs() > 0.5 * exact).float().mean() > 0.9)
    torch.testing.assert_close(gaussian_kl(mean, log_var).double(), exact, rtol=1e-6, atol=0.0)


@pytest.mark.parametrize(("dtype", "log_var"), [(torch.float16, 11.2), (torch.float32, 89.0)])
def test_textbook_overflows_and_ours_does_not(dtype, log_var):
    value = torch.tensor([log_var], dtype=dtype, requires_grad=True)
    (slope,) = torch.autograd.grad(textbook(value.detach() * 0, value).sum(), value)
    assert bool(slope.isinf())
    assert bool(textbook(value * 0, value).isinf())
    found = gaussian_kl(value.detach() * 0, value)
    (slope,) = torch.autograd.grad(found.sum(), value)
    wanted = float(truth(0, value.item()))
    assert found.dtype == torch.float32
    assert slope.dtype == dtype
    assert found.item() == pytest.approx(wanted, rel=1e-5)
    assert slope.item() == pytest.approx(wanted, rel=1e-3)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, *FLOATS])
def test_beyond_the_range_the_largest_float_and_finite_gradients(dtype):
    most = min(torch.finfo(dtype).max, 1e30)
    numbers = [most, -most, 0.0, 1.0]
    grid = torch.cartesian_prod(*[torch.tensor(numbers, dtype=dtype)] * 4).T
    values = [row.clone().requires_grad_() for row in grid]
    found = against_prior(*values)
    slopes = torch.autograd.grad(found.sum(), values)
    assert bool(found.isfinite().all())
    assert bool((found >= 0).all())
    assert all(bool(slope.isfinite().all()) and slope.dtype == dtype for slope in slopes)


def test_runaway_variance_is_pulled_back():
    log_var = torch.tensor([100.0, 1e4], requires_grad=True)
    gaussian_kl(torch.zeros(2), log_var).mean().backward()
    assert bool((log_var.grad > 1e37).all())
    assert bool(log_var.grad.isfinite().all())


def test_half_precision_is_computed_in_float32():
    rng = torch.Generator().manual_seed(1)
    mean, log_var = (1e-2 * torch.randn((2, 100), generator=rng)).bfloat16()
    exact = gaussian_kl(mean.double(), log_var.double())
    torch.testing.assert_close(gaussian_kl(mean, log_var), exact.float(), rtol=2e-6, atol=0.0)
    assert bool(((textbook(mean, log_var) - exact).abs() > 0.5 * exact).float().mean() > 0.5)


def test_equal_laws_are_exactly_zero():
    mean, log_var, _, _ = inputs(dtype=torch.float32)
    assert bool((gaussian_kl(mean, log_var, prior_mean=mean, prior_log_var=log_var) == 0).all())


# Forward mode loads decompositions, of which torch itself scripts some.
@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_gradients_of_all_four_arguments_and_their_derivatives():
    assert torch.autograd.gradcheck(against_prior, inputs(), check_forward_ad=True)
    assert torch.autograd.gradgradcheck(against_prior, inputs())
    wide, narrow = inputs(2, (2, 3)), [*inputs(1, (1, 3)), *inputs(1, ())]
    assert torch.autograd.gradcheck(against_prior, (*wide, *narrow), check_forward_ad=True)
    assert torch.autograd.gradgradcheck(against_prior, (*wide, *narrow))
    assert torch.autograd.gradcheck(against_prior, (*narrow, *wide), check_forward_ad=True)


def test_gradient_far_out_is_that_of_the_formula():
    log_var = torch.tensor([-50.0, 1e-6, 65.0, 88.9], dtype=torch.float32, requires_grad=True)
    (slope,) = torch.autograd.grad(gaussian_kl(torch.zeros(4), log_var).sum(), log_var)
    torch.testing.assert_close(slope.double(), 0.5 * torch.expm1(log_var.detach().double()), rtol=1e-6, atol=0.0)


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_under_vmap_and_as_a_hessian():
    mean, log_var, _, _ = inputs(shape=(4, 3))
    total = lambda m, v: gaussian_kl(m, v).sum()  # noqa: E731
    found = torch.func.vmap(torch.func.grad(total, argnums=(0, 1)))(mean.detach(), log_var.detach())
    torch.testing.assert_close(found[0], mean.detach())
    torch.testing.assert_close(found[1], 0.5 * torch.expm1(log_var.detach()))
    curve = torch.func.hessian(total, argnums=1)(mean[0].detach(), log_var[0].detach())
    torch.testing.assert_close(curve, torch.diag(0.5 * log_var[0].detach().exp()))


def test_one_prior_under_vmap_gets_a_gradient_for_each_batch():
    (mean,), center = inputs(1, (4, 3)), torch.tensor(0.3, dtype=torch.float64)
    slope = torch.func.grad(lambda c, m: against_prior(m, m, c, c).sum())
    found = torch.func.vmap(slope, (None, 0))(center, mean.detach())
    torch.testing.assert_close(found, torch.stack([slope(center, row) for row in mean.detach()]))


# Dynamo makes an object of torch.autograd.Function, and torch warns of its own doing.
@pytest.mark.filterwarnings("ignore:.*should not be instantiated:DeprecationWarning")
def test_compiled_in_one_graph():
    mean, log_var, _, _ = inputs(shape=(4, 3), dtype=torch.float32)
    loss = lambda m, v: free_bits(gaussian_kl(m, v), nats=0.5)  # noqa: E731
    compiled = torch.compile(loss, backend="aot_eager", fullgraph=True)
    found = torch.autograd.grad(compiled(mean, log_var), (mean, log_var))
    torch.testing.assert_close(found, torch.autograd.grad(loss(mean, log_var), (mean, log_var)))
    torch.compiler.reset()


def test_autocast_changes_nothing():
    mean, log_var, _, _ = inputs(dtype=torch.float32)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = gaussian_kl(mean, log_var)
    assert torch.equal(found, gaussian_kl(mean, log_var))
    assert found.dtype == torch.float32


def test_inputs_are_left_alone():
    mean, log_var = torch.ones(3), torch.full((3,), 0.25)
    gaussian_kl(mean, log_var)
    assert bool((mean == 1).all())
    assert bool((log_var == 0.25).all())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0.0], torch.zeros(1)), "mean is a list"),
        ((torch.zeros(2, dtype=torch.long), torch.zeros(2)), "mean has the dtype torch.int64"),
        ((torch.zeros(2), torch.tensor([0.0, float("nan")])), "log_var has 1 NaN and 0 infinite entries of 2"),
        ((torch.tensor([float("inf")]), torch.zeros(1)), "mean has 0 NaN and 1 infinite"),
        ((torch.zeros(2), torch.zeros(3)), r"shapes do not fit: mean \(2,\), log_var \(3,\)"),
    ],
)
def test_bad_input_is_refused(arguments, message):
    with pytest.raises(kl.InputError, match=message):
        gaussian_kl(*arguments)


@pytest.mark.parametrize(
    "prior", [{"prior_mean": "0"}, {"prior_log_var": float("nan")}, {"prior_mean": torch.zeros(3)}]
)
def test_bad_prior_is_refused(prior):
    with pytest.raises(kl.InputError, match=next(iter(prior))):
        gaussian_kl(torch.zeros(2), torch.zeros(2), **prior)


def test_any_pair_of_latent_laws_by_the_exact_verb():
    """A Laplace posterior against a Gaussian prior, and Gamma laws: gradients against finite differences."""
    loc, scale = (one.exp().detach().requires_grad_() for one in inputs(2, (3,)))
    standard = Normal(torch.zeros(3).double(), torch.ones(3).double())
    assert torch.autograd.gradcheck(lambda a, b: kl.divergence(Laplace(a, b), standard), (loc, scale))
    prior = Gamma(torch.ones(3).double(), torch.ones(3).double())
    assert torch.autograd.gradcheck(lambda a, b: kl.divergence(Gamma(a, b), prior), (loc, scale))
    torch.testing.assert_close(kl.divergence(Gamma(loc, scale), prior), kl_divergence(Gamma(loc, scale), prior))
    # E log(Laplace / Normal) = -log 2b - 1 + ½ log 2π + ½ (μ² + 2 b²)
    wanted = -(2 * scale).log() - 1 + 0.5 * torch.tensor(2 * torch.pi).double().log() + 0.5 * (loc**2 + 2 * scale**2)
    torch.testing.assert_close(kl.divergence(Laplace(loc, scale), standard), wanted)
