import itertools
import math

import numpy as np
import pytest

import kullback as kl
from kullback.decisions.compositions import compare_compositions

BEFORE, AFTER = [55, 25, 12, 8], [35, 20, 30, 15]


def samples_of(seed, *, groups=2, per_group=4, depth=200, gap=0.0, taxa=5, spread=20.0):
    """Samples whose compositions scatter around that of their group."""
    rng = np.random.default_rng(seed)
    base = rng.dirichlet(np.full(taxa, 3.0), size=groups)
    means = (1 - gap) * base[:1] + gap * base
    rows = [rng.multinomial(depth, rng.dirichlet(spread * means[g])) for g in range(groups) for _ in range(per_group)]
    return np.array(rows), np.repeat(np.arange(groups), per_group)


def shares_of(counts):
    return counts / counts.sum(axis=1, keepdims=True)


def test_worked_number_of_cell_cycle_phases():
    # S065: G1, S, G2, M before and after a drug.
    found = compare_compositions(np.array([BEFORE, AFTER]), group=["before", "after"])
    before, after = found.groups.index("before"), found.groups.index("after")
    assert found.divergences[before, after] == pytest.approx(0.144134125308545, rel=1e-14)
    assert found.divergences[after, before] == pytest.approx(float(kl.divergence(AFTER, BEFORE, normalize=True)))
    assert found.p_value is None
    assert "descriptive only" in str(found)


def test_total_is_between_and_within():
    counts, group = samples_of(0, groups=3, gap=0.8)
    shares = shares_of(counts)
    mean, means = shares.mean(axis=0), np.stack([shares[group == g].mean(axis=0) for g in range(3)])
    found = compare_compositions(counts, group=group)
    total = kl.divergence(shares, mean, normalize=True).mean()
    between = kl.divergence(means, mean, normalize=True).mean()
    assert found.total == pytest.approx(total, rel=1e-12)
    assert found.value == pytest.approx(between, rel=1e-12)
    assert found.within == pytest.approx(total - between, rel=1e-10)
    assert found.within_groups.mean() == pytest.approx(found.within, rel=1e-12)


def test_between_is_mutual_information_of_group_and_taxon_and_taxa_add_up_to_it():
    counts, group = samples_of(1, gap=0.6)
    found = compare_compositions(counts, group=group)
    joint = np.stack([shares_of(counts)[group == g].sum(axis=0) for g in (0, 1)])
    assert found.value == pytest.approx(float(kl.mutual_information(joint, normalize=True)), rel=1e-12)
    assert found.contributions.sum() == pytest.approx(found.value, rel=1e-12)
    middle = found.shares.mean(axis=0)
    truth = (0.5 * found.shares * np.log(found.shares / middle)).sum(axis=0)
    np.testing.assert_allclose(found.contributions, truth, rtol=1e-9)
    assert (found.contribution_intervals[:, 0] <= found.contributions).all()


def test_weights_say_what_weighs_alike():
    counts = np.array([[90, 10], [100, 900], [40, 60], [400, 600]])
    group = [0, 0, 1, 1]
    by_sample = compare_compositions(counts, group=group).shares
    np.testing.assert_allclose(by_sample, [[0.5, 0.5], [0.4, 0.6]], rtol=1e-14)
    by_read = compare_compositions(counts, group=group, weights="reads").shares
    np.testing.assert_allclose(by_read, [[190 / 1100, 910 / 1100], [0.4, 0.6]], rtol=1e-14)
    other = np.array([[90, 10], [30, 70], [40, 60], [400, 600]])
    by_unit = compare_compositions(other, group=[0, 0, 0, 1], unit=[0, 0, 1, 2], weights="units").shares
    np.testing.assert_allclose(by_unit[0], [(0.6 + 0.4) / 2, (0.4 + 0.6) / 2], rtol=1e-14)


