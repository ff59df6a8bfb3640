import math

import numpy as np
import pytest
from scipy import stats

import kullback as kl
from kullback.estimators import kozachenko_leonenko
from kullback.estimators._entropy_terms import entropy_terms

LAWS = {
    "normal": (lambda rng, n: rng.normal(2, 3, n), float(stats.norm(2, 3).entropy())),
    "uniform": (lambda rng, n: rng.random(n) * 1e-6, float(stats.uniform(0, 1e-6).entropy())),
    "exponential": (lambda rng, n: rng.exponential(5, n), float(stats.expon(scale=5).entropy())),
    "cauchy": (lambda rng, n: rng.standard_cauchy(n), float(stats.cauchy().entropy())),
    "plane": (lambda rng, n: rng.normal(size=(n, 2)) * [1.0, 10.0], float(stats.norm.entropy() * 2 + math.log(10))),
}


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("n", [100, 1000])
def test_intervals_hold_the_entropy(name, n):
    draw, truth = LAWS[name]
    rng = np.random.default_rng(0)
    found = [kl.estimate_entropy(draw(rng, n)) for _ in range(40)]
    # At 90 % fewer than 29 of 40 have a chance of .001.
    assert sum(one.interval[0] <= truth <= one.interval[1] for one in found) >= 29
    assert np.mean([one.value for one in found]) == pytest.approx(truth, abs=0.05 if n > 100 else 0.15)


def test_many_dimensions():
    rng = np.random.default_rng(1)
    root = np.linalg.cholesky(0.9 ** np.abs(np.subtract.outer(np.arange(5), np.arange(5))))
    truth = 5 * float(stats.norm.entropy()) + float(np.log(np.diag(root)).sum())
    found = [kozachenko_leonenko(rng.normal(size=(1000, 5)) @ root.T).value for _ in range(5)]
    assert np.mean(found) == pytest.approx(truth, abs=0.1)


@pytest.mark.parametrize("law", [stats.uniform(0, 2), stats.expon(0, 3), stats.cauchy()])
def test_edges_and_tails_in_space(law):
    rng = np.random.default_rng(2)
    found = [kozachenko_leonenko(law.rvs((600, 3), random_state=rng)) for _ in range(8)]
    truth = 3 * float(law.entropy())
    assert np.mean([one.value for one in found]) == pytest.approx(truth, abs=0.15)
    # At 90 % fewer than 5 of 8 have a chance of .005.
    assert sum(one.interval[0] <= truth <= one.interval[1] for one in found) >= 5


def test_terms_are_those_of_the_paper():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(40, 2))
    gaps = np.sort(np.linalg.norm(x[:, None] - x, axis=2), axis=1)
    digamma = [sum(1 / i for i in range(1, j)) - np.euler_gamma for j in (40, 3)]
    expected = 2 * np.log(gaps[:, 3]) + math.log(math.pi) + digamma[0] - digamma[1]
    np.testing.assert_allclose(entropy_terms(x, 3, None).terms, expected, atol=1e-12)


def test_standard_error_is_the_spread():
    rng = np.random.default_rng(4)
    found = [kozachenko_leonenko(rng.exponential(size=200)) for _ in range(200)]
    # The spread of 200 figures is known within 5 % (one standard deviation); what is said may be a little more.
    assert 0.9 < np.mean([one.stderr for one in found]) / np.std([one.value for one in found]) < 1.3


def test_rounded_values_have_the_entropy_of_their_density():
    x = np.random.default_rng(5).normal(size=2000)
    found = kl.estimate_entropy(np.round(x, 2))
    assert found.method == "kozachenko_leonenko"
    assert found.interval[0] < float(stats.norm.entropy()) < found.interval[1]


def test_whole_numbers_are_counted():
    found = kl.estimate_entropy(np.random.default_rng(6).poisson(4, 2000))
    assert found.interval[0] < float(stats.poisson(4).entropy()) < found.interval[1]


def test_zeros_among_numbers():
    # A zero with probability .3, else exponential: the chain rule.
    rng = np.random.default_rng(7)
    found = kl.estimate_entropy(np.where(rng.random(3000) < 0.3, 0.0, rng.exponential(2, 3000)))
    truth = -0.3 * math.log(0.3) - 0.7 * math.log(0.7) + 0.7 * (1 + math.log(2))
    assert found.method == "stratified"
    assert found.interval[0] < truth < found.interval[1]


def test_labels_beside_numbers():
    rng = np.random.default_rng(8)
    x = rng.integers(0, 3, 3000)
    found = kl.estimate_entropy(np.column_stack([x, rng.normal(0, 1 + x)]))
    truth = math.log(3) + float(stats.norm.entropy()) + math.log(6) / 3
    assert found.interval[0] < truth < found.interval[1]


