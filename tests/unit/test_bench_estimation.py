"""The benchmark of estimates from samples: truths and samples belong together, and what is wrong is counted."""

import json
import math
import sys

import numpy as np
import pytest
from scipy import stats

import kullback as kl


@pytest.fixture(autouse=True)
def _from_the_repository(monkeypatch, request):
    monkeypatch.syspath_prepend(str(request.config.rootpath))


@pytest.fixture
def problems(require):
    require("pandas")
    from bench.estimation.problems import all_problems  # noqa: PLC0415

    return all_problems()


def _laws():
    some = kl.families
    return {
        "N(1,2)‖N(0,1)": (some.Normal(1, 2), some.Normal(0, 1)),
        "Laplace‖normal, same variance": (some.Laplace(0, 1), some.Normal(0, math.sqrt(2))),
        "normal‖Laplace": (some.Normal(0, 1), some.Laplace(0, 1)),
        "Student t, 3 df‖normal, same variance": (some.StudentT(3, 0, 1), some.Normal(0, math.sqrt(3))),
        "normal‖Student t, 3 df": (some.Normal(0, 1), some.StudentT(3, 0, 1)),
        "Cauchy(0,1)‖Cauchy(1,2)": (some.Cauchy(0, 1), some.Cauchy(1, 2)),
        "Gamma(2,1)‖Gamma(4,1.5)": (some.Gamma(2, 1), some.Gamma(4, 1.5)),
        "Exp(1)‖Exp(3)": (some.Exponential(1), some.Exponential(3)),
        "Beta(2,5)‖Beta(3,3)": (some.Beta(2, 5), some.Beta(3, 3)),
        "U(0,1)‖U(0,2)": (some.Uniform(0, 1), some.Uniform(0, 2)),
        "LogN(0,1)‖LogN(.5,.7)": (some.LogNormal(0, 1), some.LogNormal(0.5, 0.7)),
        "Poisson(3)‖Poisson(5)": (some.Poisson(3), some.Poisson(5)),
    }


def test_truths_are_those_of_the_laws(problems):
    for name, (p, q) in _laws().items():
        assert problems[name].truth == pytest.approx(float(kl.divergence(p, q)), rel=1e-8), name
    # Published or derived apart: dimensions times -log(1 - .81) / 2, and 20 dimensions of (1/2 - 1 + log 2) / 2.
    assert problems["AR(.9)‖N(0,I), d = 50"].truth == pytest.approx(-24.5 * math.log(0.19), rel=1e-12)
    assert problems["N(0,I)‖N(0,2I), d = 20"].truth == pytest.approx(10 * (math.log(2) - 0.5), rel=1e-12)
    # 1000 cells of a rounded law lose about 1/12 of a step squared in each variance.
    assert problems["N(0,3)‖N(1,3), whole numbers"].truth == pytest.approx(0.5 / (9 + 1 / 12), rel=1e-4)


def test_simulation_agrees_with_quadrature(problems):
    from bench.estimation import space  # noqa: PLC0415
    from bench.estimation.truths import mixture_log_density  # noqa: PLC0415

    rng = np.random.default_rng(5)
    x = space._student(rng, 200_000, 1.0)
    ratios = stats.multivariate_t(shape=np.eye(3), df=3).logpdf(x) - stats.multivariate_t(
        shape=4 * np.eye(3), df=3
    ).logpdf(x)
    truth = problems["Student t, 3 df, d = 3, scale 1‖2"].truth
    assert abs(ratios.mean() - truth) < 4 * ratios.std() / math.sqrt(len(x))
    x = space._ring(rng, 20_000, 1)[0]
    angles = np.linspace(0, 2 * math.pi, 1000, endpoint=False)
    centers = space.RADIUS * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    kernel = stats.multivariate_normal(cov=space.THICKNESS**2 * np.eye(2))
    density = np.mean([kernel.pdf(x - center) for center in centers], axis=0)
    ratios = np.log(density) - stats.multivariate_normal(cov=np.eye(2)).logpdf(x)
    truth = problems["ring‖N(0,I), d = 2"].truth
    assert abs(ratios.mean() - truth) < 4 * ratios.std() / math.sqrt(len(x))
    x = rng.normal(np.where(rng.random(200_000) < 0.5, -2.0, 2.0), 0.5)[:, None]
    peaks = [(np.array([mean]), np.eye(1) / 4) for mean in (-2.0, 2.0)]
    ratios = mixture_log_density(x, peaks) - stats.norm(0, 2).logpdf(x[:, 0])
    assert abs(ratios.mean() - problems["two peaks‖N(0,2)"].truth) < 4 * ratios.std() / math.sqrt(len(x))