@pytest.mark.parametrize("weights", ["samples", "reads"])
def test_p_value_is_that_of_all_exchanges(weights):
    counts, group = samples_of(2, per_group=4, gap=0.35)
    weight = shares_of(counts) if weights == "samples" else counts / 200
    every = []
    for first in itertools.combinations(range(8), 4):
        there = np.isin(np.arange(8), first)
        every.append(kl.mutual_information(np.stack([weight[there].sum(0), weight[~there].sum(0)]), normalize=True))
    found = compare_compositions(counts, group=group, weights=weights, draws=4000, rng=1)
    truth = np.mean(np.array(every) >= found.value * (1 - 1e-9))
    # Four standard errors of 4,000 draws.
    assert abs(found.p_value - truth) < 4 * math.sqrt(truth * (1 - truth) / 4000) + 1 / 4000
    assert found.by_chance == pytest.approx(np.mean(every), abs=4 * np.std(every) / math.sqrt(4000))


def test_units_of_both_groups_exchange_them():
    counts, _ = samples_of(3, per_group=5, gap=0.5)
    group, unit = np.tile([0, 1], 5), np.repeat(np.arange(5), 2)
    shares, every = shares_of(counts), []
    for swaps in itertools.product([0, 1], repeat=5):
        dealt = group ^ np.repeat(swaps, 2)
        every.append(kl.mutual_information(np.stack([shares[dealt == g].sum(0) for g in (0, 1)]), normalize=True))
    found = compare_compositions(counts, group=group, unit=unit, draws=4000, rng=2)
    truth = np.mean(np.array(every) >= found.value * (1 - 1e-9))
    assert abs(found.p_value - truth) < 4 * math.sqrt(truth * (1 - truth) / 4000) + 1 / 4000
    assert "no p-value below 0.031" in " ".join(compare_compositions(counts, group=group, unit=unit).notes)


def test_false_alarms_with_and_without_units():
    rng = np.random.default_rng(4)
    base, hits = np.array([0.4, 0.3, 0.2, 0.1]), np.zeros(2)
    for seed in range(80):
        people = rng.dirichlet(8 * base, size=12)
        unit = np.repeat(np.arange(12), 4)
        counts = np.array([rng.multinomial(300, rng.dirichlet(200 * people[u])) for u in unit])
        options = {"group": unit % 2, "draws": 99, "rng": seed}
        hits += [
            compare_compositions(counts, unit=unit, **options).p_value <= 0.05,
            compare_compositions(counts, **options).p_value <= 0.05,
        ]
    # At 5 % more than 11 of 80 have a chance of .001; samples of a person are no replicates.
    assert hits[0] <= 11
    assert hits[1] > 20


def test_debiased_figure_and_interval():
    rng = np.random.default_rng(5)
    means = np.array([[0.4, 0.3, 0.2, 0.1], [0.25, 0.3, 0.25, 0.2]])
    truth = np.mean(kl.divergence(means, means.mean(axis=0), normalize=True))
    parts = 0.5 * (means * np.log(means / means.mean(axis=0))).sum(axis=0)
    held, debiased, of_parts = [], [], []
    for _ in range(80):
        group = np.repeat([0, 1], 20)
        counts = np.array([rng.multinomial(150, rng.dirichlet(15 * means[g])) for g in group])
        found = compare_compositions(counts, group=group, draws=1)
        held.append(found.interval[0] <= truth <= found.interval[1])
        debiased.append(found.debiased)
        ends = found.contribution_intervals
        of_parts.append((ends[:, 0] <= parts) & (parts <= ends[:, 1]))
    # At 95 % fewer than 69 of 80 have a chance of .001.
    assert sum(held) >= 69
    assert np.sum(of_parts) >= 0.9 * 320
    assert np.mean(debiased) == pytest.approx(truth, abs=4 * np.std(debiased) / math.sqrt(80))


def test_debiased_figure_is_zero_where_nothing_differs():
    rng = np.random.default_rng(6)
    counts = rng.multinomial(100, [0.5, 0.3, 0.2], size=(100, 24))
    group = np.repeat([0, 1, 2], 8)
    found = [compare_compositions(one, group=group, draws=1) for one in counts]
    debiased, ends = [one.debiased for one in found], [one.interval[0] for one in found]
    assert abs(np.mean(debiased)) < 4 * np.std(debiased) / math.sqrt(100)
    # A lower end above 0 at 2.5 % each: more than 8 of 100 have a chance of .001.
    assert np.sum(np.array(ends) > 0) <= 8


