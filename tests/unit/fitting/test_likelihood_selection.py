"""Criteria against statsmodels and arithmetic, and what a selection says."""

import math

import numpy as np
import pytest
from scipy import stats
from scipy.special import ndtr

from kullback import InputError
from kullback.fitting.likelihood import fit, select, select_from_likelihoods

X = np.random.default_rng(0).gamma(3.0, 1.0, 200)


@pytest.fixture
def regression(require):
    """Two least-squares fits of statsmodels, which counts coefficients and not σ."""
    linear = require("statsmodels.regression.linear_model")
    rng = np.random.default_rng(1)
    u = rng.normal(size=40)
    y = 1 + 2 * u + rng.normal(size=40)
    return linear.OLS(y, np.column_stack([np.ones(40), u])).fit(), linear.OLS(y, np.ones((40, 1))).fit()


@pytest.mark.parametrize("criterion", ["aic", "bic"])
def test_least_squares_as_statsmodels_without_sigma(regression, criterion):
    names, heights = ["line", "mean"], [one.llf for one in regression]
    found = select_from_likelihoods(heights, [3, 2], 40, names=names, criterion=criterion, count_scale=False)
    for name, one in zip(names, regression, strict=True):
        assert found[name].value(criterion) == pytest.approx(getattr(one, criterion), rel=1e-12)


def test_least_squares_with_sigma_is_two_more_each(regression):
    found = select_from_likelihoods([one.llf for one in regression], [3, 2], 40)
    assert found["model 0"].aic == pytest.approx(regression[0].aic + 2, rel=1e-12)
    assert found["model 0"].bic == pytest.approx(regression[0].bic + math.log(40), rel=1e-12)
    # Both count one more, so the difference is the same.
    assert found["model 1"].delta == pytest.approx(regression[1].aic - regression[0].aic, rel=1e-12)


def test_sigma_of_a_fit_counts_unless_told(require):
    linear = require("statsmodels.regression.linear_model")
    other = linear.OLS(X, np.ones_like(X)).fit()
    assert fit(X, "normal").log_likelihood == pytest.approx(other.llf, rel=1e-12)
    assert select(X, ["normal"], count_scale=False)["Normal"].aic == pytest.approx(other.aic, rel=1e-12)
    assert select(X, ["normal"])["Normal"].aic == pytest.approx(other.aic + 2, rel=1e-12)


def test_counts_as_statsmodels(require):
    discrete = require("statsmodels.discrete.discrete_model")
    x = np.random.default_rng(2).negative_binomial(2, 0.4, 150)
    one = np.ones((150, 1))
    found = select(x, ["poisson", "negativebinomial"])
    poisson = discrete.Poisson(x, one).fit(disp=0)
    assert found["Poisson"].aic == pytest.approx(poisson.aic, rel=1e-10)
    assert found["Poisson"].bic == pytest.approx(poisson.bic, rel=1e-10)
    negative = discrete.NegativeBinomial(x, one).fit(disp=0, maxiter=500)
    assert found["NegativeBinomial"].log_likelihood == pytest.approx(negative.llf, rel=1e-9)
    assert found["NegativeBinomial"].aic == pytest.approx(negative.aic, rel=1e-8)


def test_corrected_criterion_as_statsmodels(require):
    tools = require("statsmodels.tools.eval_measures")
    found = select(X[:20], ["gamma", "normal"], criterion="aicc")
    for one in found.candidates:
        assert one.aicc == pytest.approx(tools.aicc(one.log_likelihood, 20, one.k), rel=1e-12)


def test_weights_and_ratios_by_hand():
    found = select_from_likelihoods({"a": -10.0, "b": -10.5, "c": -14.0}, {"a": 2, "b": 1, "c": 1}, 50)
    # AIC 24, 23, 30: the shares are exp(-½), 1 and exp(-7/2) over their sum.
    parts = {"a": math.exp(-0.5), "b": 1.0, "c": math.exp(-3.5)}
    assert found.best.name == "b"
    assert found.weights == pytest.approx({name: part / sum(parts.values()) for name, part in parts.items()})
    assert sum(found.weights.values()) == pytest.approx(1.0)
    assert found.evidence_ratio("b", "c") == pytest.approx(math.exp(3.5))


def test_differences_of_divergence_are_those_of_log_likelihood():
    found = select(X, ["gamma", "normal", "cauchy"])
    one, other = found["gamma"], found["cauchy"]
    assert other.divergence - one.divergence == pytest.approx((one.log_likelihood - other.log_likelihood) / 200)


def test_masses_have_their_exact_divergence():
    found = select([0, 0, 1, 2, 5], ["poisson", "geometric"])
    for name in ("poisson", "geometric"):
        assert found[name].divergence == fit([0, 0, 1, 2, 5], name).divergence


def test_bad_best_model_is_seen():
    rng = np.random.default_rng(3)
    two = np.concatenate([rng.normal(-6, 0.5, 300), rng.normal(6, 0.5, 300)])
    found = select(two, ["normal", "laplace", "logistic"])
    assert found.best.weight > 0.5
    assert found.best.divergence > 0.5


@pytest.mark.slow
def test_aic_estimates_the_expected_divergence_up_to_a_constant():
    """The mean of AIC/2 less that of -n E log q(fit) is 0, not for one sample but on average."""
    rng = np.random.default_rng(4)
    gaps = []
    for _ in range(2000):
        x = rng.normal(size=50)
        one = fit(x, "normal")
        loc, scale = one.parameters["loc"], one.parameters["scale"]
        expected = 50 * (0.5 * (1 + loc**2) / scale**2 + math.log(scale) + 0.5 * math.log(2 * math.pi))
        gaps.append(one.aicc / 2 - expected)
    # AICc is exact for a normal law; four standard errors, by chance once in 16,000 runs.
    assert abs(np.mean(gaps)) < 4 * np.std(gaps) / math.sqrt(2000)


