"""The benchmark of decisions: truths and searches are right, and alarms, bits and lost numbers are counted."""

import math
import sys

import numpy as np
import pytest
from scipy import integrate, stats

import kullback as kl


@pytest.fixture(autouse=True)
def _from_the_repository(monkeypatch, request):
    monkeypatch.syspath_prepend(str(request.config.rootpath))


def test_looks_are_tested_one_by_one():
    from bench.decisions import watching  # noqa: PLC0415

    counts = np.random.default_rng(0).multinomial(200, watching.LAW, 5)
    expected = [stats.power_divergence(row, 200 * watching.LAW, lambda_="log-likelihood").pvalue for row in counts]
    assert watching.g_tests(counts) == pytest.approx(expected, rel=1e-9)
    for share in watching.SHIFTS.values():
        after = watching.moved(share)
        assert after.sum() == pytest.approx(1)
        assert watching.bits(after) == pytest.approx(stats.entropy(after, watching.LAW, base=2))


def test_first_alarms():
    from bench.decisions import watching  # noqa: PLC0415

    assert watching._first(np.array([False, True, True])) == 2
    assert watching._first(np.zeros(3, bool)) == math.inf
    found = watching.alarms(0, watching.moved(0.3))
    # A stream that moves as far is seen at once by all that had not rung before.
    assert all(look <= watching.CHANGE + 2 for look in found.values())
    assert found[watching.DAILY] < watching.CHANGE < found[watching.OURS]
    assert watching.delay([103, 105, 90, 110]) == "5 (3)"
    assert watching.delay([math.inf, math.inf, 104]) == "not found (3)"
    assert watching.delay([50]) == "– (0)"
    assert watching._share([math.inf, 4, 5, math.inf]) == "50.0 ± 25.0 %"


def test_blahut_and_arimoto():
    from bench.decisions import capacity  # noqa: PLC0415

    channels = capacity.channels()
    lower, upper, steps = capacity.blahut_arimoto(channels["binary symmetric, .11"], 10)
    assert lower == pytest.approx(math.log(2) - stats.entropy([0.11, 0.89]), rel=1e-14)
    assert (steps, upper) == (1, pytest.approx(lower))
    lower, upper, steps = capacity.blahut_arimoto(channels["Z, .5"], 1000)
    # Cover and Thomas: log2(5) - 2 bits for a Z channel of one half.
    assert lower / math.log(2) == pytest.approx(math.log2(5) - 2, abs=1e-8)
    assert 0 <= upper - lower < 1e-9
    assert 1 < steps < 1000


def test_an_input_is_nearly_worth_its_use():
    from bench.decisions import capacity  # noqa: PLC0415

    channels = capacity.channels()
    for channel in channels.values():
        assert channel.sum(axis=1) == pytest.approx(1, abs=1e-12)
        assert (channel >= 0).all()
    *used, spare = channels["an input nearly worth its use"]
    output = np.mean(used, axis=0)
    best = stats.entropy(used[0], output)
    assert stats.entropy(spare, output) == pytest.approx(best * (1 - 1e-6), rel=1e-9)
    lower, upper, _ = capacity.blahut_arimoto(np.array([*used, spare]), 300)
    assert lower < best < upper
    assert upper - lower > 1e-8


def test_truths_of_chernoff_information(require):
    mpmath = require("mpmath")
    from bench.decisions import truths  # noqa: PLC0415

    with mpmath.workdps(truths.DIGITS):
        path = truths.PATHS["Normal"][1](truths.PRECISE, truths.exact((0, 1)), truths.exact((3, 1)))
        assert float(truths.largest(path)) == pytest.approx(9 / 8, rel=1e-15)
        mirrored = float(truths.chernoff_of_rows([0.25, 0.75], [0.75, 0.25]))
        assert mirrored == pytest.approx(-math.log(2 * math.sqrt(0.25 * 0.75)), rel=1e-14)
        found = float(truths.chernoff_laplace_normal(0.5, 1.0))
    p, q = stats.laplace(), stats.norm(0.5, 1)
    values = [
        -math.log(integrate.quad(lambda x, s=s: p.pdf(x) ** s * q.pdf(x) ** (1 - s), -30, 30, points=[0])[0])
        for s in np.linspace(0.4, 0.6, 201)
    ]
    assert found == pytest.approx(max(values), rel=1e-5)


