"""The benchmark of training losses: its tables say what was measured, and its cases are wrong where they should be."""

import json
import math
import sys
from types import SimpleNamespace

import pytest


@pytest.fixture(autouse=True)
def _from_the_repository(monkeypatch, request, require):
    require("torch")
    monkeypatch.syspath_prepend(str(request.config.rootpath))


PLAIN, LOGARITHMS, FLOAT32, OURS = "F.kl_div", "TRL's formula", "TRL's formula, float32 first", "kullback"


@pytest.fixture(scope="module")
def asked(request):
    """What those say that need no peer, once for all tests."""
    sys.path.insert(0, str(request.config.rootpath))
    from bench.training.cases import ask  # noqa: PLC0415

    found = ask([PLAIN, LOGARITHMS, FLOAT32, OURS])
    sys.path.remove(str(request.config.rootpath))
    return found


def test_ours_is_right_in_every_case(asked):
    assert len(asked) == 17
    for case, found in asked.items():
        ours, truth = found["cells"][OURS], found["truth"]
        # A gradient in bfloat16 is rounded to 1 in 256.
        limit = 4e-3 if "bfloat16" in case else 1e-4
        assert ours["value"] >= 0.0, case
        assert ours["value"] == pytest.approx(truth, rel=1e-4, abs=1e-12), case
        assert ours["student"] < limit, case
        assert ours["teacher"] < limit, case


def test_near_equal_halves_are_lost_without_float32(asked):
    for case, found in asked.items():
        if "near-equal" not in case:
            continue
        truth = found["truth"]
        assert truth == pytest.approx(float(case.split()[2]), rel=0.8), case
        for name in (PLAIN, LOGARITHMS):
            assert abs(found["cells"][name]["value"] / truth - 1.0) > 1.0, (case, name)
            assert found["cells"][name]["student"] > 0.2, (case, name)
    for name, direction in ((PLAIN, "js"), (LOGARITHMS, "reverse")):
        assert asked[f"near-equal bfloat16, 1e-6 | {direction}"]["cells"][name]["value"] < 0.0
    few = asked["near-equal bfloat16, 1e-6 | forward"]
    assert abs(few["cells"][FLOAT32]["value"] / few["truth"] - 1.0) > 0.01


@pytest.mark.parametrize(
    ("case", "name", "wrong"),
    [
        ("masked on both sides | forward", PLAIN, ("value", "teacher")),
        ("masked on both sides | forward", FLOAT32, ("value", "teacher")),
        ("masked on both sides | js", LOGARITHMS, ("value", "student", "teacher")),
        ("masked by the teacher alone | forward", PLAIN, ("teacher",)),
        ("masked by the teacher alone | forward", LOGARITHMS, ("value", "teacher")),
        ("one-hot teacher | forward", PLAIN, ("teacher",)),
        ("one-hot teacher | forward", LOGARITHMS, ("value", "teacher")),
        ("logits in the hundreds | reverse", PLAIN, ("student",)),
        ("logits in the hundreds | js", PLAIN, ("value", "student", "teacher")),
    ],
)
def test_usual_losses_are_nan(asked, case, name, wrong):
    found = asked[case]["cells"][name]
    assert tuple(key for key in ("value", "student", "teacher") if math.isnan(found[key])) == wrong


def test_unequal_vocabularies_are_refused_by_the_usual_losses(asked):
    padded = [found for case, found in asked.items() if "padded" in case]
    assert [round(one["truth"], 12) == 0.0 for one in padded] == [True, False]
    assert all("must match the size" in one["cells"][PLAIN]["failure"] for one in padded)


