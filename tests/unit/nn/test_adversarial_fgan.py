import math
import pickle

import mpmath
import pytest
import torch

import kullback as kl
from kullback.nn import FGAN

F64 = torch.float64
P, Q = torch.tensor([0.5, 0.3, 0.2], dtype=F64), torch.tensor([0.2, 0.2, 0.6], dtype=F64)
# The generators f(u), and the inverse of the activation at f'(u): the score of the optimal critic at a ratio u.
GENERATORS = {
    "kl": (lambda u: u * mpmath.log(u), lambda r: 1 + r.log()),
    "reverse_kl": (lambda u: -mpmath.log(u), torch.log),
    "jensen_shannon": (lambda u: (u * mpmath.log(2 * u / (1 + u)) - mpmath.log((1 + u) / 2)) / 2, torch.log),
    "gan": (lambda u: u * mpmath.log(u) - (u + 1) * mpmath.log(u + 1), torch.log),
    "pearson": (lambda u: (u - 1) ** 2, lambda r: 2 * (r - 1)),
    "neyman": (lambda u: (1 - u) ** 2 / u, lambda r: 2 * r.log()),
    "squared_hellinger": (lambda u: (mpmath.sqrt(u) - 1) ** 2, lambda r: r.log() / 2),
}
JS = float(kl.jensen_shannon(P, Q))
EXACT = {
    "kl": float(kl.divergence(P, Q)),
    "reverse_kl": float(kl.divergence(Q, P)),
    "jensen_shannon": JS,
    "gan": 2 * JS - math.log(4),
    "pearson": float(kl.f_divergence(P, Q, "chi-squared")),
    "neyman": float(kl.f_divergence(Q, P, "chi-squared")),
    "squared_hellinger": float(kl.f_divergence(P, Q, "squared-hellinger")),
}
# What the other generator loss follows at the optimal critic, as a function of p and q.
OTHERS = {
    "kl": lambda p, q: kl.divergence(q, p),
    "reverse_kl": lambda p, q: kl.f_divergence(q, p, "chi-squared") / 2,
    "gan": lambda p, q: kl.divergence(q, p) - 2 * kl.jensen_shannon(p, q),
    "jensen_shannon": lambda p, q: kl.divergence(q, p) / 2 - kl.jensen_shannon(p, q),
    "pearson": lambda p, q: 2 * kl.divergence(p, q),
}


def value(name, scores, p=P, q=Q):
    """The bound of exact laws: means over all outcomes instead of over rows."""
    game = FGAN(name)
    return (p * game.activation(scores)).sum() - (q * game.conjugate(scores)).sum()


