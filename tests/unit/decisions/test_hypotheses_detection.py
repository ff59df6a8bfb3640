import itertools
import math

import numpy as np
import pytest
from scipy import integrate, stats

from kullback._core import InputError
from kullback.decisions.hypotheses import bit_error_rate, estimate_separation, signal_detection


def test_worked_number_of_the_divergence():
    """N(0, 1.5²) against N(2, 1.5²): 0.888888888888889 nats, both ways (fact S063)."""
    found = signal_detection(2.0, 1.5)
    assert found.value == pytest.approx(0.888888888888889, abs=1e-15)
    assert found.reverse == found.value
    assert found.stein == found.value


@pytest.mark.parametrize("factor", [2.0, 3.0])
def test_square_of_the_mean_over_the_variance_of_the_noise(factor):
    """Fact S064: twice the mean is four times the divergence, twice the variance is half of it."""
    base = signal_detection(1.0, 1.0).value
    assert signal_detection(factor, 1.0).value == pytest.approx(factor**2 * base, rel=1e-15)
    assert signal_detection(1.0, math.sqrt(factor)).value == pytest.approx(base / factor, rel=1e-14)


@pytest.mark.parametrize(("mean", "scale", "n"), [(1.0, 1.0, 1), (2.0, 1.5, 4), (-0.5, 2.0, 9)])
def test_textbook_figures(mean, scale, n):
    found = signal_detection(mean, scale, n=n)
    d = math.sqrt(n) * abs(mean) / scale
    assert found.separation == pytest.approx(d, rel=1e-15)
    assert found.decibels == pytest.approx(20 * math.log10(d), abs=1e-12)
    assert found.errors().risk == pytest.approx(stats.norm.sf(d / 2), rel=1e-14)
    assert found.auc == pytest.approx(stats.norm.cdf(d / math.sqrt(2)), rel=1e-14)
    assert float(found.chernoff) == pytest.approx(n * mean**2 / (8 * scale**2), rel=1e-14)


def test_errors_far_in_the_tail():
    found = signal_detection(60.0).errors()
    assert found.risk == pytest.approx(stats.norm.sf(30.0), rel=1e-13)
    assert found.risk < 1e-190


@pytest.mark.parametrize("prior", [0.1, 0.5, 0.9])
def test_best_threshold_has_least_risk(prior):
    detector = signal_detection(1.0, 1.0, n=2)
    best = detector.errors(prior=prior, costs=(1.0, 3.0))
    others = [detector.errors(best.threshold + step, prior=prior, costs=(1.0, 3.0)).risk for step in (-0.1, 0.1)]
    assert best.risk < min(others)


@pytest.mark.parametrize(("mean", "scale", "signal_scale"), [(1.0, 1.0, 2.0), (1.0, 2.0, 1.0), (0.0, 1.0, 3.0)])
@pytest.mark.parametrize("threshold", [-0.5, 0.0, 0.7])
def test_quadratic_detector_by_quadrature(mean, scale, signal_scale, threshold):
    noise, signal = stats.norm(0, scale), stats.norm(mean, signal_scale)

    def above(law):
        x = np.linspace(-30, 30, 2_000_001)
        declared = signal.logpdf(x) - noise.logpdf(x) > threshold
        return float(integrate.trapezoid(np.where(declared, law.pdf(x), 0.0), x))

    found = signal_detection(mean, scale, signal_scale=signal_scale).errors(threshold)
    # The trapezoid misses the two edges by half a step of 3e-5.
    assert found.false_alarm == pytest.approx(above(noise), abs=3e-5)
    assert found.miss == pytest.approx(1 - above(signal), abs=3e-5)


def test_area_of_the_quadratic_detector():
    """Scales alone differ: squares are compared, P(X²/4 > Y²) for normal X of scale 2 … = 2/π atan(2)."""
    found = signal_detection(0.0, 1.0, signal_scale=2.0)
    assert found.auc == pytest.approx(2 / math.pi * math.atan(2), abs=1e-7)
    assert signal_detection(0.0, 2.0, signal_scale=1.0).auc == pytest.approx(2 / math.pi * math.atan(2), abs=1e-7)


def test_many_looks_with_another_scale():
    """Ten looks of scale 1 or 2 about zero: chi-squared."""
    found = signal_detection(0.0, 1.0, signal_scale=2.0, n=10).errors(0.0)
    at = 10 * math.log(2) / (3 / 8)
    assert found.false_alarm == pytest.approx(stats.chi2.sf(at, 10), rel=1e-10)
    assert found.miss == pytest.approx(stats.chi2.cdf(at / 4, 10), rel=1e-10)


def test_no_signal_at_all():
    found = signal_detection(0.0)
    assert (found.value, found.auc, found.decibels) == (0.0, 0.5, -math.inf)
    assert found.errors().risk == 0.5