@pytest.mark.slow
def test_one_unit_a_group_has_the_error_of_counting():
    rng = np.random.default_rng(7)
    laws, sizes = np.array([[0.5, 0.3, 0.2], [0.35, 0.35, 0.3]]), (300, 150)
    weights = np.array(sizes) / sum(sizes)
    truth = weights @ kl.divergence(laws, np.broadcast_to(weights @ laws, laws.shape), normalize=True)
    held = 0
    for _ in range(100):
        counts = np.array([rng.multinomial(n, law) for n, law in zip(sizes, laws, strict=True)])
        low, high = compare_compositions(counts, group=["a", "b"], weights="reads").interval
        held += low <= truth <= high
    # At 95 % fewer than 87 of 100 have a chance of .001.
    assert held >= 87


@pytest.mark.slow
def test_standard_errors_of_the_divergences_are_those_of_repetition():
    rng = np.random.default_rng(8)
    means = np.array([[0.5, 0.3, 0.2], [0.2, 0.3, 0.5]])
    group = np.repeat([0, 1], 25)
    drawn, stated = [], []
    for _ in range(80):
        counts = np.array([rng.multinomial(200, rng.dirichlet(30 * means[g])) for g in group])
        found = compare_compositions(counts, group=group, draws=1)
        drawn.append(found.divergences[0, 1])
        stated.append(found.stderr[0, 1])
    assert np.mean(stated) == pytest.approx(np.std(drawn), rel=0.3)


def test_a_group_of_one_unit_is_named():
    found = compare_compositions(np.array([[5, 5], [6, 4], [7, 3]]), group=[0, 0, 1])
    assert "one unit shows no spread" in " ".join(found.notes)
    assert "below 0.33" in " ".join(found.notes)


def test_zeros_are_infinite_and_every_policy_is_shown():
    counts = np.array([[50, 50, 0], [60, 40, 0], [30, 50, 20], [40, 50, 10]])
    found = compare_compositions(counts, group=["a", "a", "b", "b"])
    assert found.divergences[1, 0] == math.inf
    assert math.isfinite(found.divergences[0, 1])
    assert math.isfinite(found.value)
    assert "a never shows 2" in str(found)
    rows = {one.policy: one for one in found.zeros}
    for policy in ("jeffreys", "additive", "perks", "witten-bell"):
        smooth = kl.smooth(counts, method=policy).probs
        truth = kl.divergence(smooth[2:].mean(axis=0), smooth[:2].mean(axis=0), normalize=True)
        assert rows[policy].divergences[1, 0] == pytest.approx(float(truth), rel=1e-12)
    assert rows["good-turing"].divergences is None
    assert rows["good-turing"].note
    named = compare_compositions(counts, group=["a", "a", "b", "b"], zeros="jeffreys")
    np.testing.assert_array_equal(named.divergences, rows["jeffreys"].divergences)


def test_rows_cells_tables_and_dicts_say_the_same(require):
    pandas, polars = require("pandas"), require("polars")
    counts, group = samples_of(9, gap=0.4, depth=20)
    names = [f"t{k}" for k in range(5)]
    columns = {name: counts[:, k] for k, name in enumerate(names)}
    wide = {"where": group, "note": ["x"] * 8, **columns}
    cells = np.concatenate([np.repeat(names, row) for row in counts])
    sample = np.repeat(np.arange(8), counts.sum(axis=1))
    truth = compare_compositions(counts, group=group)
    for found in (
        compare_compositions(pandas.DataFrame(wide), group="where", taxa="t*"),
        compare_compositions(polars.DataFrame(wide), group="where", taxa=names),
        compare_compositions(wide, group="where", taxa="t?"),
        compare_compositions(cells, group=group[sample], sample=sample),
        compare_compositions({"c": cells, "g": group[sample], "s": sample}, group="g", sample="s", category="c"),
        compare_compositions(
            np.concatenate([counts, counts]), group=np.tile(group, 2), sample=np.tile(np.arange(8), 2)
        ),
    ):
        np.testing.assert_allclose(found.divergences, truth.divergences, rtol=1e-13)
        assert found.p_value == truth.p_value
        assert found.samples == (4, 4)