def test_weights():
    rng = np.random.default_rng(9)
    x = rng.normal(size=3000)
    inside = kl.estimate_entropy(x, weights=(x > 0).astype(float))
    assert inside.value == pytest.approx(kl.estimate_entropy(x[x > 0]).value)
    # Rows of a normal with the weights that make them another.
    tilted = kl.estimate_entropy(x, weights=stats.norm.pdf(x, 0.5, 0.8) / stats.norm.pdf(x))
    truth = float(stats.norm(0.5, 0.8).entropy())
    assert tilted.value == pytest.approx(truth, abs=0.08)
    assert tilted.interval[0] < truth < tilted.interval[1]


def test_drawn_again_rows_count_by_weight():
    rng = np.random.default_rng(10)
    x = rng.normal(size=1500)
    found = kl.estimate_entropy(rng.choice(x, 1500), method="kozachenko_leonenko")
    assert found.value == pytest.approx(float(stats.norm.entropy()), abs=0.15)


def test_few_rows():
    x = np.random.default_rng(11).normal(size=4)
    found = kl.estimate_entropy(x)
    assert math.isfinite(found.value)
    assert not found.reliable
    assert any("3 neighbors" in note for note in found.notes)


def test_one_value_has_no_entropy():
    found = kl.estimate_entropy(np.full(100, 7.5))
    assert found.value == 0.0
    assert any("one value" in note for note in found.notes)


def test_another_base():
    x = np.random.default_rng(12).normal(size=200)
    nats, bits = kl.estimate_entropy(x), kl.estimate_entropy(x, base=2)
    assert bits.value == pytest.approx(nats.value / math.log(2))
    assert bits.unit == "bits"


def test_missing_rows_are_left_out():
    x = np.random.default_rng(13).normal(size=200)
    found = kl.estimate_entropy(np.append(x, np.nan), nan_policy="omit")
    assert found.value == kl.estimate_entropy(x).value
    assert any("NaN" in note for note in found.notes)


@pytest.mark.parametrize("method", ["extrapolated", "zhang_grabchak", "grassberger", "miller_madow", "chao_shen"])
def test_methods_for_counts(method):
    x = np.random.default_rng(14).choice(4, 2000, p=[0.4, 0.3, 0.2, 0.1])
    found = kl.estimate_entropy(x, method=method)
    assert found.method == method
    assert found.value == pytest.approx(float(kl.entropy([0.4, 0.3, 0.2, 0.1])), abs=0.04)


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda x: kl.estimate_entropy(x, method="best"), "kozachenko_leonenko, extrapolated"),
        (lambda x: kl.estimate_entropy(x, base=1), "base"),
        (lambda x: kl.estimate_entropy(x, k=0), "k = 0"),
        (lambda _: kl.estimate_entropy(["a", "b"], method="kozachenko_leonenko"), "labels"),
        (lambda _: kl.estimate_entropy({"a": 1}, method="kozachenko_leonenko"), "counts"),
        (lambda _: kl.estimate_entropy({"a": 1}, weights=[1.0]), "weights"),
        (lambda x: kl.estimate_entropy(np.column_stack([x, 2 * x])), "copy or a sum"),
        (lambda x: kozachenko_leonenko(np.round(x)), "-inf"),
        (lambda x: kozachenko_leonenko(x[:2]), "rows"),
    ],
)
def test_bad_requests(ask, words):
    with pytest.raises(kl.InputError, match=words):
        ask(np.random.default_rng(15).normal(size=300))


def test_labels_and_counts():
    rng = np.random.default_rng(2)
    shares = [0.5, 0.3, 0.2]
    sample = rng.choice(list("abc"), 3000, p=shares)
    found = kl.estimate_entropy(sample)
    assert found.interval[0] < float(kl.entropy(shares)) < found.interval[1]
    labels, counts = np.unique(sample, return_counts=True)
    counted = kl.estimate_entropy(dict(zip(labels.tolist(), counts.tolist(), strict=True)))
    assert counted.value == pytest.approx(found.value)


def test_scale_adds_its_logarithm():
    x = np.random.default_rng(3).gamma(2.0, size=400)
    assert kl.estimate_entropy(1e6 * x).value == pytest.approx(kl.estimate_entropy(x).value + math.log(1e6), abs=1e-6)


@pytest.mark.parametrize(
    ("x", "words"), [([], "rows"), ([np.nan, 1.0], "nan_policy"), ([1.0, np.inf], "infinite|finite")]
)
def test_bad_samples(x, words):
    with pytest.raises(kl.InputError, match=words):
        kl.estimate_entropy(x)
