"""The tables of accuracy and speed: what they count, and that a wrong peer is caught."""

import json
import math
from decimal import Decimal

import pytest

POINTS = [
    # D of exponential laws is log(p/q) + q/p - 1.
    {"p": {"rate": 1.0}, "q": {"rate": 2.0}, "kl": "0.306852819440054690582767878541823431924", "regime": "ordinary"},
    {"p": {"rate": 1.0}, "q": {"rate": 1.0 + 2.0**-30}, "kl": "4.336808687249372514756215e-19", "regime": "near1e-09"},
    {"p": {"rate": 3.0}, "q": {"rate": 3.0}, "kl": "0", "regime": "equal"},
    {"p": {"rate": 1.0}, "q": {"rate": 1e300}, "kl": "1e300", "regime": "ratio"},
]  # fmt: skip


@pytest.fixture(autouse=True)
def _from_the_repository(monkeypatch, request):
    monkeypatch.syspath_prepend(str(request.config.rootpath))


@pytest.fixture
def points(tmp_path):
    from bench.accuracy.points import load  # noqa: PLC0415

    pair = {"family_p": "Exponential", "family_q": "Exponential", "points": POINTS}
    (tmp_path / "exponential-exponential.json").write_text(json.dumps(pair))
    return load(tmp_path)


def test_errors_are_relative_and_never_nan():
    from bench.accuracy.points import error  # noqa: PLC0415

    assert error(1.5, Decimal(1)) == 0.5
    assert error(1e-17, Decimal(0)) == 1e-17
    assert error(math.inf, Decimal("inf")) == error(math.inf, Decimal("1e400")) == 0
    assert error(math.nan, Decimal(1)) == error(math.inf, Decimal(1)) == error(1.0, Decimal("inf")) == math.inf
    assert error(0.5, Decimal("0.5") + Decimal("1e-24")) == pytest.approx(2e-24)


def test_a_wrong_peer_is_counted(points):
    from bench.accuracy.tally import answered, libraries_table, tally  # noqa: PLC0415

    right = [float(point.truth) for point in points["exponential-exponential"]]
    good = tally(answered(points, {"exponential-exponential": right}))
    assert (good.pairs, good.points, good.off, good.far_off) == (1, 4, (0, 0), (0, 0))
    assert good.negative == good.nan == good.wrong_inf == good.refused == 0
    planted = [math.nan, -1e-17, "ValueError: no", math.inf]
    bad = tally(answered(points, {"exponential-exponential": planted}))
    assert (bad.off, bad.far_off) == ((1, 1), (1, 1))
    assert bad.negative == bad.nan == bad.wrong_inf == bad.refused == 1
    lines = libraries_table(points, {
        "kullback": {"exponential-exponential": right},
        "planted": {"exponential-exponential": planted},
        "absent": "did not install: no wheel",
    }).splitlines()  # fmt: skip
    assert lines[2] == "| kullback | 1 / 4 | 0 % / 0 % | 0 % / 0 % | 0 | 0 | 0 | 0 | 0 % / 0 % |"
    assert lines[3] == "| planted | 1 / 4 | 100 % / 100 % | 100 % / 100 % | 1 | 1 | 1 | 1 | 0 % / 0 % |"
    assert lines[4].startswith("| absent | did not install: no wheel |")


def test_pairs_that_a_peer_does_not_know_are_left_out(points):
    from bench.accuracy.tally import answered  # noqa: PLC0415

    assert answered(points, {}) == []
    assert answered(points, {"exponential-exponential": [None, "ValueError: no", None, None]}) == []
    assert len(answered(points, {"exponential-exponential": [None, "ValueError: no", 0.0, None]})) == 2


def test_goals_are_marked(points):
    from bench.accuracy.goals import Ours  # noqa: PLC0415
    from bench.accuracy.tally import misses, pairs_table  # noqa: PLC0415

    right = [Ours(float(point.truth)) for point in points["exponential-exponential"]]
    assert misses(points, {"exponential-exponential": right}) == []
    wrong = [Ours(0.306852819440056), right[1], Ours(1e-17), right[3]]
    assert len(misses(points, {"exponential-exponential": wrong})) == 2
    row = pairs_table(points, {"exponential-exponential": wrong}).splitlines()[-1]
    assert row.startswith("| exponential-exponential | A | **")
    assert row.endswith("|  |  | **0 of 1** (1 of 1) |")


def test_numerics_owe_the_bound_they_state():
    from bench.accuracy.goals import Ours  # noqa: PLC0415
    from bench.accuracy.points import Point  # noqa: PLC0415
    from bench.accuracy.tally import missed  # noqa: PLC0415

    point = Point(("Normal", "StudentT"), {}, {}, Decimal("0.25"), "ordinary")
    assert not missed(point, Ours(0.26, 0.02))
    assert missed(point, Ours(0.26, 0.005))
    assert missed(point, Ours(0.26))
    assert missed(point, Ours(math.inf, 0.0))
    assert missed(point, Ours("InputError: no"))


def test_kullback_and_a_peer_answer_the_points(points, tmp_path, monkeypatch):
    from bench.accuracy import goals, libraries  # noqa: PLC0415

    ours = libraries.ask_kullback(points)["exponential-exponential"]
    assert [one.value for one in ours] == pytest.approx([float(point["kl"]) for point in POINTS], rel=1e-15, abs=0)
    assert goals.tier_of(("Normal", "StudentT")) == goals.STATED
    (tmp_path / "laws_planted.py").write_text(
        "VERSION = 'planted 1'\n"
        "def law(family, parameters):\n    return parameters['rate']\n"
        "def divergence(p, q):\n    if q > 1e9: raise ValueError('too far')\n    return p - q\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    given = libraries.ask(libraries.Library("planted", ()), tmp_path)
    assert given["version"] == "planted 1"
    answers = given["answers"]["exponential-exponential"]
    assert answers[::2] == [-1.0, 0.0]
    assert answers[3] == "ValueError: too far"


def test_every_pair_of_the_oracle_has_a_place():
    from bench.accuracy.goals import GOALS, STATED, tier_of  # noqa: PLC0415
    from bench.accuracy.points import COLUMNS, load  # noqa: PLC0415

    for some in load().values():
        assert {point.group for point in some} <= set(COLUMNS)
        assert tier_of(some[0].families) in {*GOALS, STATED}


def test_works_take_turns():
    from bench.exact import best, contenders  # noqa: PLC0415

    np = pytest.importorskip("numpy")
    assert len(contenders(np.array([0.5, 0.5]), np.array([0.3, 0.7]))) == 4
    works = contenders(np.array([1.0, 0.0]), np.array([0.3, 0.7]))
    assert "np.sum(p*np.log(p/q))" not in works
    assert [float(work()) for work in works.values()] == pytest.approx([-math.log(0.3)] * 3, rel=1e-15)
    done = []
    least = best({"first": lambda: done.append(1), "second": lambda: done.append(2)}, 3, 1e-6)
    assert set(least) == {"first", "second"}
    assert all(0 < seconds < 1 for seconds in least.values())
    assert set(done) == {1, 2}
