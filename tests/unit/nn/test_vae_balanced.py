import pytest
import torch
from torch.distributions import Categorical, kl_divergence

import kullback as kl
from kullback.nn import balanced_kl, gaussian_kl


def leaves(*shape, count=4, dtype=torch.float64):
    rng = torch.Generator().manual_seed(0)
    return [torch.randn(shape, dtype=dtype, generator=rng).requires_grad_() for _ in range(count)]


def textbook(divergence, q, p, balance):
    """The two terms as the paper writes them."""
    still = [tuple(one.detach() for one in law) for law in (q, p)]
    return balance * divergence(still[0], p) + (1 - balance) * divergence(q, still[1])


@pytest.mark.parametrize("balance", [0.0, 0.5, 0.8, 1.0])
def test_gaussian_value_is_plain_and_gradients_are_split(balance):
    m, v, m0, v0 = leaves(5, 3)
    plain = gaussian_kl(m, v, prior_mean=m0, prior_log_var=v0)
    found = balanced_kl((m, v), (m0, v0), balance=balance)
    assert torch.equal(found, plain)
    mine = torch.autograd.grad(found.sum(), (m, v, m0, v0))
    whole = torch.autograd.grad(plain.sum(), (m, v, m0, v0))
    for share, own, full in zip([1 - balance] * 2 + [balance] * 2, mine, whole, strict=True):
        torch.testing.assert_close(own, share * full)


@pytest.mark.parametrize("balance", [0.0, 0.8])
def test_categorical_value_is_plain_and_gradients_are_split(balance):
    q, p = leaves(6, 4, count=2)
    plain = kl_divergence(Categorical(logits=q), Categorical(logits=p))
    found = balanced_kl(q, p, given="logits", balance=balance)
    torch.testing.assert_close(found, plain)
    assert torch.equal(found, balanced_kl(q, p, given="logits", balance=0.3))
    mine, whole = torch.autograd.grad(found.sum(), (q, p)), torch.autograd.grad(plain.sum(), (q, p))
    torch.testing.assert_close(mine[0], (1 - balance) * whole[0])
    torch.testing.assert_close(mine[1], balance * whole[1])


def test_second_derivatives_are_those_of_the_two_terms():
    laws = leaves(3)
    divergence = lambda q, p: gaussian_kl(*q, prior_mean=p[0], prior_log_var=p[1])  # noqa: E731
    found = []
    for form in (balanced_kl, lambda q, p: textbook(divergence, q, p, 0.8)):
        first = torch.autograd.grad(form(tuple(laws[:2]), tuple(laws[2:])).sum(), laws, create_graph=True)
        found.append(torch.autograd.grad(sum(one.square().sum() for one in first), laws))
    torch.testing.assert_close(*found)


def test_masked_classes_and_disjoint_supports():
    low = float("-inf")
    q = torch.tensor([[1.0, 0.0, low], [1.0, low, low], [0.0, 0.0, 0.0]], requires_grad=True)
    p = torch.tensor([[0.0, 0.0, low], [low, 0.0, 0.0], [0.0, 0.0, low]], requires_grad=True)
    found = balanced_kl(q, p, given="logits")
    wanted = Categorical(logits=q[0, :2]), Categorical(logits=p[0, :2])
    assert found[0].item() == pytest.approx(kl_divergence(*wanted).item(), rel=1e-6)
    assert bool(found[1:].isinf().all())
    slopes = torch.autograd.grad(found[0], (q, p))
    assert all(bool(slope.isfinite().all()) and bool((slope[1:] == 0).all()) for slope in slopes)


def test_near_equal_half_precision_keeps_its_sign_and_digits():
    rng = torch.Generator().manual_seed(0)
    q = torch.randn(16, 32, generator=rng).bfloat16()
    p = (q.float() + 0.01 * torch.randn(16, 32, generator=rng)).bfloat16()
    exact = balanced_kl(q.double(), p.double(), given="logits")
    naive = (q.softmax(-1) * (q.log_softmax(-1) - p.log_softmax(-1))).sum(-1)
    torch.testing.assert_close(balanced_kl(q, p, given="logits").double(), exact, rtol=1e-3, atol=1e-9)
    assert bool(((naive - exact).abs() > 0.1 * exact).any())


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((torch.zeros(2), torch.zeros(2)), {}, "posterior is a Tensor. A pair"),
        (((torch.zeros(2), torch.zeros(2)), (torch.zeros(2),)), {}, "prior is a tuple. A pair"),
        ((torch.zeros(2), torch.zeros(2)), {"given": "probs"}, "given is 'probs'. 'gaussian' or 'logits'"),
        ((torch.zeros(2), torch.zeros(3)), {"given": "logits"}, "same number of classes"),
        ((torch.zeros(3, 2), torch.zeros(4, 2)), {"given": "logits"}, "shapes do not fit"),
        (
            (torch.zeros(2), torch.zeros(2)),
            {"given": "logits", "balance": 1.5},
            "balance is 1.5. A finite number from 0 to 1",
        ),
        ((torch.full((2,), float("-inf")), torch.zeros(2)), {"given": "logits"}, "posterior has a row of logits"),
        ((torch.zeros(2), torch.tensor([0.0, float("nan")])), {"given": "logits"}, "prior has a row of logits"),
        ((torch.zeros(2).long(), torch.zeros(2)), {"given": "logits"}, "dtype torch.int64"),
    ],
)
def test_bad_input_is_refused(arguments, options, message):
    with pytest.raises(kl.InputError, match=message):
        balanced_kl(*arguments, **options)
