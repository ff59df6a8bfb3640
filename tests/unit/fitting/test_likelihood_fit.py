"""What a fit says: the identity with the divergence, boundaries, errors, data in every form."""

import math

import mpmath as mp
import numpy as np
import pytest
from scipy import stats

from kullback import InputError
from kullback import families as laws
from kullback.fitting.likelihood import Fit, fit


def test_share_of_successes_is_the_fit_and_the_least_divergence():
    found = fit([1] * 7 + [0] * 3, "bernoulli")
    assert found.parameters == {"probs": 0.7}
    grid = np.linspace(0.01, 0.99, 99)
    others = [fit({1: 7, 0: 3}, "bernoulli", fixed={"probs": p}) for p in grid]
    assert grid[np.argmin([one.divergence for one in others])] == pytest.approx(0.7)
    assert grid[np.argmax([one.log_likelihood for one in others])] == pytest.approx(0.7)


def test_log_likelihood_is_minus_n_times_entropy_plus_divergence():
    found = fit({1: 7, 0: 3}, "bernoulli", fixed={"probs": 0.6})
    with mp.workdps(30):
        exact = 7 * mp.log(mp.mpf("0.6")) + 3 * mp.log(mp.mpf("0.4"))
        divergence = mp.mpf("0.7") * mp.log(mp.mpf("0.7") / mp.mpf("0.6")) + mp.mpf("0.3") * mp.log(mp.mpf("0.75"))
    assert found.log_likelihood == pytest.approx(float(exact), rel=1e-15)
    assert found.log_likelihood == pytest.approx(-6.3246515619844, rel=1e-14)
    assert found.divergence == pytest.approx(float(divergence), rel=1e-14)
    assert -10 * (found.entropy + found.divergence) == pytest.approx(found.log_likelihood, rel=1e-15)


@pytest.mark.parametrize(
    ("data", "family"),
    [
        ([0, 1, 1, 4, 9], "poisson"),
        ([0, 1, 1, 4, 9], "geometric"),
        (list("abracadabra"), "categorical"),
        (list("abracadabra"), "markovchain"),
        ([[1, 2, 0], [0, 3, 0], [2, 0, 1]], "multinomial"),
    ],
)
def test_the_identity_holds_for_masses(data, family):
    found = fit(data, family)
    assert -found.n * (found.entropy + found.divergence) == pytest.approx(found.log_likelihood, rel=1e-14)
    assert found.divergence >= 0
    assert found.cross_entropy == pytest.approx(found.entropy + found.divergence)


def test_divergence_from_points_to_a_density_is_infinite():
    found = fit([0.1, 0.5, 2.0], "normal")
    assert math.isinf(found.divergence)
    assert found.entropy is None
    assert found.cross_entropy == pytest.approx(-stats.norm(*fit_pair(found)).logpdf([0.1, 0.5, 2.0]).mean())


def fit_pair(found):
    return found.parameters["loc"], found.parameters["scale"]


@pytest.mark.parametrize(("ones", "low", "high"), [(0, 0.0, 1 - 0.05 ** (1 / 8)), (8, 0.05 ** (1 / 8), 1.0)])
def test_boundary_counts(ones, low, high):
    found = fit({1: ones, 0: 8 - ones}, "bernoulli")
    assert found.parameters["probs"] == ones / 8
    assert found.stderr == {"probs": 0.0}
    assert found.intervals["probs"] == pytest.approx((low, high), rel=1e-12)
    assert found.log_likelihood == 0.0
    assert any("edge" in note for note in found.notes)
    assert "nan" not in str(found)


def test_boundaries_of_counts():
    none = fit([0, 0, 0, 0], "poisson")
    assert none.intervals["rate"] == pytest.approx((0.0, -math.log(0.05) / 4), rel=1e-12)
    sure = fit([0, 0, 0, 0], "geometric")
    assert sure.intervals["probs"] == pytest.approx((0.05 ** (1 / 4), 1.0), rel=1e-12)


def test_interval_of_a_share_is_that_of_scipy():
    found = fit({1: 7, 0: 13}, "bernoulli", confidence=0.9)
    exact = stats.binomtest(7, 20).proportion_ci(0.9, "exact")
    assert found.intervals["probs"] == pytest.approx((exact.low, exact.high), rel=1e-12)


