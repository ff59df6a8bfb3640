"""Derivatives through the closed forms: right against 40-digit differences, finite where the divergence is."""

import mpmath as mp
import numpy as np
import pytest

import kullback as kl
import kullback.families as f

PAIRS = [
    (f.Normal, (0.3, 1.2), (1.0, 2.0)),
    (f.Laplace, (0.3, 1.2), (1.0, 2.0)),
    (f.Cauchy, (0.3, 1.2), (1.0, 2.0)),
    (f.Gumbel, (0.3, 1.2), (1.0, 2.0)),
    (f.Moyal, (0.3, 1.2), (1.0, 2.0)),
    (f.Exponential, (0.7,), (2.0,)),
    (f.Gamma, (0.7, 1.3), (3.0, 2.0)),
    (f.Weibull, (0.7, 1.3), (3.0, 2.0)),
    (f.Beta, (0.7, 1.3), (3.0, 2.0)),
    (f.InverseGaussian, (0.7, 1.3), (3.0, 2.0)),
    (f.ContinuousBernoulli, (0.3,), (0.8,)),
    (f.VonMises, (0.3, 1.2), (1.0, 2.0)),
    (f.Bernoulli, (0.3,), (0.8,)),
    (f.Poisson, (0.7,), (2.0,)),
    (f.Geometric, (0.3,), (0.8,)),
    (f.Zeta, (2.5,), (3.5,)),
    (f.LogSeries, (0.3,), (0.8,)),
]


def tensors(torch, values):
    return tuple(torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in values)


@pytest.mark.parametrize(("family", "p", "q"), PAIRS, ids=lambda value: getattr(value, "__name__", ""))
def test_first_and_second_derivatives_in_torch(require, family, p, q):
    torch = require("torch")

    def gap(*values):
        return kl.divergence(family(*values[: len(p)]), family(*values[len(p) :]))

    assert torch.autograd.gradcheck(gap, tensors(torch, (*p, *q)))
    assert torch.autograd.gradgradcheck(gap, tensors(torch, (*p, *q)))


def gamma_truth(a, b, c, d):
    return (a - c) * mp.digamma(a) - mp.loggamma(a) + mp.loggamma(c) + c * (mp.log(b) - mp.log(d)) + a * (d - b) / b


@pytest.mark.parametrize("values", [(0.7, 1.3, 3.0, 2.0), (2.0, 1.0, 2.000002, 1.000001), (1e6, 3.0, 1.1e6, 3.1)])
def test_gamma_against_high_precision(require, values):
    torch = require("torch")
    given = tensors(torch, values)
    kl.divergence(f.Gamma(*given[:2]), f.Gamma(*given[2:])).backward()
    with mp.workdps(60):
        for k, one in enumerate(given):
            wanted = mp.diff(gamma_truth, tuple(map(mp.mpf, values)), tuple(int(k == j) for j in range(4)))
            assert float(one.grad) == pytest.approx(float(wanted), rel=1e-9)


@pytest.mark.parametrize(
    ("p", "q"),
    [
        ([0.5, 0.5, 0.0], [0.2, 0.3, 0.5]),
        ([0.5, 0.5, 0.0], [0.5, 0.5, 0.0]),
        ([1.0, 0.0, 0.0], [0.2, 0.3, 0.5]),
        ([0.2, 0.3, 0.5], [0.2, 0.3, 0.5]),
    ],
)
def test_arrays_have_finite_gradients_at_zeros_and_at_equals(require, p, q):
    torch = require("torch")
    given = tensors(torch, (p, q))
    value = kl.divergence(*given)
    value.backward()
    assert all(bool(torch.isfinite(side.grad).all()) for side in given)
    if p == q:
        assert value.item() == 0
        assert not given[1].grad.any() or p[2] == 0


@pytest.mark.parametrize("logits", [[0.0, 40.0, -np.inf], [800.0, -800.0, 0.0], [0.0, 0.0, 0.0]])
def test_logits_have_the_softmax_gradient(require, logits):
    torch = require("torch")
    (student,) = tensors(torch, (logits,))
    target = torch.tensor([0.5, 0.5, 0.0], dtype=torch.float64)
    kl.divergence(f.Categorical(probs=target), f.Categorical(logits=student)).backward()
    wanted = torch.softmax(student.detach(), -1) - target
    np.testing.assert_allclose(student.grad.numpy(), wanted.numpy(), rtol=1e-14, atol=1e-16)


@pytest.mark.parametrize("index", [0, 6, 11])
def test_jax_agrees_under_jit_and_vmap(require, index):
    torch, jax = require("torch"), require("jax")
    family, p, q = PAIRS[index]

    def gap(*values):
        return kl.divergence(family(*values[: len(p)]), family(*values[len(p) :]))

    given = tensors(torch, (*p, *q))
    wanted = torch.autograd.grad(gap(*given), given)
    with jax.enable_x64(True):  # noqa: FBT003 - JAX has it so
        batch = [jax.numpy.asarray([value, value]) for value in (*p, *q)]
        found = jax.jit(jax.vmap(jax.grad(gap, argnums=tuple(range(len(batch))))))(*batch)
        for one, other in zip(found, wanted, strict=True):
            np.testing.assert_allclose(np.asarray(one), float(other), rtol=1e-10)