def test_the_simulated_truth_agrees_with_other_draws():
    from bench.estimation import space, truths  # noqa: PLC0415

    truth, error = truths.simulated(space.RIDGES, space.BALLS, 50_000)
    x = space._mixtures(np.random.default_rng(8), 50_000, 1)[0]
    ratios = truths.mixture_log_density(x, space.RIDGES) - truths.mixture_log_density(x, space.BALLS)
    assert abs(ratios.mean() - truth) < 4 * math.sqrt(2) * error
    mean, cov = space.RIDGES[0]
    assert truths.simulated([(mean, cov)], [(0 * mean, np.eye(5))], 50_000)[0] == pytest.approx(
        truths.gaussian(mean, cov, 0 * mean, np.eye(5)), abs=0.1
    )


# Tails of p that q hardly reaches: neighbors stay low there at any number of rows.
TAILS = {
    "N(1,2)‖N(0,1)": (stats.norm(1, 2), stats.norm(0, 1)),
    "Student t, 3 df‖normal, same variance": (stats.t(3), stats.norm(0, math.sqrt(3))),
    "Exp(1)‖Exp(3)": (stats.expon(), stats.expon(scale=1 / 3)),
    "LogN(0,1)‖LogN(.5,.7)": (stats.lognorm(1), stats.lognorm(0.7, scale=math.exp(0.5))),
}


def test_samples_are_of_the_laws(problems):
    from bench.estimation.contenders import plain_neighbors  # noqa: PLC0415

    some = [one for one in problems.values() if one.kind == "line" and one.n == 1000 and one.name not in TAILS]
    some += [problems["correlated, d = 2"], problems["ring‖N(0,I), d = 2"], problems["null, d = 5"]]
    for problem in some:
        found = plain_neighbors(*problem.samples(3, 20_000, 20_000))
        assert found == pytest.approx(problem.truth, abs=0.05), problem.name
    for name, laws in TAILS.items():
        for side, law in zip(problems[name].samples(3, 20_000, 20_000), laws, strict=True):
            assert stats.kstest(side, law.cdf).pvalue > 1e-3, name


def test_counts_are_of_the_laws(problems):
    from bench.estimation.contenders import as_numbers  # noqa: PLC0415

    for name in ("Zipf 1.2‖0.8, K = 1,000, n = 1,000", "words", "N(0,3)‖N(1,3), whole numbers"):
        x, y = as_numbers(*problems[name].samples(0, 400_000, 400_000))
        values = np.union1d(x, y)
        p, q = (np.array([np.searchsorted(np.sort(side), values, "right")], float) for side in (x, y))
        p, q = (np.diff(side[0], prepend=0) + 0.5 for side in (p, q))
        # The plug-in is off by K (1/2n + 1/2m) and a few standard errors.
        assert stats.entropy(p, q) == pytest.approx(problems[name].truth, abs=0.01), name


def test_the_zipf_truths_are_those_of_the_notes(problems):
    truths = [one.truth for one in problems.values() if one.name.startswith("Zipf")]
    assert np.round(truths, 3).tolist() == [0.352, 0.592, 0.882]


def test_samples_follow_the_seed_and_the_sizes(problems):
    from bench.estimation.contenders import as_numbers  # noqa: PLC0415

    for problem in problems.values():
        if problem.n > 1000:
            continue
        first, again, other = (as_numbers(*problem.samples(seed, 30, 40)) for seed in (1, 1, 2))
        assert [len(side) for side in first] == [30, 40]
        assert all(np.array_equal(*pair) for pair in zip(first, again, strict=True)), problem.name
        assert not np.array_equal(first[0], other[0]), problem.name
        assert problem.tolerance >= 0.03
    x, y = problems["x against itself, d = 2"].samples(0)
    assert np.array_equal(x, y)
    x, _ = problems["a row twice, d = 2"].samples(0)
    assert len(np.unique(x, axis=0)) == 999