def test_interval_of_a_uniform_end_covers_as_often_as_it_says():
    rng = np.random.default_rng(3)
    ends = [fit(rng.random(6), "uniform", confidence=0.9).intervals["high"] for _ in range(2000)]
    covered = np.mean([low <= 1.0 <= high for low, high in ends])
    # Four standard errors of 2,000 draws; fails by chance once in 16,000 runs.
    assert abs(covered - 0.9) < 4 * math.sqrt(0.09 / 2000)


def test_interval_of_a_pareto_scale_covers_as_often_as_it_says():
    rng = np.random.default_rng(4)
    ends = [fit(1.0 + rng.pareto(2.0, 6), "pareto", confidence=0.9).intervals for _ in range(600)]
    for name, true in (("scale", 1.0), ("alpha", 2.0)):
        covered = np.mean([one[name][0] <= true <= one[name][1] for one in ends])
        assert abs(covered - 0.9) < 4 * math.sqrt(0.09 / 600)


def test_standard_errors_are_the_spread_of_fits():
    rng = np.random.default_rng(6)
    fits = [fit(rng.gamma(2.0, 1.0, 400), "gamma") for _ in range(150)]
    for name in ("concentration", "rate"):
        spread = np.std([one.parameters[name] for one in fits])
        # A standard deviation from 150 draws is known to 6 %; four of these.
        assert np.mean([one.stderr[name] for one in fits]) == pytest.approx(spread, rel=0.24)


def test_covariance_of_a_normal_law_in_the_order_of_the_record():
    x = np.random.default_rng(1).multivariate_normal([1, 2], [[2, 0.5], [0.5, 1]], 500)
    found = fit(x, "multivariatenormal")
    s = np.cov(x.T, bias=True)
    assert found.coordinates[2:] == ("covariance_matrix[0,0]", "covariance_matrix[1,0]", "covariance_matrix[1,1]")
    assert found.covariance[:2, :2] == pytest.approx(s / 500, rel=1e-10)
    variances = 2 * s[0, 0] ** 2, s[0, 0] * s[1, 1] + s[0, 1] ** 2, 2 * s[1, 1] ** 2
    assert np.diag(found.covariance)[2:] == pytest.approx(np.array(variances) / 500, rel=1e-10)


def test_criteria():
    found = fit([1.0, 2.0, 4.0, 8.0, 9.0], "normal")
    height = found.log_likelihood
    assert found.k == 2
    assert found.aic == pytest.approx(4 - 2 * height)
    assert found.aicc == pytest.approx(4 - 2 * height + 2 * 2 * 3 / (5 - 2 - 1))
    assert found.bic == pytest.approx(2 * math.log(5) - 2 * height)


def test_takeuchi_of_a_normal_law_is_by_its_kurtosis():
    x = np.random.default_rng(2).exponential(1.0, 300)
    found = fit(x, "normal")
    z = (x - x.mean()) / x.std()
    # J I⁻¹ has the diagonal 1 and (E z⁴ - 1)/2.
    assert found.takeuchi == pytest.approx(1 + (np.mean(z**4) - 1) / 2, rel=1e-8)


def test_takeuchi_of_a_poisson_law_is_its_dispersion():
    x = np.random.default_rng(2).negative_binomial(2, 0.3, 300)
    assert fit(x, "poisson").takeuchi == pytest.approx(x.var() / x.mean(), rel=1e-8)


@pytest.mark.parametrize(
    ("data", "family", "words"),
    [
        ([3.0, 3.0, 3.0], "normal", "all values are the same"),
        ([0.0, 0.0], "exponential", "all values are 0"),
        ([2, 3, 3, 4], "negativebinomial", "Poisson limit"),
        ([0, 5, 0, 9], "binomial", "Poisson limit"),
        ([1, 1, 1], "zeta", "all values are 1"),
        (np.linspace(0, 1, 200), "studentt", "normal limit"),
        ([1.0] * 6 + [0.0, 2.0, 3.0], "cauchy", "without bound"),
        (np.linspace(0.01, 1, 50) ** 3, "truncatednormal", "scale goes to infinity"),
        ([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]], "multivariatenormal", "lie in a plane"),
        ([1.0, 2.0, 3.0], "pointmass", "more than one value"),
        ([[1, 2], [0, 2]], "multinomial", "different totals"),
    ],
)
def test_samples_without_a_maximum_say_which_limit(data, family, words):
    with pytest.raises(InputError, match=words):
        fit(data, family)


