"""Objects of torch.distributions: the record must have torch's own log density, its tensors and its logits."""

import numpy as np
import pytest

import kullback.families as f
from kullback._core import InputError, numbers
from kullback.adapters import to_law
from kullback.families import log_prob


@pytest.fixture
def d(require):
    return require("torch").distributions


@pytest.fixture
def tensor(require):
    torch = require("torch")
    return lambda value, **options: torch.tensor(value, dtype=torch.float64, **options)


SCALARS = [
    ("Bernoulli", {"probs": 0.3}, 1.0),
    ("Bernoulli", {"logits": 0.3}, 1.0),
    ("Beta", {"concentration1": 2.0, "concentration0": 3.0}, 0.3),
    ("Binomial", {"total_count": 5, "probs": 0.3}, 2.0),
    ("Binomial", {"total_count": 5, "logits": 0.3}, 2.0),
    ("Categorical", {"probs": [0.2, 0.3, 0.5]}, 2.0),
    ("Categorical", {"logits": [0.2, 0.3, 0.5]}, 2.0),
    ("Cauchy", {"loc": 1.0, "scale": 2.0}, 0.3),
    ("Chi2", {"df": 3.0}, 0.7),
    ("ContinuousBernoulli", {"probs": 0.3}, 0.7),
    ("ContinuousBernoulli", {"logits": 0.3}, 0.7),
    ("Dirichlet", {"concentration": [1.0, 2.0, 3.0]}, [0.2, 0.3, 0.5]),
    ("Exponential", {"rate": 3.0}, 0.7),
    ("Gamma", {"concentration": 2.0, "rate": 3.0}, 0.7),
    ("Geometric", {"probs": 0.3}, 4.0),
    ("Geometric", {"logits": 0.3}, 4.0),
    ("Gumbel", {"loc": 1.0, "scale": 2.0}, 0.7),
    ("HalfNormal", {"scale": 3.0}, 0.7),
    ("InverseGamma", {"concentration": 2.0, "rate": 3.0}, 0.7),
    ("Kumaraswamy", {"concentration1": 2.0, "concentration0": 3.0}, 0.7),
    ("Laplace", {"loc": 1.0, "scale": 2.0}, 0.7),
    ("LogNormal", {"loc": 1.0, "scale": 2.0}, 0.7),
    ("LowRankMultivariateNormal", {"loc": [0.0, 1], "cov_factor": [[1.0], [2]], "cov_diag": [1.0, 2]}, [0.3, 0.4]),
    ("Multinomial", {"total_count": 5, "probs": [0.2, 0.3, 0.5]}, [1.0, 2, 2]),
    ("Multinomial", {"total_count": 5, "logits": [0.2, 0.3, 0.5]}, [1.0, 2, 2]),
    ("MultivariateNormal", {"loc": [0.0, 1], "covariance_matrix": [[2.0, 0.5], [0.5, 1]]}, [0.3, 0.4]),
    ("MultivariateNormal", {"loc": [0.0, 1], "precision_matrix": [[2.0, 0.5], [0.5, 1]]}, [0.3, 0.4]),
    ("MultivariateNormal", {"loc": [0.0, 1], "scale_tril": [[2.0, 0], [0.5, 1]]}, [0.3, 0.4]),
    ("NegativeBinomial", {"total_count": 5.0, "probs": 0.3}, 4.0),
    ("NegativeBinomial", {"total_count": 5.0, "logits": 0.3}, 4.0),
    ("Normal", {"loc": 1.0, "scale": 2.0}, 0.7),
    ("Pareto", {"scale": 1.0, "alpha": 2.0}, 1.7),
    ("Poisson", {"rate": 2.0}, 3.0),
    ("StudentT", {"df": 3.0, "loc": 1.0, "scale": 2.0}, 0.7),
    ("Uniform", {"low": 1.0, "high": 3.0}, 1.7),
    ("VonMises", {"loc": 1.0, "concentration": 2.0}, 0.7),
    ("Weibull", {"scale": 2.0, "concentration": 3.0}, 0.7),
]