def test_real_samples_of_infants(require):
    pandas = require("pandas")
    table = pandas.read_csv("examples/data/infant-gut.csv")
    found = compare_compositions(table, group="delivery", unit="infant", taxa="asv_*", weights="units", draws=199)
    rows = table.filter(like="asv_").to_numpy(dtype=float)
    size = 1.0 / table.groupby("infant")["sample"].transform("size").to_numpy()
    means = [(shares_of(rows) * size[:, None])[table["delivery"] == name].sum(axis=0) for name in found.groups]
    assert found.value == pytest.approx(float(kl.mutual_information(np.stack(means), normalize=True)), rel=1e-11)
    assert found.units == (19, 24)
    # Of 113 taxa and 19 and 24 infants chance alone gives a third of it.
    assert 0.2 < found.by_chance / found.value < 0.5
    assert found.p_value < 0.05


def test_same_seed_same_answer_and_it_shows_itself(require):
    require("matplotlib")
    counts, group = samples_of(10, gap=0.3)
    one, two = (compare_compositions(counts, group=group, rng=3) for _ in range(2))
    assert str(one) == str(two)
    assert "bits" in str(one)
    assert float(one) == one.value == one.bits * math.log(2)
    assert "bits" in one.plot(most=3).axes[0].get_xlabel()


@pytest.mark.parametrize(
    ("counts", "options", "match"),
    [
        ([[1, 2], [3, 4]], {"group": [0, 0]}, "one group"),
        ([[1, 2], [3, 4]], {"group": [0, 1, 1]}, "counts has shape"),
        ([[1, 2], [0, 0]], {"group": [0, 1]}, "no counts at all"),
        ([[1, -2], [3, 4]], {"group": [0, 1]}, "holds -2.0"),
        ([[1, math.nan], [3, 4]], {"group": [0, 1]}, "holds nan"),
        ([[1, 2], [3, 4]], {"group": "g"}, "no table"),
        ({"g": [0, 1], "a": [1, 2]}, {"group": "h"}, "no column"),
        ({"g": [0, 1], "a": ["x", "y"]}, {"group": "g"}, "holds no counts"),
        ({"g": [0, 1], "a": [1, 2]}, {"group": "g", "taxa": "b*"}, "no column fits"),
        ({"g": [0, 1], "a": [1, 2]}, {"group": "g", "taxa": ["b"]}, "is no column"),
        ([[1, 2], [3, 4]], {"group": [0, 1], "weights": "rows"}, "weights = 'rows'"),
        ([[1, 2], [3, 4]], {"group": [0, 1], "zeros": "ignore"}, "ignore"),
        ([[1, 2], [3, 4]], {"group": [0, 1], "draws": 0, "unit": [0, 0]}, "draws = 0"),
        ([[1, 2], [3, 4]], {"group": ["a", None]}, "missing in row 1"),
        ([[1, 2], [3, 4]], {"group": [0, 1], "confidence": 95}, "confidence"),
        ([[1, 2], [3, 4]], {"group": [[0, 1]]}, "One value for each row"),
    ],
)
def test_bad_input_has_one_clear_error(counts, options, match):
    with pytest.raises(kl.InputError, match=match):
        compare_compositions(counts, **options)


def test_policies_that_do_not_fit_have_no_figure():
    found = compare_compositions([[0.2, 0.5, 0.3], [0.2, 0.3, 0.5]], group=["a", "b"])
    assert {one.between is None for one in found.zeros} == {one.divergences is None for one in found.zeros}
    assert not any(one.between is not None and math.isnan(one.between) for one in found.zeros)
    with pytest.raises(kl.InputError, match="different lengths"):
        compare_compositions([[1, 2, 3], [1, 2]], group=["a", "b"])
    with pytest.raises(kl.InputError, match="no counts"):
        compare_compositions([[1j, 2], [1, 2]], group=["a", "b"])