@pytest.mark.parametrize(
    ("data", "family", "options", "words"),
    [
        ([1.0, -2.0], "gamma", {}, r"x\[1\] = -2.0 .* numbers above 0"),
        ([1, 2.5], "poisson", {}, r"x\[1\] = 2.5 .* whole numbers"),
        ([0.2, 1.2], "beta", {}, "above 0 and below 1"),
        ([1.0, np.inf], "normal", {}, "finite"),
        ([1.0, np.nan, 2.0], "normal", {}, "1 missing values .* index 1"),
        ([np.nan, np.nan], "normal", {"nan_policy": "omit"}, "all 2 values"),
        ([], "normal", {}, "empty"),
        ([[1.0, 2.0]], "normal", {}, "shape"),
        (["a", "b"], "normal", {}, "text"),
        ([1.0, 2.0], "normall", {}, "is no family"),
        ([1.0, 2.0], 3, {}, "is no family"),
        ([1.0, 2.0], "normal", {"weights": [1.0]}, "weights have shape"),
        ([1.0, 2.0], "normal", {"weights": [1.0, -1.0]}, r"weights\[1\]"),
        ([1.0, 2.0], "normal", {"weights": [0.0, 0.0]}, "all weights are 0"),
        ([1.0, 2.0], "normal", {"counts": [1.0, 1.5]}, "whole numbers"),
        ([1.0, 2.0], "normal", {"counts": [1, 1], "weights": [1, 1]}, "together"),
        ([1.0, 2.0], "normal", {"fixed": {"mu": 0.0}}, "'mu'"),
        ([1.0, 2.0], "normal", {"fixed": {"loc": "a"}}, "numbers"),
        ([1.0, 2.0], "normal", {"nan_policy": "skip"}, "nan_policy"),
        ([1.0, 2.0], "normal", {"weighting": "robust"}, "weighting"),
        ([1.0, 2.0], "normal", {"confidence": 95}, "confidence"),
        ([1.0, 2.0], "normal", {"column": "x"}, "no columns"),
        ([1.0, 2.0, 3.0, 4.0], "mixture", {}, "components"),
        ([1.0, 2.0, 3.0], "mixture", {"components": 2}, "distinct"),
        ([1, 5], "betabinomial", {}, "total_count"),
        ([1, 5], "binomial", {"fixed": {"total_count": 4}}, "total_count"),
        ([1, 5], "hypergeometric", {}, "Give the other two"),
        ([0.5, 3.0], "pareto", {"fixed": {"scale": 1.0}}, "impossible"),
        ([0], "markovchain", {}, "no step"),
    ],
)
def test_bad_input_has_one_clear_error(data, family, options, words):
    with pytest.raises(InputError, match=words):
        fit(data, family, **options)


def test_ends_that_are_fixed_must_hold_the_data():
    with pytest.raises(InputError, match="impossible"):
        fit([0.5, 3.0], "uniform", fixed={"high": 2.0})


def test_what_is_fixed_stays_and_does_not_count():
    x = np.random.default_rng(0).gamma(2.0, 3.0, 50)
    found = fit(x, "gamma", fixed={"rate": 0.4})
    with mp.workdps(25):
        level = mp.fsum(map(mp.log, x)) / 50 + mp.log(mp.mpf("0.4"))
        exact = mp.findroot(lambda a: mp.digamma(a) - level, 2.0)
    assert found.parameters == {"concentration": pytest.approx(float(exact), rel=1e-10), "rate": 0.4}
    assert found.k == 1
    assert found.coordinates == ("concentration",)
    assert fit(x, "normal", fixed={"loc": 1.0}).parameters["scale"] == pytest.approx(np.sqrt(np.mean((x - 1) ** 2)))
    assert fit(x, "laplace", fixed={"scale": 2.0}).parameters["loc"] == np.median(x)
    assert fit(x, "normal", fixed={"loc": 1.0, "scale": 2.0}).k == 0


