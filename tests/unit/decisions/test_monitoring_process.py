import itertools

import mpmath
import numpy as np
import pytest
from scipy import optimize, stats
from scipy.special import xlogy

from kullback.decisions.monitoring import Watch, watch
from kullback.decisions.monitoring._process import PARTS, SCALES, Null, _log_null, log_evidence


def compositions(total, cells):
    if cells == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in compositions(total - first, cells - 1):
            yield (first, *rest)


@pytest.mark.parametrize("probs", [[0.2, 0.8], [0.5, 0.3, 0.2], [1e-6, 0.4, 0.3, 0.3 - 1e-6]])
@pytest.mark.parametrize("ordered", [False, True])
def test_expectation_against_a_known_law_is_one(probs, ordered):
    counts = np.array(list(compositions(6, len(probs))))
    chance = stats.multinomial.pmf(counts, 6, probs)
    evidence = np.exp(log_evidence(counts, Null.known(probs, ordered=ordered)))
    assert np.sum(chance * evidence) == pytest.approx(1.0, rel=1e-9)


def test_restarts_keep_the_expectation():
    probs, total = np.array([0.3, 0.7]), 0.0
    for rows in itertools.product((0, 1), repeat=7):
        monitor = watch(probs)
        for row in rows:
            found = monitor.update([row])
        total += np.prod(probs[list(rows)]) * found.e_value
    assert total == pytest.approx(1.0, rel=1e-9)


def optimally_stopped(size, horizon, p):
    """The largest expectation that any stopping rule gets out of the e-process under one law, by going backward."""
    total = 0.0
    for hits in range(size + 1):
        null = Null.sampled([hits, size - hits])
        value = np.exp(log_evidence([[k, horizon - k] for k in range(horizon + 1)], null))
        for rows in range(horizon - 1, -1, -1):
            now = np.exp(log_evidence([[k, rows - k] for k in range(rows + 1)], null))
            value = np.maximum(now, p * value[1:] + (1 - p) * value[:-1])
        total += stats.binom.pmf(hits, size, p) * value[0]
    return total


@pytest.mark.parametrize("size", [1, 4, 9])
@pytest.mark.parametrize("p", [0.001, 0.05, 0.2, 0.5])
def test_no_stopping_rule_gains_against_a_sample(size, p):
    assert optimally_stopped(size, 30, p) <= 1.0


def test_expectation_against_a_sample_of_three_cells():
    samples, streams = np.array(list(compositions(8, 3))), np.array(list(compositions(7, 3)))
    for probs in ([0.6, 0.3, 0.1], [0.98, 0.01, 0.01], [1 / 3] * 3):
        by_sample = [
            np.sum(stats.multinomial.pmf(streams, 7, probs) * np.exp(log_evidence(streams, Null.sampled(m))))
            for m in samples
        ]
        assert np.sum(stats.multinomial.pmf(samples, 8, probs) * by_sample) <= 1.0


@pytest.mark.parametrize(("cells", "size"), [(2, 1), (2, 60), (3, 15), (4, 8)])
def test_bound_of_agrawal(cells, size):
    counts = np.array(list(compositions(size, cells)))
    rng = np.random.default_rng(0)
    for probs in (*rng.dirichlet(np.full(cells, 0.5), 30), np.full(cells, 1 / cells)):
        divergence = (xlogy(counts, counts / size) - xlogy(counts, probs)).sum(axis=1)
        for part in PARTS:
            mean = np.sum(stats.multinomial.pmf(counts, size, probs) * np.exp(part * divergence))
            assert mean <= (1 - part) ** (1 - cells)


def test_infimum_over_laws_is_found():
    n, m = np.array([3.0, 9.0]), np.array([20.0, 5.0])

    def factor(q, part):
        law = np.array([q, 1 - q])
        divergence = (xlogy(m, m / m.sum()) - xlogy(m, law)).sum()
        return np.log1p(-part) + part * divergence - xlogy(n, law).sum()

    lowest = [optimize.minimize_scalar(factor, (1e-3, 0.3, 1 - 1e-3), args=(part,), tol=1e-12).fun for part in PARTS]
    assert _log_null(n, m) == pytest.approx(np.log(np.mean(np.exp(lowest))), rel=1e-9)


def test_code_is_the_integral_it_stands_for():
    q, hits, rows = mpmath.mpf("0.25"), 7, 12

    def mixed(a, b):
        density = lambda t: t ** (a + hits - 1) * (1 - t) ** (b + rows - hits - 1)  # noqa: E731
        return mpmath.quad(density, mpmath.linspace(0, 1, 41)) / mpmath.beta(a, b)

    sides = [(0.5, 0.5), *((q / (2 * mpmath.mpf(s)), (1 - q) / (2 * mpmath.mpf(s))) for s in SCALES)]
    codes = mpmath.fsum(mixed(a, b) for a, b in sides) / len(sides)
    truth = mpmath.log(codes / (q**hits * (1 - q) ** (rows - hits)))
    assert log_evidence([hits, rows - hits], Null.known([0.25, 0.75])) == pytest.approx(float(truth), rel=1e-9)


@pytest.mark.parametrize("ordered", [False, True])
def test_evidence_grows_by_the_divergence_per_row(ordered):
    p, q = np.array([0.3, 0.5, 0.2]), np.array([0.2, 0.5, 0.3])
    rows = 1_000_000
    growth = log_evidence(p * rows, Null.known(q, ordered=ordered)) / rows
    assert growth == pytest.approx(np.sum(p * np.log(p / q)), rel=1e-3)


def test_evidence_of_a_sample_is_bounded_by_what_it_knows():
    # With ever more rows of the stream only D(reference‖current) times the rows of the reference is left.
    reference, current = np.array([200.0, 800.0]), np.array([0.5, 0.5])
    most = (reference * np.log(reference / 1000 / current)).sum()
    found = [float(log_evidence(current * rows, Null.sampled(reference))) for rows in (1e3, 1e5, 1e7)]
    assert found[0] < found[1]
    assert all(value < most for value in found)


def test_what_a_law_rules_out_is_infinite_evidence():
    assert log_evidence([5, 1, 1], Null.known([0.5, 0.5, 0.0])) == np.inf
    assert np.isfinite(log_evidence([5, 1, 0], Null.known([0.5, 0.5, 0.0])))


@pytest.mark.parametrize("reference", [[0.5, 0.5], ["a", "b", "b"] * 10])
def test_state_goes_on_where_it_stopped(reference):
    import json  # noqa: PLC0415 - of this test alone

    first = watch(reference)
    rows = ["a", "b"] * 5 if isinstance(reference[0], str) else [0, 1, 1]
    for _ in range(70):
        first.update(rows)
    second = Watch.from_dict(json.loads(json.dumps(first.to_dict())))
    assert second.evidence.value == first.evidence.value
    assert second.update(rows).value == first.update(rows).value
    assert second.to_dict() == first.to_dict()