def agree(law, value, x):
    np.testing.assert_allclose(numbers(log_prob(law, x)), numbers(value.log_prob(x)), rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize(("name", "parameters", "x"), SCALARS)
def test_a_known_law_has_its_own_record(d, tensor, name, parameters, x):
    given = {key: value if isinstance(value, int) else tensor(value) for key, value in parameters.items()}
    value = getattr(d, name)(**given)
    law = to_law(value)
    assert type(law).__name__ == name
    assert law.xp.__name__.endswith("torch")
    agree(law, value, tensor(x))


def test_wishart_has_its_own_mean(d, tensor):
    value = d.Wishart(tensor(4.0), tensor([[2.0, 0.5], [0.5, 1.0]]))
    law = to_law(value)
    np.testing.assert_allclose(law.df * law.scale_tril @ law.scale_tril.T, value.mean)


def test_logits_are_kept_where_torch_clamps(d, tensor):
    value = d.Bernoulli(logits=tensor(800.0))
    value.probs  # noqa: B018 - torch keeps it in the object
    law = to_law(value)
    assert law.probs is None
    assert law.logits == 800
    assert to_law(d.Bernoulli(probs=tensor(1e-300))).probs == 1e-300
    assert to_law(d.Categorical(probs=tensor([1.0, 0.0]))).logits is None


def test_logits_for_a_family_of_probs_are_not_clamped(require, d):
    torch = require("torch")
    law = to_law(d.Geometric(logits=torch.tensor(-200.0)))
    assert float(law.probs) == pytest.approx(np.exp(-200.0), rel=1e-12)
    law = to_law(d.NegativeBinomial(3.0, logits=torch.tensor(200.0)))
    assert float(law.probs) == pytest.approx(np.exp(-200.0), rel=1e-12)
    assert law.dtype == torch.float32
    law = to_law(d.NegativeBinomial(3.0, probs=torch.tensor(1 - 2.0**-24)))
    assert law.probs == 2.0**-24
    assert law.dtype == torch.float32


def test_gradients_flow(tensor, d):
    scale = tensor(2.0, requires_grad=True)
    log_prob(to_law(d.Normal(tensor(0.0), scale)), tensor(1.0)).backward()
    assert scale.grad == pytest.approx(1 / 8 - 1 / 2)
    logits = tensor(0.3, requires_grad=True)
    to_law(d.Geometric(logits=logits)).probs.backward()
    assert logits.grad > 0


def test_the_object_is_left_alone(tensor, d):
    value = d.MultivariateNormal(tensor([0.0, 1]), covariance_matrix=tensor([[2.0, 0.5], [0.5, 1]]))
    before = set(vars(value))
    assert to_law(value).covariance_matrix is not None
    assert set(vars(value)) == before


def test_independent_and_expanded(tensor, d):
    law = to_law(d.Independent(d.Normal(tensor([0.0, 1]), tensor(2.0)), 1))
    assert (type(law), type(law.base), law.dimensions) == (f.Independent, f.Normal, 1)
    assert to_law(d.Normal(0.0, 1.0).expand([3])).batch_shape == (3,)


def test_mixtures_keep_their_weights_and_components(tensor, d):
    parts = d.Normal(tensor([0.0, 3]), tensor(2.0))
    for weights in ({"probs": tensor([0.2, 0.8])}, {"logits": tensor([0.2, 0.8])}):
        value = d.MixtureSameFamily(d.Categorical(**weights), parts)
        law = to_law(value)
        assert [type(part) for part in law.components] == [f.Normal] * 2
        agree(law, value, tensor([0.3, 4.0]))
    value = d.MixtureSameFamily(
        d.Categorical(tensor([0.2, 0.8])), d.Independent(d.Normal(tensor([[0.0, 1], [2, 3]]), tensor(1.0)), 1)
    )
    assert [numbers(part.base.loc).tolist() for part in to_law(value).components] == [[0, 1], [2, 3]]


def test_a_chain_that_stays_in_a_family_is_that_family(tensor, d):
    t = d.transforms
    base = d.Normal(tensor(1.0), tensor(2.0))
    value = d.TransformedDistribution(base, [t.AffineTransform(tensor(1.0), tensor(-3.0))])
    assert type(to_law(value)) is f.Normal
    agree(to_law(value), value, tensor(0.7))
    value = d.TransformedDistribution(base, [t.AffineTransform(1.0, 3.0), t.ExpTransform()])
    assert type(to_law(value)) is f.LogNormal
    agree(to_law(value), value, tensor(0.7))


def test_other_chains_are_maps_of_their_base(tensor, d):
    t = d.transforms

    def squashed(loc, *chain):
        return to_law(d.TransformedDistribution(d.Normal(tensor(loc), tensor(2.0)), list(chain)))

    p, q = squashed(0.0, t.TanhTransform()), squashed(1.0, t.TanhTransform())
    assert type(p.base) is f.Normal
    assert p.key == q.key
    assert p.key != squashed(0.0, t.SigmoidTransform()).key
    value = d.TransformedDistribution(d.Normal(0.0, 2.0), [t.TanhTransform()])
    np.testing.assert_allclose(log_prob(to_law(value), np.array(0.3)), float(value.log_prob(tensor(0.3))), rtol=1e-6)
    a, b = (t.AffineTransform(tensor(loc), 1.0) for loc in ([1.0, 2.0], [1.0, 2.0, 3.0]))
    lower, upper = squashed(0.0, t.TanhTransform(), a), squashed(0.0, t.TanhTransform(), b)
    assert lower.key != upper.key


def test_a_map_that_loses_something_is_not_one(tensor, d):
    value = d.HalfCauchy(tensor(2.0))
    law = to_law(value)
    assert type(law) is f.Opaque
    assert law.low == 0
    agree(law, value, tensor(0.7))


def test_one_hot_outcomes_are_categories_behind_a_map(tensor, d):
    law = to_law(d.OneHotCategorical(logits=tensor([0.2, 0.8])))
    assert (type(law.base), law.key) == (f.Categorical, ("one hot",))
    assert law.base.logits is not None


def test_other_laws_are_known_by_their_log_density(tensor, d):
    value = d.FisherSnedecor(tensor(3.0), tensor(4.0))
    law = to_law(value)
    assert (type(law), law.kind, law.low) == (f.Opaque, "interval", 0.0)
    agree(law, value, tensor([0.7, 2.0]))
    assert log_prob(law, np.array(-1.0)) == -np.inf
    draws = [law.draw((5,), np.random.default_rng(7)) for _ in range(2)]
    np.testing.assert_array_equal(*draws)


def test_laws_on_arrays_without_a_formula_ask_for_samples(tensor, d):
    with pytest.raises(InputError, match="estimate"):
        to_law(d.LKJCholesky(3))
    with pytest.raises(InputError, match="one by one"):
        to_law(d.HalfCauchy(tensor([1.0, 2.0])))
    law = to_law(d.LogisticNormal(tensor([0.0, 1]), tensor([1.0, 2])))
    assert (type(law.base), law.outer.kind) == (f.Independent, "simplex of 3 outcomes")
    with pytest.raises(InputError, match="estimate"):
        log_prob(law, np.array([0.2, 0.3, 0.5]))


def test_objects_that_hold_a_tensor_or_take_one_number(tensor, d):
    class Held:
        support = (-np.inf, np.inf)

        def log_prob(self, x):
            return d.Normal(tensor(0.0), tensor(1.0)).log_prob(x)

    class Single(Held):
        def log_prob(self, x):
            return -abs(x) if x > 0 else -2 * abs(x)

    x = np.array([-1.0, 2.0])
    np.testing.assert_allclose(log_prob(to_law(Held()), x), log_prob(f.Normal(0, 1), x))
    np.testing.assert_allclose(log_prob(to_law(Single()), x), [-2.0, -2.0])


def test_a_subclass_with_its_own_density_is_not_its_parent(tensor, d):
    class Plain(d.Normal):
        pass

    class Other(d.Normal):
        def log_prob(self, value):
            return super().log_prob(value) - 1.0

    assert type(to_law(Plain(tensor(0.0), tensor(1.0)))) is f.Normal
    law = to_law(Other(tensor(0.0), tensor(1.0)))
    assert type(law) is f.Opaque
    agree(law, Other(tensor(0.0), tensor(1.0)), tensor(0.3))