def test_data_in_every_form(require):
    pd, pl = require("pandas"), require("polars")
    x = [0, 1, 1, 2, 2, 2, 5]
    frame = pd.DataFrame({"a": x, "b": range(7)})
    expected = fit(x, "negativebinomial").parameters
    forms = [
        np.array(x),
        tuple(x),
        frame["a"],
        frame["a"].value_counts(),
        pl.Series("a", x),
        {0: 1, 1: 2, 2: 3, 5: 1},
        frame[["a"]],
        np.array(x)[:, None],
    ]
    for form in forms:
        assert fit(form, "negativebinomial").parameters == pytest.approx(expected, rel=1e-13)
    assert fit(frame, "negativebinomial", column="a").parameters == pytest.approx(expected)
    with pytest.raises(InputError, match="Say which one"):
        fit(frame, "negativebinomial")
    with pytest.raises(InputError, match="no column"):
        fit(frame, "normal", column="c")


def test_missing_values_can_be_left_out(require):
    pl = require("polars")
    found = fit(pl.Series([1.0, None, 3.0]), "normal", nan_policy="omit")
    assert found.n == 2
    assert any("1 missing" in note for note in found.notes)
    labels = fit(["a", None, "b"], "categorical", nan_policy="omit")
    assert labels.labels == ("a", "b")


def test_weights_as_frequencies_and_as_importance():
    x, w = [1.0, 2.0, 4.0], [0.2, 0.2, 0.6]
    often, rather = fit(x, "normal", weights=w), fit(x, "normal", weights=w, weighting="importance")
    assert often.parameters["loc"] == pytest.approx(3.0)
    assert often.parameters == pytest.approx(rather.parameters)
    assert often.n == pytest.approx(1.0)
    assert rather.n == pytest.approx(1 / (0.04 + 0.04 + 0.36))


def test_other_libraries_as_data_and_as_family(require):
    torch = require("torch")
    x = torch.tensor([1.0, 2.0, 4.0], dtype=torch.float64)
    assert fit(x, torch.distributions.Normal(0.0, 1.0)).parameters["loc"] == pytest.approx(7 / 3)
    assert fit([1.0, 2.0, 4.0], stats.gamma(2.0)).family == "Gamma"


def test_the_input_is_not_changed():
    x, w = np.array([3.0, np.nan, 1.0]), np.array([1.0, 1.0, 2.0])
    fit(x, "gamma", weights=w, nan_policy="omit")
    assert x[0] == 3.0
    assert w.tolist() == [1.0, 1.0, 2.0]


def test_record_as_plain_values_and_picture(require):
    require("matplotlib")
    found = fit([0, 0, 1, 5], "poisson")
    assert isinstance(found, Fit)
    record = found.to_dict()
    assert record["parameters"] == {"rate": 1.5}
    assert record["divergence"] == found.divergence
    assert found.plot().axes[0].get_ylabel() == "probability"
    assert fit([0.1, 0.5, 2.0], "uniform").to_dict()["stderr"] == {"low": None, "high": None}
    assert "density" in fit([0.1, 0.5, 2.0], "normal").plot().axes[0].get_ylabel()
    with pytest.raises(InputError, match="Pictures"):
        fit(list("abca"), "markovchain").plot()


def test_goodness_covers_the_truth():
    x = np.random.default_rng(8).normal(size=2000)
    low, high = fit(x, "laplace").goodness().interval
    # D(N(0,1)‖Laplace(0, b)) with the best b = √(2/π): log 2b + 1 - ½ log 2πe.
    exact = math.log(2 * math.sqrt(2 / math.pi)) + 1 - 0.5 * math.log(2 * math.pi * math.e)
    assert low < exact < high


def test_goodness_of_counts_is_that_of_rows():
    x = np.round(np.random.default_rng(9).normal(0.0, 5.0, 3000))
    values, times = np.unique(x, return_counts=True)
    for found in (fit(np.sort(x), "normal"), fit(values, "normal", counts=times)):
        low, high = found.goodness().interval
        assert low < 0.0 < high < 0.06


def test_template_gives_trials_limits_and_outcomes():
    assert fit([1, 2, 2], laws.Binomial(4, 0.5)).parameters == {"total_count": 4.0, "probs": 5 / 12}
    assert fit([0, 1, 1], laws.Categorical([1, 1, 1, 1])).parameters["probs"].tolist() == [1 / 3, 2 / 3, 0, 0]
    diagonal = fit(np.random.default_rng(0).normal(size=(20, 2)), laws.MultivariateNormal([0, 0], scale_diag=[1, 1]))
    assert diagonal.k == 4
