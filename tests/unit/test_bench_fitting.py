"""The benchmark of fits, mixtures and projections: truths are right, and what is wrong is counted."""

import json
import math
import sys
import warnings

import numpy as np
import pytest
from scipy import integrate, stats

import kullback as kl


@pytest.fixture(autouse=True)
def _from_the_repository(monkeypatch, request):
    monkeypatch.syspath_prepend(str(request.config.rootpath))


def _mixture_density(side):
    weights, means, scales = side
    return lambda x: weights @ stats.norm.pdf(x, means, scales)


def test_laws_of_a_case_are_those_of_scipy():
    from bench.fitting.cases import CASES  # noqa: PLC0415

    for case in CASES:
        x = case.peer(*case.draw).rvs(50, random_state=np.random.default_rng(0))
        law = kl.fit(x, case.name).law
        theirs = case.frozen(law).logpdf(x)
        assert np.allclose(kl.families.log_prob(law, x), theirs, rtol=1e-9, atol=1e-9), case.name


def test_samples_are_of_every_kind():
    from bench.fitting.cases import CASES, KINDS  # noqa: PLC0415

    gamma = next(case for case in CASES if case.name == "Gamma")
    found, again = (list(gamma.samples(2)) for _ in range(2))
    assert [kind for kind, _ in found] == [kind for kind in KINDS for _ in range(2)]
    assert all(np.array_equal(a[1], b[1]) for a, b in zip(found, again, strict=True))
    by_kind = dict(found)
    assert len(by_kind["n = 30"]) == 30
    assert by_kind["scale 1e8"].mean() / by_kind["n = 300"].mean() == pytest.approx(1e8, rel=0.3)
    assert by_kind["scale 1e-8"].mean() / by_kind["n = 300"].mean() == pytest.approx(1e-8, rel=0.3)


def test_fits_are_tallied():
    from bench.fitting.likelihood import Tally, compare  # noqa: PLC0415

    from kullback._core import InputError  # noqa: PLC0415

    def fail(error):
        raise error

    def warn():
        warnings.warn("slow", RuntimeWarning, stacklevel=1)
        return -3.0

    found = Tally()
    compare(found, lambda: -1.0, lambda: -1.5, float)
    compare(found, lambda: -1.0, lambda: -1.0, float)
    compare(found, lambda: -1.0, lambda: -0.5, float)
    compare(found, lambda: -1.0, warn, float)
    compare(found, lambda: -1.0, lambda: math.nan, float)
    compare(found, lambda: -1.0, lambda: fail(RuntimeError("no")), float)
    compare(found, lambda: fail(InputError("no law")), lambda: -1.0, float)
    assert found.row("law")[:9] == ["law", 7, 2, 2, "2", 1, 2, 1, 1]


def test_fits_of_a_family_and_of_counts():
    from bench.fitting import likelihood  # noqa: PLC0415
    from bench.fitting.cases import CASES  # noqa: PLC0415

    gumbel = next(case for case in CASES if case.name == "Gumbel")
    found = likelihood.tally_of(gumbel, 1)
    assert found.samples == 5
    assert np.allclose(found.gaps, 0, atol=1e-6)


def test_counts_are_judged_by_one_density(require):
    require("statsmodels")
    from bench.fitting import likelihood  # noqa: PLC0415

    x = np.random.default_rng(0).negative_binomial(2, 0.4, 400)
    ours, theirs = likelihood._ours_of_counts(x), likelihood._statsmodels(x)
    assert ours.mean() == pytest.approx(x.mean(), rel=1e-6)
    assert theirs.mean() == pytest.approx(x.mean(), rel=1e-3)
    assert likelihood._total(ours, x) == pytest.approx(likelihood._total(theirs, x), abs=1e-3)


def test_truths_of_mixtures(require):
    require("mpmath")
    from bench.fitting.mixtures import Pair, pairs, truth  # noqa: PLC0415

    one = tuple(np.array([x]) for x in (1.0, 0.5, 2.0)), tuple(np.array([x]) for x in (1.0, -1.0, 3.0))
    closed = math.log(1.5) + (4 + 2.25) / 18 - 0.5
    assert float(truth(Pair("normal laws", *one))) == pytest.approx(closed, rel=1e-15)
    pair = next(pairs(1))
    p, q = (_mixture_density(side) for side in (pair.p, pair.q))
    found = integrate.quad(lambda x: p(x) * math.log(p(x) / q(x)), -30, 30, limit=500, points=list(pair.p[1]))[0]
    assert float(truth(pair)) == pytest.approx(found, rel=1e-9)