def test_truth_is_that_of_closed_forms():
    import torch  # noqa: PLC0415
    from bench.training.cases import Case  # noqa: PLC0415

    student, teacher = torch.tensor([[0.0, math.log(3.0)]]), torch.tensor([[0.0, -math.inf]])
    value, by_student, by_teacher = Case("one-hot", "forward", student, teacher).truth()
    assert value.item() == pytest.approx(math.log(4.0))
    assert by_student.tolist() == [pytest.approx([-0.75, 0.75])]
    assert by_teacher.tolist() == [[0.0, 0.0]]
    value, *_ = Case("one-hot", "js", student, teacher).truth()
    assert value.item() == pytest.approx(0.5 * (math.log(1.6) + 0.25 * math.log(0.4) + 0.75 * math.log(2.0)))
    value, *_ = Case("padded", "reverse", student[:, :1], torch.zeros(1, 2)).truth()
    assert value.item() == pytest.approx(math.log(2.0))


def test_cells_of_errors():
    from bench.training.accuracy import cell  # noqa: PLC0415

    def of(value, student=0.0, teacher=None, truth=2.0):
        return cell({"value": value, "student": student, "teacher": teacher}, truth)

    assert of(2.002, 1e-4, 0.2) == "1e-03 / 1e-04 / **2e-01**"
    assert of(math.nan, math.nan) == "**NaN** / **NaN** / –"
    assert of(math.inf) == "**inf** / 0 / –"
    assert of(-0.002, 1e-4, 1e-4, 5e-5) == "**-2.0e-03** / 1e-04 / 1e-04"
    assert of(0.018, truth=0.0) == "**2e-02** / 0 / –"
    assert cell(None, 1.0) == "–"
    assert cell({"failure": "ValueError: no"}, 1.0) == "ValueError: no"


def test_lines_of_memory_and_seconds():
    from bench.training import memory, speed  # noqa: PLC0415
    from bench.training.sizes import Size  # noqa: PLC0415

    size, mib = Size(1024, 2048, 512), 2**20
    found = {"naive": {"mark": 80 * mib, "seen": 79 * mib}, "kullback": {"mark": 8 * mib, "seen": 8 * mib}}
    line = memory.line(size, ["naive", "Liger, eager", "kullback", "x"], found | {"x": "more than 300 s"})
    assert line == "| 1,024 x 2,048 x 512 float32 | 80 | – | 8 (10.0) | more than 300 s | 6 |"
    assert Size(1024, 2048, dtype="bfloat16").gradient_bytes == 4 * mib
    found = {
        "naive": {"first": 3.0, "rounds": [2.0, 1.0, 4.0]},
        "torch.compile": {"failure": "InvalidCxxCompiler: No working C++ compiler found"},
        "kullback": {"first": 1.0, "rounds": [1.0, 1.5, 0.5]},
    }
    line = speed.line(size, "js", list(found), found)
    assert "| js | 2.000 / 1.000 | InvalidCxxCompiler: No working C++ compiler found | 1.000 / 0.500 (0.50) |" in line
    assert line.endswith("| – |")
    assert speed.line(size, "js", ["naive", "kullback"], "failed: killed").count("failed: killed") == 2


def test_the_race_takes_turns_and_tells_who_fails(monkeypatch):
    from bench.training import rounds  # noqa: PLC0415
    from bench.training.sizes import Size  # noqa: PLC0415

    turns = []

    def make(name, _):
        if name == "absent":
            raise ModuleNotFoundError(f"No module named {name!r}\nand more")
        return lambda *_: turns.append(name)

    monkeypatch.setattr(rounds, "make", make)
    found = rounds.race(["a", "absent", "b"], Size(4, 8, 2), "forward", 2)
    assert turns == ["a", "b", "a", "b", "b", "a"]
    assert [len(found[name]["rounds"]) for name in "ab"] == [2, 2]
    assert found["absent"] == {"failure": "ModuleNotFoundError: No module named 'absent'"}