@pytest.mark.parametrize("name", ["Poisson", "Exponential", "Gamma"])
def test_paths_are_integrals(require, name):
    require("mpmath")
    from bench.decisions import truths  # noqa: PLC0415

    make, path = truths.PATHS[name]
    sides = make(0.3)
    frozen = {"Poisson": stats.poisson, "Exponential": stats.expon, "Gamma": stats.gamma}[name]
    p, q = (frozen(one[0], 0, 1 / one[1]) if name == "Gamma" else frozen(one[0]) for one in sides)
    if name == "Exponential":
        p, q = (frozen(0, 1 / one[0]) for one in sides)
    s = 0.3
    if name == "Poisson":
        x = np.arange(100)
        total = (p.pmf(x) ** s * q.pmf(x) ** (1 - s)).sum()
    else:
        total = integrate.quad(lambda x: p.pdf(x) ** s * q.pdf(x) ** (1 - s), 0, 60, limit=300)[0]
    assert path(truths.FLOATS, *sides)(s) == pytest.approx(-math.log(total), rel=1e-8)


def test_truths_of_rates(require):
    mpmath = require("mpmath")
    from bench.decisions import truths  # noqa: PLC0415

    with mpmath.workdps(truths.DIGITS):
        assert float(truths.RATES["Poisson"].rate(4.5)) == pytest.approx(4.5 * math.log(1.5) - 1.5, rel=1e-15)
        assert float(truths.RATES["Normal"].rate(-1.0)) == pytest.approx(0.5, rel=1e-15)
        assert float(truths.RATES["Gamma"].rate(1.0)) == pytest.approx(2 - 2 * math.log(2), rel=1e-15)
        coin = float(truths.RATES["Bernoulli"].rate(0.5))
        assert coin == pytest.approx(stats.entropy([0.5, 0.5], [0.25, 0.75]), rel=1e-14)


def test_log_moment_generating_functions_are_of_the_records():
    from bench.decisions import truths  # noqa: PLC0415

    for name, law in truths.RATES.items():
        record = getattr(kl.families, name)(*law.parameters)
        assert law.log_mgf(truths.FLOATS, 1e-4) == pytest.approx(1e-4 * law.mean + 5e-9 * law.variance, rel=1e-6), name
        assert float(kl.decisions.log_mgf(record, 0.2)) == pytest.approx(float(law.log_mgf(truths.FLOATS, 0.2))), name


def test_exponents_of_ours_and_of_the_grid(require):
    require("mpmath")
    from bench.decisions import exponents  # noqa: PLC0415

    for case in exponents._rows(4):
        ours, search, _ = exponents.errors(case)
        assert ours < 1e-12
        assert search < 1e-3
    row = exponents._dyadic(np.array([0.2, 0.3, 0.5 - 1e-30, 1e-30]))
    assert row.sum() == 1
    assert row.min() == 2**-40


def test_strangers_and_steep_logits(require):
    require("sklearn")
    from bench.decisions import strangers  # noqa: PLC0415

    found, apart = strangers.aurocs(1)
    assert apart < 1e-12
    assert found["entropy"]["digits 8, 9"][0] > 0.9
    for kind, (value,) in found["kl_to_uniform"].items():
        assert value + found["kl_to_uniform, as often written"][kind][0] == pytest.approx(1, abs=1e-9)
    lines = strangers.steep().splitlines()
    entropy, uniform = lines[-3], lines[-1]
    assert entropy.startswith("| entropy | 1000 + 0 | 0 + 0 | 0 + 0 | ")
    assert uniform.startswith("| uniform_to_q | 0 + 1000 | 0 + 1000 | 0 + 0 | ")


def test_bits_of_a_coder(require):
    require("constriction")
    from bench.decisions import coding  # noqa: PLC0415

    for name, p, q in coding.pairs():
        assert p.sum() == pytest.approx(1), name
        assert q.sum() == pytest.approx(1), name
        counts = coding._whole(p, 999)
        assert counts.sum() == 999
        assert np.abs(counts - 999 * p).max() < 1
    message = np.random.default_rng(0).integers(0, 2, 10_000).astype(np.int32)
    q = np.array([0.25, 0.75])
    exact = -np.log2(q)[message].sum()
    assert 0 <= coding.spent(message, q, perfect=True) - exact < 64


def test_the_part_prints_a_figure(monkeypatch, capsys, require):
    for name in ("pandas", "sklearn", "mpmath", "constriction"):
        require(name)
    from bench import __main__ as bench  # noqa: PLC0415

    monkeypatch.setattr(sys, "argv", ["bench", "decisions", "--quick", "--only", "capacity"])
    bench.main()
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| ")]
    assert len(lines) == 6
    assert lines[1].startswith("| binary symmetric, .11 | 2 x 2 | 0.500084")