def test_curve_ends_in_its_corners():
    false, true = signal_detection(1.0, signal_scale=2.0).roc
    assert (false[0], true[0], false[-1], true[-1]) == (0.0, 0.0, 1.0, 1.0)
    assert (np.diff(false) >= 0).all()
    assert (true >= false - 1e-12).all()


@pytest.mark.parametrize("decibels", [-5.0, 0.0, 6.0, 12.0, 20.0])
def test_bits_through_noise(decibels):
    ratio = 10 ** (decibels / 10)
    assert bit_error_rate(decibels) == pytest.approx(stats.norm.sf(math.sqrt(2 * ratio)), rel=1e-13)
    for words in ("orthogonal", "on-off"):
        assert bit_error_rate(decibels, signalling=words) == pytest.approx(stats.norm.sf(math.sqrt(ratio)), rel=1e-13)


def test_antipodal_signals_are_a_detection_problem():
    amplitude = math.sqrt(2 * 10**0.3)
    assert bit_error_rate(3.0) == pytest.approx(signal_detection(2 * amplitude).errors().risk, rel=1e-13)


@pytest.mark.parametrize("times", [1, 3, 4, 7])
def test_majority_by_every_pattern(times):
    wrong = stats.norm.sf(math.sqrt(2.0))
    truth = 0.0
    for pattern in itertools.product((0, 1), repeat=times):
        lost = 1.0 if 2 * sum(pattern) > times else 0.5 if 2 * sum(pattern) == times else 0.0
        truth += lost * wrong ** sum(pattern) * (1 - wrong) ** (times - sum(pattern))
    assert bit_error_rate(0.0, repetitions=times, decision="hard") == pytest.approx(truth, rel=1e-13)
    assert bit_error_rate(0.0, repetitions=times) == pytest.approx(stats.norm.sf(math.sqrt(2 * times)), rel=1e-13)


def test_error_rates_of_an_array():
    assert bit_error_rate([0.0, 3.0]).shape == (2,)
    assert bit_error_rate(-math.inf) == 0.5


@pytest.mark.parametrize("separation", [0.5, 1.5, 2.5])
def test_interval_of_d_prime_covers(separation):
    """Coverage over every outcome of 60 + 60 trials, by their exact chances."""
    hit, alarm = stats.norm.cdf(separation / 2), stats.norm.cdf(-separation / 2)
    hits, alarms = stats.binom.pmf(np.arange(61), 60, hit), stats.binom.pmf(np.arange(61), 60, alarm)
    covered = 0.0
    for h, f in itertools.product(np.flatnonzero(hits > 1e-4), np.flatnonzero(alarms > 1e-4)):
        low, high = estimate_separation(int(h), 60, int(f), 60).interval
        covered += hits[h] * alarms[f] * (low <= separation <= high)
    assert 0.935 < covered < 0.985


def test_d_prime_of_perfect_answers_is_finite_and_not_trusted():
    found = estimate_separation(50, 50, 0, 50)
    assert math.isfinite(found.value)
    assert not found.reliable
    assert estimate_separation(42, 50, 11, 50).value == pytest.approx(
        stats.norm.ppf(42.5 / 51) - stats.norm.ppf(11.5 / 51), rel=1e-12
    )


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: signal_detection(math.nan), "mean"),
        (lambda: signal_detection(1.0, 0.0), "scale"),
        (lambda: signal_detection(1.0, signal_scale=-1.0), "signal_scale"),
        (lambda: signal_detection(1.0, n=0), "n ="),
        (lambda: signal_detection(1.0).errors(prior=1.0), "prior"),
        (lambda: signal_detection(1.0).errors(costs=(0.0, 1.0)), "costs"),
        (lambda: signal_detection(1.0).errors("x"), "threshold"),
        (lambda: bit_error_rate(0.0, signalling="psk"), "psk"),
        (lambda: bit_error_rate(0.0, decision="maybe"), "maybe"),
        (lambda: bit_error_rate("x"), "decibels"),
        (lambda: bit_error_rate(math.nan), "NaN"),
        (lambda: bit_error_rate(0.0, repetitions=0), "repetitions"),
        (lambda: estimate_separation(51, 50, 1, 50), "hits"),
        (lambda: estimate_separation(5, 50, -1, 50), "false_alarms"),
    ],
)
def test_bad_input(call, words):
    with pytest.raises(InputError, match=words):
        call()


def test_picture(require):
    require("matplotlib")
    figure = signal_detection(2.0, 1.5).plot()
    assert [axis.get_ylabel() for axis in figure.axes] == ["density", "chance of a detection"]


def test_ratios_beyond_floats_are_refused():
    with pytest.raises(InputError, match="too far apart"):
        signal_detection(1e150, 1e-150)
    assert signal_detection(mean=1e-150, scale=1e100).decibels == pytest.approx(-5000.0)