def test_contenders_agree():
    import torch  # noqa: PLC0415
    from bench.training.losses import draw, make  # noqa: PLC0415
    from bench.training.sizes import DIRECTIONS, FLOOR, NAIVE, OURS, Size  # noqa: PLC0415

    for size in (Size(8, 50, 6), Size(8, 50)):
        inputs = draw(size)
        for direction in DIRECTIONS:
            theirs, ours = (make(name, direction)(*inputs) for name in (NAIVE, OURS))
            assert len(theirs) == len(ours) == (3 if size.width else 2)
            for one, other in zip(theirs, ours, strict=True):
                torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)
    student, teacher = draw(Size(8, 50, 6))
    assert [tuple(one.shape) for one in make(FLOOR, "js")(student, teacher)] == [(), (8, 6), (50, 6)]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is read from /proc")
def test_a_small_table_of_memory():
    from bench.training import memory  # noqa: PLC0415
    from bench.training.sizes import Size  # noqa: PLC0415

    lines = memory.table([Size(1024, 4096)], ["kullback", "naive"]).splitlines()
    assert lines[2] == "| rows x vocabulary (x width) | naive | kullback | gradients alone |"
    cells = lines[-1].split(" | ")
    # Logits of 16 MiB a side: one gradient, and several copies.
    assert 16 <= float(cells[2].split()[0]) < 32 < float(cells[1]) < 200


def test_a_small_race_of_ours_and_naive(monkeypatch):
    from bench.training import rounds, speed  # noqa: PLC0415
    from bench.training.sizes import Size  # noqa: PLC0415

    def ask(job, names, _):
        return rounds.race(names, job["size"], job["direction"], job["repeats"])

    monkeypatch.setattr(speed, "ask", ask)
    lines = speed.table([(Size(32, 64, 8), "reverse"), (Size(32, 64), "js")], 2, ["kullback", "naive"]).splitlines()
    assert lines[2] == "| rows x vocabulary (x width) | direction | naive | kullback |"
    assert lines[-2].startswith("| 32 x 64 x 8 float32 | reverse | ")
    assert [line.count(" / ") for line in lines[-2:]] == [2, 2]


def test_absent_peers_are_a_sentence(monkeypatch):
    from bench.training import ask as module  # noqa: PLC0415

    python_of = lambda one: "did not install: no wheel" if one.environment else sys.executable  # noqa: E731
    monkeypatch.setattr(module, "python_of", python_of)
    assert module.ask({"kind": "memory"}, ["Liger, eager"]) == "did not install: no wheel"
    jobs = []
    monkeypatch.setattr(module, "measure", lambda command, **_: jobs.append(command) or "did not finish in 300 s")
    assert module.ask({"kind": "speed"}, ["naive", "Liger, eager"]) == "more than 300 s"
    assert jobs[0][0] == sys.executable
    assert json.loads(jobs[0][-1]) == {"kind": "speed"}


def test_a_failure_in_the_process_is_a_sentence():
    from bench.training.ask import ask  # noqa: PLC0415

    assert ask({"kind": "accuracy"}, ["kullback"]) == "KeyError: 'names'"


def test_options_follow_the_parts(monkeypatch):
    from bench.training import accuracy, memory, options, speed  # noqa: PLC0415

    given = options.read(["training-speed", "--only", "kullback", "Liger", "--repeats", "5", "--quick"])
    assert vars(given) == {"only": ["kullback", "Liger"], "repeats": 5, "quick": True}
    assert options.choose(["naive", "Liger, eager", "kullback"], given.only) == ["Liger, eager", "kullback"]
    seen = SimpleNamespace(calls=[])
    for module in (accuracy, memory, speed):
        monkeypatch.setattr(module, "table", lambda *given: seen.calls.append(given) or "")
    monkeypatch.setattr(sys, "argv", ["bench", "training-speed", "--quick", "--only", "kullback"])
    speed.training_speed()
    memory.training_memory()
    accuracy.training_accuracy()
    assert seen.calls == [(speed.QUICK, 2, ["kullback"]), (memory.QUICK, ["kullback"]), (["kullback"],)]