def test_wrong_answers_are_counted(problems):
    from bench.estimation.accuracy import best, problems_table, score, summary_table  # noqa: PLC0415
    from bench.estimation.contenders import Answer, Given  # noqa: PLC0415

    found = score([Answer(1.3), Answer(0.9), Answer(math.nan), Answer("ValueError: no")], 1.0)
    assert (found.answers, found.not_finite, found.refused) == (4, 1, 1)
    assert found.rmse == pytest.approx(math.sqrt(0.05))
    assert found.bias == pytest.approx(0.1)
    assert not found.within(10)
    assert score([Answer(1.01)], 1.0).within(0.05)
    assert not score([Answer(1.06)], 1.0).within(0.05)
    # The better method counts, a finite one before any other.
    assert best({"a": [Answer(math.inf)], "b": [Answer(9.0)]}, 1.0).rmse == 8
    assert best({}, 1.0) is None
    one = problems["N(0,1)‖N(1,2)"]
    given = {
        "kullback": Given("kullback", {one.name: {"auto": [Answer(one.truth + 0.04)]}}),
        "plain k-NN, k = 5": Given("plain", {one.name: {"auto": [Answer(one.truth - 0.01)]}}),
        "planted": Given("planted 1", {one.name: {"a": [Answer(math.nan)]}}),
        "counts only": Given("counts 2", {one.name: {}}),
        "absent": Given("absent", {}, "did not install: no wheel"),
    }
    lines = summary_table(given, [one]).splitlines()
    assert lines[2] == "| kullback | 1 of 1 | 0 | 0 of 1 | N(0,1)‖N(1,2) |"
    assert lines[4] == "| planted 1 | 0 of 1 | 1 | 0 of 1 |  |"
    assert lines[5] == "| counts 2 | 0 of 1 | 0 | 0 of 0 |  |"
    assert lines[6] == "| absent | did not install: no wheel | | | |"
    row = problems_table(given, [one]).splitlines()[2]
    assert row.endswith("| 0.443 | 0.050 | 0.040 (+0.040) | 0.010 (-0.010) | **1 nan or inf** | – |")


def test_ours_and_plain_neighbors_answer_side_by_side(problems):
    from bench.estimation.accuracy import methods_table  # noqa: PLC0415
    from bench.estimation.contenders import OURS, PLAIN, ask_all  # noqa: PLC0415

    some = [problems["N(0,1)‖N(1,2), n = 20"], problems["words"], problems["level and amount"]]
    given = ask_all([OURS, PLAIN], some, range(2), 1)
    for one in given.values():
        assert [len(one.answers[problem.name]["auto"]) for problem in some] == [2, 2, 2]
    ours = given[OURS].answers["words"]["auto"]
    assert all(abs(one.value - problems["words"].truth) < 0.1 for one in ours)
    assert all(one.interval[0] < one.value < one.interval[1] and one.seconds > 0 for one in ours)
    assert methods_table(given[OURS], some).splitlines()[3].startswith("| words | ")


PLANTED = """
def knn_kl_divergence(x, y):
    return float("nan") if x.ndim > 1 else float(x.mean())
def relative_entropy_from_samples(x, y, discrete):
    raise ValueError("q is zero")
"""