def test_least_aic_is_not_the_closest_to_the_truth():
    """A law that is nearer in expectation by one parameter's price may be farther: D of each fit from the truth."""
    rng = np.random.default_rng(5)
    points, wrong = stats.gamma(1.15).ppf((np.arange(400) + 0.5) / 400), 0
    for _ in range(100):
        x = rng.gamma(1.15, 1.0, 40)
        fits = {name: fit(x, name) for name in ("exponential", "gamma")}
        best = select_from_likelihoods(
            {name: one.log_likelihood for name, one in fits.items()}, {"exponential": 1, "gamma": 2}, 40
        ).best
        heights = {name: one.log_prob(points).mean() for name, one in fits.items()}
        wrong += best.name != max(heights, key=heights.get)
    assert wrong > 10  # of 100


def test_all_takes_what_can_have_the_data():
    continuous = select(X, "all")
    assert continuous.best.name in {"Gamma", "Weibull", "Moyal", "Nakagami", "LogNormal", "Gumbel"}
    assert "Beta" in continuous.skipped
    assert "Poisson" not in continuous.weights
    counts = select([0, 1, 1, 2, 5, 7], "all")
    assert {"Poisson", "Geometric"} <= set(counts.weights)
    assert "Normal" not in counts.weights
    assert select(list("abca"), "all").best.name == "Categorical"


def test_whole_numbers_far_apart_are_measures_too():
    # Rounded to units, of which a standard deviation holds 40: the density is the probability of the unit.
    whole = np.rint(np.random.default_rng(8).normal(500, 40, 400))
    found = select(whole, "all")
    assert {"Normal", "Gamma", "NegativeBinomial", "Poisson"} <= set(found.weights)
    assert any("probability of the unit" in note for note in found.notes)
    normal = found["normal"].fit
    cells = ndtr((whole + 0.5 - normal.law.loc) / normal.law.scale) - ndtr(
        (whole - 0.5 - normal.law.loc) / normal.law.scale
    )
    assert normal.log_likelihood == pytest.approx(float(np.log(cells).sum()), abs=0.05)
    assert found.plot() is not None


def test_fits_by_hand_can_be_ranked():
    mixed = fit(X, "mixture", components=2, starts=3)
    found = select(X, ["gamma", mixed])
    assert "Mixture of 2 Normal" in found.weights
    again = select([fit(X, "gamma"), mixed])
    assert again.weights == found.weights
    fixed = select([fit(X, "gamma"), fit(X, "gamma", fixed={"rate": 1.0})])
    assert "Gamma with rate given" in fixed.weights


def test_takeuchi_leaves_out_what_has_no_penalty():
    found = select(X, ["gamma", "uniform"], criterion="tic")
    assert list(found.weights) == ["Gamma"]
    assert "Uniform" in found.skipped


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        ((X, ["gamma"]), {"criterion": "dic"}, "criterion"),
        ((X, []), {}, "families"),
        ((X, 3), {}, "families"),
        ((X,), {}, "no families"),
        ((X, ["poisson"]), {}, "no family can be fitted"),
        (([1, 2, 4], ["poisson", "normal"]), {}, "one has masses"),
        (([0.1, 0.5, 0.7], ["gamma"]), {"criterion": "aicc"}, "AICC is not finite"),
    ],
)
def test_bad_input_has_one_clear_error(arguments, options, words):
    with pytest.raises(InputError, match=words):
        select(*arguments, **options)


def test_fits_of_different_observations_are_refused():
    with pytest.raises(InputError, match="Jacobian"):
        select([fit(X, "lognormal"), fit(np.log(X), "normal")])


def test_log_scale_needs_its_jacobian():
    on_log = fit(np.log(X), "normal").log_likelihood - np.log(X).sum()
    assert on_log == pytest.approx(fit(X, "lognormal").log_likelihood, rel=1e-12)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([-1.0], [1, 2], 10), "1 log likelihoods, 2 numbers"),
        (([], [], 10), "0 log likelihoods"),
        (([math.nan], [1], 10), "not finite"),
        (([-1.0], [1], 0), "positive n"),
        ((["a"], [1], 10), "list of numbers"),
        (({"a": -1.0}, {"b": 1}, 10), "lacks 'a'"),
    ],
)
def test_bad_likelihoods_have_one_clear_error(arguments, words):
    with pytest.raises(InputError, match=words):
        select_from_likelihoods(*arguments)


def test_record_as_plain_values_text_and_picture(require):
    require("matplotlib")
    found = select(X, ["gamma", "normal"])
    record = found.to_dict()
    assert record["candidates"][0]["parameters"] == found.best.fit.to_dict()["parameters"]
    assert "not chances of truth" in str(found)
    assert "D(truth‖model)" in str(found)
    assert len(found.plot().axes) == 2
    assert len(select_from_likelihoods([-1.0, -2.0], [1, 1], 9).plot().axes) == 1
    with pytest.raises(InputError, match="no model"):
        found["poisson"]


def test_models_are_found_in_any_spelling():
    found = select([1.2, 0.7, 3.4, 2.2, 5.1], ["normal", "log_normal"])
    assert found.weights["normal"] == found["NORMAL"].weight
    assert found.weights["log-normal"] == found.weights["LogNormal"]
    with pytest.raises(InputError, match="no model 'gamma'"):
        found.weights["gamma"]