@pytest.mark.parametrize("name", GENERATORS)
@pytest.mark.parametrize("score", [-3.0, -1.0, 0.4, 1.7])
def test_conjugate_is_the_supremum(name, score):
    generator, _ = GENERATORS[name]
    game, v = FGAN(name), torch.tensor(score, dtype=F64)
    t = float(game.activation(v))
    # The concave u t - f(u), highest where its slope is zero: found by bisection over e^-40 to e^40.
    low, high = mpmath.mpf(-40), mpmath.mpf(40)
    for _ in range(100):
        middle = (low + high) / 2
        rising = t - mpmath.diff(generator, mpmath.exp(middle), h=mpmath.exp(middle) * mpmath.mpf("1e-6")) > 0
        low, high = (middle, high) if rising else (low, middle)
    u = mpmath.exp(low)
    assert float(game.conjugate(v)) == pytest.approx(float(u * t - generator(u)), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("name", GENERATORS)
def test_optimal_critic_reaches_the_divergence(name):
    scores = GENERATORS[name][1](P / Q).requires_grad_()
    bound = value(name, scores)
    assert bound.item() == pytest.approx(EXACT[name], rel=1e-12)
    assert torch.autograd.grad(bound, scores)[0].abs().max() < 1e-12
    assert torch.allclose(FGAN(name).ratio(scores), P / Q, rtol=1e-12)


@pytest.mark.parametrize("name", GENERATORS)
def test_no_critic_goes_beyond_it(name):
    chance = torch.Generator().manual_seed(0)
    for size in (0.1, 1.0, 30.0):
        for scores in size * torch.randn(50, 3, generator=chance, dtype=F64):
            assert value(name, scores).item() <= EXACT[name] + 1e-12


def test_the_original_game_is_jensen_shannon_not_kl():
    optimal = (P / Q).log()
    assert value("gan", optimal).item() == pytest.approx(2 * JS - math.log(4), rel=1e-13)
    # Goodfellow et al., equation 1, written with the discriminator p/(p + q).
    chance = P / (P + Q)
    original = (P * chance.log()).sum() + (Q * (1 - chance).log()).sum()
    assert value("gan", optimal).item() == pytest.approx(original.item(), rel=1e-13)


@pytest.mark.parametrize("saturating", [True, False])
@pytest.mark.parametrize("name", OTHERS)
def test_generator_follows_the_divergence_that_the_note_names(name, saturating):
    logits = Q.log().requires_grad_()
    scores = GENERATORS[name][1](P / Q)
    game = FGAN(name)
    # Exact gradient of an expectation over fake rows at a fixed critic.
    per_row = torch.stack([game.generator_loss(score.reshape(1), saturating=saturating) for score in scores])
    (found,) = torch.autograd.grad((logits.softmax(0) * per_row).sum(), logits)
    target = GENERATED[name] if saturating else OTHERS[name]
    (wanted,) = torch.autograd.grad(target(P, logits.softmax(0)), logits)
    assert torch.allclose(found, wanted, rtol=1e-9, atol=1e-12)


GENERATED = {
    "kl": kl.divergence,
    "reverse_kl": lambda p, q: kl.divergence(q, p),
    "jensen_shannon": kl.jensen_shannon,
    "gan": lambda p, q: 2 * kl.jensen_shannon(p, q),
    "pearson": lambda p, q: kl.f_divergence(p, q, "chi-squared"),
}


@pytest.mark.parametrize("name", GENERATORS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_scores_of_any_size_give_finite_losses_and_gradients(name, dtype):
    real, fake = (torch.tensor([-1e4, -50.0, 0.0, 50.0, 1e4], dtype=dtype, requires_grad=True) for _ in range(2))
    game = FGAN(name)
    loss = game.discriminator_loss(real, fake) + game.generator_loss(fake) + game.generator_loss(fake, saturating=False)
    loss.backward()
    for tensor in (loss, real.grad, fake.grad):
        assert bool(tensor.isfinite().all())
    assert real.grad.dtype == dtype


def test_the_textbook_form_overflows_where_ours_does_not():
    fake = torch.tensor([120.0], requires_grad=True)
    assert torch.isinf((fake - 1).exp())
    assert FGAN("kl").discriminator_loss(torch.zeros(1), fake).isfinite()
    # 1 - sigmoid(30) is 0 in float32: the textbook's log of it is -inf, and the generator's gradient NaN or 0.
    v = torch.tensor([30.0], requires_grad=True)
    assert torch.isinf((1 - v.sigmoid()).log())
    (slope,) = torch.autograd.grad(FGAN("gan").generator_loss(v), v)
    assert slope.item() == pytest.approx(-1.0)


@pytest.mark.parametrize("name", ["kl", "reverse_kl", "neyman", "squared_hellinger"])
def test_activation_beyond_the_limit_is_smooth_and_one_to_one(name):
    v = torch.linspace(-100, 30, 2601, dtype=F64, requires_grad=True)
    out = FGAN(name).activation(v)
    (slopes,) = torch.autograd.grad(out.sum(), v)
    assert bool((slopes > 0).all())
    for limit in (-20.0, 20.0):
        near = torch.tensor([limit - 1e-9, limit, limit + 1e-9], dtype=F64, requires_grad=True)
        (around,) = torch.autograd.grad(FGAN(name).activation(near).sum(), near)
        assert around.max().item() == pytest.approx(around.min().item(), rel=1e-6)


def test_pearson_pulls_low_scores_of_fake_rows_the_right_way():
    fake = torch.tensor([-6.0], requires_grad=True)
    # With v²/4 + v for every v a generator would lower this score further.
    assert torch.autograd.grad(-(fake**2 / 4 + fake).sum(), fake)[0].item() > 0
    assert torch.autograd.grad(FGAN("pearson").generator_loss(fake), fake)[0].item() == 0


def test_bound_of_rows_has_their_error():
    chance = torch.Generator().manual_seed(0)
    found = []
    for _ in range(400):
        x, y = torch.randn(200, generator=chance) + 1, torch.randn(200, generator=chance)
        found.append(FGAN("kl").bound(x + 0.5, y + 0.5))  # 1 + log p/q
    values = torch.stack([one.value for one in found])
    # The spread of a value is about .13, so five standard errors of the mean are .03: no bias for a fixed critic.
    assert values.mean().item() == pytest.approx(0.5, abs=0.03)
    assert sum(float(one.stderr) for one in found) / 400 == pytest.approx(values.std().item(), rel=0.15)


def test_bound_tells_when_a_few_rows_carry_it():
    chance = torch.Generator().manual_seed(0)
    x, y = torch.randn(500, generator=chance) + 3, torch.randn(500, generator=chance)
    assert not FGAN("kl").bound(3 * x - 3.5, 3 * y - 3.5).reliable
    assert not FGAN("reverse_kl").bound(4.5 - 3 * y, 4.5 - 3 * x).reliable
    found = FGAN("jensen_shannon").bound(3 * x - 4.5, 3 * y - 4.5)
    assert found.reliable
    assert "JS(p, q)" in str(found)


def test_columns_and_vectors_of_scores_are_the_same():
    scores = torch.randn(7, generator=torch.Generator().manual_seed(0))
    game = FGAN()
    assert game.divergence == "jensen_shannon"
    assert torch.equal(game.discriminator_loss(scores[:, None], scores), game.discriminator_loss(scores, scores))
    assert repr(pickle.loads(pickle.dumps(game))) == "FGAN('jensen_shannon')"  # noqa: S301 - our own bytes


@pytest.mark.parametrize(
    ("real", "message"),
    [
        (torch.zeros(0), "empty"),
        (torch.zeros(3, 2), r"shape \(3, 2\)"),
        (torch.tensor([0.0, math.nan]), "in 1 of 2 rows"),
        (torch.tensor([0.0, math.inf]), "diverged"),
        (torch.tensor([0, 1]), "dtype torch.int64"),
        ([0.0], "came as list"),
    ],
)
def test_bad_scores_are_named(real, message):
    for call in (FGAN("kl").discriminator_loss, FGAN("kl").bound):
        with pytest.raises(kl.InputError, match=message):
            call(real, torch.zeros(3))
    with pytest.raises(kl.InputError, match=message):
        FGAN("kl").generator_loss(real)


def test_bad_options_are_named():
    with pytest.raises(kl.InputError, match="'jensen_shannon'"):
        FGAN("js")
    with pytest.raises(kl.InputError, match="scores came as list"):
        FGAN("kl").ratio([0.0])
