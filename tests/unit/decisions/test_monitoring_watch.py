import json
import math

import numpy as np
import pytest
from scipy import stats

import kullback as kl
from kullback import InputError
from kullback.decisions.monitoring import Watch, WatchColumns, watch


def chi_squared_alarm(counts, law):
    return stats.power_divergence(counts, law * counts.sum(), lambda_="log-likelihood").pvalue < 0.05


def test_daily_looks_raise_no_false_alarms_where_tests_do():
    # 30 calm streams; at a level of 20 % more than 12 false alarms have a chance of 1 %.
    law, rng = np.array([0.5, 0.3, 0.2]), np.random.default_rng(1)
    ours = theirs = 0
    for _ in range(30):
        monitor, flagged = watch(law, alpha=0.2), False
        for counts in rng.multinomial(40, law, size=60):
            monitor.update(counts=counts.tolist())
            flagged |= chi_squared_alarm(counts, law)
        ours += monitor.evidence.alarm
        theirs += flagged
    assert ours <= 12
    assert theirs >= 25


def test_sample_as_reference_raises_no_false_alarms():
    # The reference is small beside the stream: taken for its law, it would be refuted on every stream.
    rng, false, naive = np.random.default_rng(2), 0, 0
    for _ in range(15):
        reference = rng.normal(size=300)
        monitor = watch(reference, alpha=0.2, rng=rng)
        plain = watch(stats.norm(reference.mean() + 0.06, reference.std()), alpha=0.2, method="start")
        for _ in range(15):
            batch = rng.normal(size=800)
            monitor.update(batch)
            plain.update(batch)
        false += monitor.evidence.alarm
        naive += plain.evidence.alarm
    assert false <= 7  # chance of more at 20 %: 0.4 %
    assert naive > 7


def test_late_changes_are_found_by_restarts():
    rng = np.random.default_rng(3)
    delays = {}
    for method in ("start", "mixture", "detector"):
        monitor = watch([0.5, 0.5], method=method)
        for look in range(1, 161):
            p = 0.5 if look <= 100 else 0.62
            found = monitor.update(counts=rng.multinomial(50, [p, 1 - p]).tolist())
        delays[method] = found.alarm_look
        if method != "start":
            assert abs(found.change - 100) <= 8
    assert delays["mixture"] > 100
    assert delays["detector"] > 100
    assert delays["start"] is None or delays["start"] > delays["mixture"]


def test_detector_keeps_its_run_length():
    rng, lengths = np.random.default_rng(4), []
    for _ in range(30):
        monitor = watch([0.5, 0.5], method="detector", run_length=10)
        for look in range(1, 41):  # noqa: B007 - counts
            if monitor.update(counts=rng.multinomial(20, [0.5, 0.5]).tolist()).alarm:
                break
        lengths.append(look)
    assert np.mean(lengths) >= 10
    assert monitor.evidence.p_value is None


def test_unseen_values_have_cells_of_their_own():
    rng = np.random.default_rng(5)
    monitor = watch(rng.uniform(size=1000))
    names = monitor.cells.names
    counts = dict(zip(names, monitor.cells.count([-1.0, 2.0, 3.0, float("nan"), None, 0.5]).tolist(), strict=True))
    assert counts[names[0]] == 1
    assert counts[names[-2]] == 2
    assert counts["missing"] == 2
    assert sum(counts.values()) == 6
    letters = watch(list("aabbc") * 20)
    assert dict(zip(letters.cells.names, letters.cells.count(["a", "zzz", None]).tolist(), strict=True)) == {
        "a": 1, "b": 0, "c": 0, "other": 1, "missing": 1,
    }  # fmt: skip


def test_infinite_evidence_names_the_outcome():
    found = watch({"a": 0.5, "b": 0.5}).update(["a", "c"])
    assert found.value == found.e_value == math.inf
    assert found.alarm
    assert found.p_value == 0
    assert "'other' probability 0" in str(found)


def test_stretches_of_a_lattice():
    monitor = watch(stats.poisson(3.0))
    counts = monitor.cells.count(np.arange(40))
    truth = np.zeros(len(counts))
    for value in range(40):
        truth += monitor.cells.count([value]) * stats.poisson.pmf(value, 3.0)
    assert counts.sum() == 40
    np.testing.assert_allclose(monitor.null.probs, truth, atol=1e-9)


@pytest.mark.parametrize("kind", ["kullback", "scipy", "torch"])
def test_cells_of_a_density_hold_what_its_distribution_function_says(kind, require):
    laws = {
        "kullback": lambda: kl.families.Normal(1.0, 2.0),
        "scipy": lambda: stats.norm(1.0, 2.0),
        "torch": lambda: require("torch").distributions.Normal(1.0, 2.0),
    }
    monitor = watch(laws[kind]())
    truth = np.diff(stats.norm.cdf([-np.inf, *monitor.cells.edges, np.inf], 1.0, 2.0))
    np.testing.assert_allclose(monitor.null.probs, [*truth, 0.0], atol=1e-12)


def test_few_values_of_a_law_are_its_cells():
    monitor = watch(kl.families.Binomial(2, 0.3))
    assert monitor.cells.names == ("0", "1", "2", "other", "missing")
    np.testing.assert_allclose(monitor.null.probs, [0.49, 0.42, 0.09, 0, 0], atol=1e-14)


def test_divergence_since_the_change():
    monitor = watch([0.5, 0.5], method="start")
    found = monitor.update(counts=[30_000, 70_000])
    truth = 0.3 * math.log(0.6) + 0.7 * math.log(1.4)
    assert found.divergence == pytest.approx(truth - 1 / 200_000, rel=1e-12)
    assert found.growth == pytest.approx(truth, rel=1e-2)