@pytest.fixture
def planted(tmp_path, monkeypatch):
    """A package by the name of a peer, in this environment."""
    (tmp_path / "divergence.py").write_text(PLANTED)
    (tmp_path / "divergence-9.9.dist-info").mkdir()
    (tmp_path / "divergence-9.9.dist-info" / "METADATA").write_text("Name: divergence\nVersion: 9.9\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    from bench.peers import Contender  # noqa: PLC0415

    return lambda script, *more: Contender("divergence", script, ("divergence", *more))


def test_a_package_is_asked_in_a_process_of_its_own(problems, planted, tmp_path):
    from bench.estimation.contenders import SCRIPT, ask_peer, write_samples  # noqa: PLC0415

    some = [problems[name] for name in ("N(0,1)‖N(1,2)", "words", "units 1e6, 1, 1e-4")]
    stems = write_samples(tmp_path, some, [4, 5])
    given = ask_peer(planted(SCRIPT), tmp_path, stems)
    assert given.version == "divergence 9.9"
    values = {
        name: {method: [one.value for one in some] for method, some in by.items()} for name, by in given.answers.items()
    }
    means = [some[0].samples(seed)[0].mean() for seed in (4, 5)]
    assert values["N(0,1)‖N(1,2)"] == {"knn": pytest.approx(means)}
    assert values["words"] == {"discrete": ["ValueError: q is zero"] * 2}
    assert all(math.isnan(value) for value in values["units 1e6, 1, 1e-4"]["knn"])
    assert ask_peer(planted(SCRIPT), tmp_path, stems, limit=0.01).failure == "did not finish in 0.01 s"


def test_the_race_measures_ours_and_says_who_is_late(planted, tmp_path, monkeypatch):
    from bench.estimation import speed  # noqa: PLC0415

    path = speed.write_case(tmp_path, 2000, 3)
    found = speed.lap(speed.RACERS[0], path, 2)
    assert 0 < found.seconds < 30
    assert 0 < found.cpu < 60
    assert 0 < found.beyond < 1
    assert found.peak_mb > 20
    peer = planted(speed.SCRIPT, "knn")
    assert speed.lap(peer, path, 1, limit=0.01) == "did not finish in 0.01 s"
    monkeypatch.setattr(speed, "LARGE", 10**9)
    lines = speed.race([(500, 1), (600, 1)], [speed.RACERS[0], peer], 1).splitlines()
    assert len(lines) == 4
    ours, theirs = lines[2].split(" | ")[2:4]
    assert float(theirs.split()[0]) < float(ours.split()[0]) < 30


def test_intervals_are_tallied(problems):
    from bench.estimation.contenders import Answer  # noqa: PLC0415
    from bench.estimation.coverage import line_of, owed, tally  # noqa: PLC0415

    answers = [
        Answer(0.4, 0, (0.3, 0.5)),
        Answer(0.4, 0, (0.41, 0.5), reliable=False),
        Answer(0.4, 0, (-0.1, math.inf)),
        Answer("ValueError: no", reliable=False),
    ]
    found = tally(answers, 0.4)
    assert (found.answers, found.refused, found.held, found.reliable) == (4, 1, 2, 2)
    assert (found.held_reliable, found.alarms, found.bounded) == (2, 2, 2)
    assert found.width == pytest.approx(0.145)
    line, null, zipf = (
        problems["N(0,1)‖N(1,2)"],
        problems["null, normal"],
        problems["Zipf 1.2‖0.8, K = 1,000, n = 1,000"],
    )
    assert owed(line, 100)
    assert owed(problems["words"], 100)
    assert not owed(zipf, 1000)
    assert not owed(problems["null, K = 100, n = 100"], 100)
    held, missed = Answer(0.0, 0, (-0.1, 0.1)), Answer(0.2, 0, (0.1, 0.3))
    few = line_of(null, 100, tally([held] * 98 + [missed] * 2, 0.0))
    assert few == "| null, normal | 100 | 0.000 | 98.0 ± 1.4 | 98.0 ± 1.4 | 100.0 ± 1.0 | 0.200 | 2.0 ± 1.4 |"
    many = line_of(null, 100, tally([held] * 80 + [missed] * 20, 0.0))
    assert "| **80.0 ± 4.0** | 80.0 ± 4.0 |" in many
    assert many.endswith("| **20.0 ± 4.0** |")


def test_coverage_is_simulated(problems):
    from bench.estimation.coverage import table  # noqa: PLC0415

    rows = table([problems["words"]], (100,), range(12), 1, "auto").splitlines()
    assert rows[2].startswith("| words | 100 | 0.184 | ")
    assert float(rows[2].split(" | ")[3].strip("* ").split()[0]) > 60


def test_options_follow_the_parts(monkeypatch, capsys, require):
    require("pandas")
    from bench import __main__ as bench  # noqa: PLC0415
    from bench.estimation import options  # noqa: PLC0415

    given = options.read(["estimation", "--only", "kullback", "--repeats", "5", "--quick"])
    assert (given.only, given.repeats, given.quick, given.seed, given.problems) == (["kullback"], 5, True, 0, None)
    monkeypatch.setitem(bench.PARTS, "estimation", lambda: json.dumps(vars(options.read())))
    monkeypatch.setattr(sys, "argv", ["bench", "estimation", "--seed", "3"])
    bench.main()
    assert '"seed": 3' in capsys.readouterr().out
    for wrong in (["--quick"], ["speed", "--quick"], ["estimatoin"]):
        monkeypatch.setattr(sys, "argv", ["bench", *wrong])
        with pytest.raises(SystemExit, match=r"take options|there is no part"):
            bench.main()