def test_mixtures_are_hard_for_approximations_only(require):
    require("mpmath")
    from bench.fitting import mixtures  # noqa: PLC0415

    found = {pair.kind: mixtures.errors(pair) for pair in mixtures.pairs(1)}
    assert list(found) == list(mixtures.KINDS)
    for kind, by_way in found.items():
        assert all(abs(by_way[name][0]) < 1e-9 for name in mixtures.EXACT), kind
    assert abs(found["far apart"]["moments matched"][0]) > 0.1
    assert abs(found["nearly equal"]["Monte Carlo"][0]) > 1
    assert abs(found["overlapping"]["Monte Carlo"][0]) < 0.1


def test_a_descent_goes_down_to_a_stationary_law():
    from bench.fitting import reverse  # noqa: PLC0415

    target = next(reverse.targets(1))
    value = reverse._objective(*reverse.parts(target))
    law = kl.families.Normal(0.5, 1.5)
    constant = 0.5 * math.log(2 * math.pi * math.e)
    found = value(np.array([0.5, math.log(1.5)])) - constant
    assert found == pytest.approx(float(kl.divergence(law, target)), abs=1e-6)
    best = reverse.descend(target)
    here = float(kl.divergence(best, target))
    for step in (-0.01, 0.01):
        assert float(kl.divergence(kl.families.Normal(best.loc + step, best.scale), target)) > here
        assert float(kl.divergence(kl.families.Normal(best.loc, best.scale * (1 + step)), target)) > here


def test_missed_mass_is_counted():
    from bench.fitting import reverse  # noqa: PLC0415

    some = kl.families
    target = some.Mixture([0.3, 0.7], [some.Normal(-20, 1), some.Normal(20, 1)])
    assert reverse.outside(target, some.Normal(20, 1)) == pytest.approx(0.3 + 0.7e-3, rel=1e-9)
    found = reverse.compare(target)
    assert found["missed"] == pytest.approx(0.3, abs=1e-3)
    assert found["warned"]
    assert found["khat"] < 0.7
    assert found["lack"] > -1e-9


def test_variational_targets_and_their_judge(require):
    torch = require("torch")
    from bench.fitting import variational  # noqa: PLC0415

    places = torch.arange(6, dtype=torch.float64)
    factor = torch.linalg.cholesky(0.9 ** (places[:, None] - places).abs())
    log_prob = variational.correlated(6)
    ones = torch.ones(6, dtype=torch.float64)
    assert variational.elbo(log_prob, ones, factor) == pytest.approx(0, abs=1e-12)
    # D between normal laws of one covariance, one standardized step apart.
    assert variational.elbo(log_prob, ones + factor[:, 0], factor) == pytest.approx(-0.5, abs=1e-9)
    x, y = torch.tensor([[1.0, 2.0]], dtype=torch.float64), torch.tensor([-1.0], dtype=torch.float64)
    value = variational.logistic(x, y)(torch.tensor([[0.5, 0.25]], dtype=torch.float64))
    prior = stats.norm.logpdf([0.5, 0.25]).sum()
    assert value.item() == pytest.approx(math.log(1 / (1 + math.e)) + prior)
    # Times are short here: only that Adam climbs and counts its steps.
    mean, lower, steps = variational.adam(log_prob, 6, 0.05, 0.3)
    start = variational.elbo(log_prob, 0 * ones, math.exp(-1) * torch.eye(6, dtype=torch.float64))
    assert steps > 1
    assert variational.elbo(log_prob, mean, lower) > start


def test_options_choose_figures(monkeypatch, capsys, require):
    for name in ("pandas", "torch", "statsmodels", "mpmath"):
        require(name)
    from bench import __main__ as bench  # noqa: PLC0415
    from bench import figures  # noqa: PLC0415

    monkeypatch.setattr(sys, "argv", ["bench", "fitting", "--quick", "--only", "rev"])
    bench.main()
    printed = capsys.readouterr().out
    assert "#### reverse" in printed
    assert "| targets with several minima | " in printed
    assert "#### mixtures" not in printed
    monkeypatch.setattr(sys, "argv", ["bench", "fitting", "--only", "rev", "b"])
    shown = figures.show({"a": json.dumps, "b": lambda *, quick: f"quick is {quick}"})
    assert shown == "#### b\n\nquick is False"
    monkeypatch.setattr(sys, "argv", ["bench", "fitting", "--only", "x"])
    with pytest.raises(SystemExit, match="there is no figure 'x'; choose from a"):
        figures.show({"a": json.dumps})