def test_units_keep_one_row_each():
    monitor = watch([0.5, 0.5])
    rows, unit = np.repeat([0, 1, 1], 50), np.repeat(["x", "y", "z"], 50)
    assert monitor.update(rows, unit=unit).rows == 3


def test_dispersion_tells_of_rows_that_hang_together():
    rng = np.random.default_rng(6)
    calm, clumped = watch([0.5, 0.5]), watch([0.5, 0.5])
    for _ in range(60):
        calm.update(rng.integers(2, size=100))
        clumped.update(np.repeat(rng.integers(2, size=10), 10))
    assert calm.evidence.dispersion == pytest.approx(1.0, abs=0.6)
    assert clumped.evidence.dispersion == pytest.approx(10.0, abs=6.0)
    assert "hang together" in str(clumped.evidence)
    assert "assumes independent rows" in str(calm.evidence)


@pytest.mark.slow
def test_a_year_of_looks():
    # 200 calm streams looked at daily for a year: more than 18 false alarms at 5 % have a chance of 0.9 %.
    law, rng = np.array([0.4, 0.3, 0.2, 0.1]), np.random.default_rng(8)
    ours = theirs = 0
    for _ in range(200):
        monitor, flagged = watch(law), False
        for counts in rng.multinomial(100, law, size=365):
            monitor.add_counts(np.append(counts, [0, 0]))
            flagged |= chi_squared_alarm(counts, law)
        ours += monitor.evidence.alarm
        theirs += flagged
    assert ours <= 18
    assert theirs >= 195


@pytest.mark.parametrize("library", ["dict", "pandas", "polars"])
def test_many_columns(library, require):
    rng = np.random.default_rng(7)

    def table(shift):
        plain = {f"x{k}": rng.normal(shift if k == 0 else 0, 1, 400) for k in range(4)}
        plain["g"] = rng.choice(list("abc"), 400)
        return plain if library == "dict" else require(library).DataFrame(plain)

    monitor = watch(table(0.0))
    for _ in range(3):
        assert not monitor.update(table(0.0)).alarm
    for _ in range(10):
        found = monitor.update(table(0.6))
    assert found.alarm
    assert found.selected == ("x0",)
    mean = np.mean([math.exp(one.value) for one in found.columns.values()])
    assert math.exp(found.value) == pytest.approx(mean, rel=1e-9)
    again = WatchColumns.from_dict(json.loads(json.dumps(monitor.to_dict())))
    assert str(again) == str(monitor)


def test_e_bh_selects_by_rank():
    monitor = watch({name: list("ab") * 20 for name in "uvwx"}, alpha=0.1)
    levels = {"u": 50.0, "v": 21.0, "w": 12.0, "x": 1.0}  # thresholds 4 / 0.1 k: 40, 20, 13.3, 10
    monitor.history = [0.0]
    for name, one in monitor.watches.items():
        one.history, one.rows = [math.log(levels[name])], [0]
    assert monitor.evidence.selected == ("u", "v")


def test_bad_column_changes_nothing():
    monitor = watch({"x": np.arange(100.0), "g": list("ab") * 50})
    with pytest.raises(InputError, match="no numbers"):
        monitor.update({"x": ["?"] * 3, "g": ["a"] * 3})
    assert monitor.evidence.columns["g"].rows == 0


def test_pictures(require):
    require("matplotlib")
    monitor = watch([0.5, 0.5])
    monitor.update(counts=[10, 90])
    axis = monitor.plot().axes[0]
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("looks", "evidence, bits")
    columns = watch({"x": np.arange(100.0), "g": list("ab") * 50})
    columns.update({"x": [1.0], "g": ["a"]})
    assert len(columns.plot().axes[0].lines) == 3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: watch([0.5, 0.5], alpha=1.5), "alpha = 1.5"),
        (lambda: watch([0.5, 0.5], cells=1), "cells = 1"),
        (lambda: watch([0.5, 0.5], method="magic"), "'magic'"),
        (lambda: watch([0.5, 0.5], given="rumors"), "'rumors'"),
        (lambda: watch([0.5, 0.6], given="probs"), "adds up to 1.1"),
        (lambda: watch([1.0, 2.0]), "2 rows"),
        (lambda: watch({"a": 3.5, "b": 2}), "3.5"),
        (lambda: watch(list("ab") * 20, method="detector"), "known law"),
        (lambda: watch(object()), "cannot be a reference"),
        (lambda: watch(np.ones((3, 3))), r"shape \(3, 3\)"),
        (lambda: watch([0.5, 0.5]).update(), "one of the two"),
        (lambda: watch([0.5, 0.5]).update(counts=[1, 2, 3]), "3 entries"),
        (lambda: watch([0.5, 0.5]).update(counts=[1, -2]), "-2"),
        (lambda: watch([0.5, 0.5]).update([0, 1], unit=["u"]), "unit has 1"),
        (lambda: watch({"x": np.arange(9.0)}).update({"y": [1]}), "no column 'x'"),
        (lambda: watch({"x": np.arange(9.0)}).update(3), "A frame"),
        (lambda: watch({}), "no columns"),
        (lambda: watch([[1, 2], [3, 4]] * 9), "list values"),
        (lambda: Watch.from_dict({}), "schema 1"),
        (lambda: Watch.from_dict({"kind": "watch", "schema": 1}), "damaged"),
        (lambda: WatchColumns.from_dict([]), "schema 1"),
    ],
)
def test_errors_say_what_came(call, message):
    with pytest.raises(InputError, match=message):
        call()
