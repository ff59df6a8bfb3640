"""The kernels, run by Triton's interpreter on the CPU, against float64 by brute force.

The interpreter must be chosen before Triton is imported, so this file is also the program that measures: it runs once,
in a process of its own, and prints what the tests look at.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

DIRECTIONS = ("forward", "reverse", "jeffreys", "js", "skew")
WEIGHT = 0.3
# No multiple of anything, and several blocks.
SIZE, BLOCK = 201, 128


@pytest.fixture(scope="module")
def measured(require):
    require("triton")
    require("torch")
    found = subprocess.run(
        [sys.executable, "-W", "ignore", str(Path(__file__))],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TRITON_INTERPRET": "1", "OMP_NUM_THREADS": "1"},
    )
    assert found.returncode == 0, found.stderr[-2000:]
    return json.loads(found.stdout)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize(
    ("regime", "value", "gradient"),
    [
        ("apart", 1e-5, 1e-5),
        ("far", 1e-5, 1e-5),
        ("near", 1e-3, 1e-3),
        ("near, bfloat16", 1e-3, 1e-3),
        ("bfloat16", 1e-5, 1e-5),
        ("float16 and float32", 1e-5, 1e-5),
        ("masked on both sides", 1e-5, 1e-5),
        ("three outcomes", 1e-5, 1e-5),
    ],
)
def test_agrees_with_float64(measured, direction, regime, value, gradient):
    errors = measured["errors"][regime][direction]
    assert errors["value"] < value
    assert errors["student"] < gradient
    assert errors["teacher"] < gradient


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_near_pairs_are_near(measured, direction):
    # The goal is three digits down to a divergence of 1e-6: the cases must reach that far.
    for regime in ("near", "near, bfloat16"):
        assert 1e-8 < measured["errors"][regime][direction]["least"] < 2e-6


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_equal_rows_are_zero(measured, direction):
    assert measured["equal"][direction] == {"value": 0.0, "slopes": 0.0}


@pytest.mark.parametrize("direction", ["forward", "js", "skew"])
def test_teacher_with_one_outcome(measured, direction):
    errors = measured["errors"]["one-hot"][direction]
    assert errors["value"] < 1e-5
    assert errors["student"] < 1e-5


def test_divergence_is_infinite_only_where_an_outcome_is_lacking(measured):
    lacks = measured["lacks"]
    assert lacks["student"] == {"forward": True, "reverse": False, "jeffreys": True, "js": False, "skew": False}
    assert lacks["teacher"] == {"forward": False, "reverse": True, "jeffreys": True, "js": False, "skew": False}
    assert lacks["finite slopes"]


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_rows_of_scale_zero_are_not_read(measured, direction):
    assert measured["masked"][direction] == {"value": 0.0, "slopes": 0.0, "others": 0.0}


def test_rows_that_hold_nan_say_so(measured):
    assert measured["nan"] == dict.fromkeys(DIRECTIONS, True)


@pytest.mark.parametrize(
    "case",
    ["over the logits", "only the value", "only the teacher", "transposed", "part of wider rows", "wider blocks"],
)
def test_memory_layout_changes_nothing(measured, case):
    assert measured["layouts"][case] < 1e-6


def test_weights_at_the_ends(measured):
    # The mixture is the teacher or the student: nothing, or the plain divergence.
    ends = measured["ends"]
    assert ends["js, 0"] == ends["js, 1"] == ends["skew, 1"] == 0.0
    assert ends["skew, 0"] == ends["forward"] > 0.0


def test_an_unknown_direction_is_refused(require):
    torch = require("torch")
    from kullback.nn._kernels import rows  # noqa: PLC0415

    logits = torch.zeros(2, 3)
    with pytest.raises(ValueError, match="'backward'"):
        rows(logits, logits, direction="backward", weight=0.5, temperature=1.0, scale=torch.ones(2))


def test_tensors_of_the_cpu_are_left_to_torch(require):
    torch = require("torch")
    from kullback.nn._kernels import available  # noqa: PLC0415

    assert not available(torch.zeros(2, 3))


def test_the_import_needs_no_triton():
    code = "import sys, kullback.nn._kernels; sys.exit('triton' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def _logits(torch, seed, apart, rows=2):
    chance = torch.Generator().manual_seed(seed)
    student = 2.0 * torch.randn(rows, SIZE, generator=chance)
    return student, student + apart * torch.randn(rows, SIZE, generator=chance)


def _regimes(torch):
    far = [200.0 * _logits(torch, seed, 0.0)[0].sign() for seed in (0, 1)]
    few = torch.rand(2, SIZE, generator=torch.Generator().manual_seed(2)) < 0.015
    near = _logits(torch, 3, 0.0)[0].bfloat16()
    stepped = torch.where(few, (near.float() * 1.01).bfloat16(), near)
    apart = _logits(torch, 4, 2.0)
    masked = [side.masked_fill(torch.arange(SIZE) % 5 == 0, -torch.inf) for side in apart]
    single = torch.full((2, SIZE), -torch.inf)
    single[:, 140] = 1.0
    return {
        "apart": apart,
        "far": far,
        "near": _logits(torch, 5, 2e-3),
        "near, bfloat16": (near, stepped),
        "bfloat16": [side.bfloat16() for side in apart],
        "float16 and float32": (apart[0].half(), apart[1]),
        "masked on both sides": masked,
        "three outcomes": [side[:, :3] for side in apart],
        "one-hot": (apart[0], single),
    }


def _exact(torch, student, teacher, direction, temperature):
    """Values and slopes by autograd in float64; a masked logit is one so low that nothing is left of its mass."""
    s, t = (side.double().nan_to_num(neginf=-1e4).requires_grad_() for side in (student, teacher))
    b, a = (s / temperature).log_softmax(-1), (t / temperature).log_softmax(-1)
    w = torch.tensor(WEIGHT, dtype=torch.float64)
    m = torch.logaddexp(a + w.log(), b + (1 - w).log())
    if direction == "js":
        value = w * _divergence(a, m) + (1 - w) * _divergence(b, m)
    elif direction == "skew":
        value = _divergence(a, m)
    else:
        parts = {"forward": (_divergence(a, b), 0.0), "reverse": (0.0, _divergence(b, a))}
        value = sum(parts.get(direction, (_divergence(a, b), _divergence(b, a))))
    slopes = torch.autograd.grad(value.sum(), (s, t))
    return value.detach(), *(temperature * slope for slope in slopes)


def _divergence(a, b):
    return (a.exp() * (a - b)).sum(-1)


def _run(torch, student, teacher, direction, temperature=2.0, **options):
    """Values and slopes by the kernel, the slopes in memory of their own."""
    from kullback.nn._kernels import rows  # noqa: PLC0415

    slopes = [torch.full(student.shape, torch.nan) for _ in range(2)]
    options = {"scale": torch.ones(len(student)), "weight": WEIGHT, "block": BLOCK, **options}
    value = rows(
        student,
        teacher,
        direction=direction,
        temperature=temperature,
        out=slopes[0],
        teacher_out=slopes[1],
        want_teacher=True,
        **options,
    )
    return value, *slopes


def _errors(torch, pair, direction):
    exact, found = _exact(torch, *pair, direction, 2.0), _run(torch, *pair, direction)
    value = ((found[0] - exact[0]) / exact[0]).abs().max()
    student, teacher = ((found[i] - exact[i]).norm() / exact[i].norm() for i in (1, 2))
    return {
        "value": value.item(),
        "student": student.item(),
        "teacher": teacher.item(),
        "least": exact[0].min().item(),
    }


def _equal(torch, direction):
    logits = _logits(torch, 6, 0.0)[0]
    value, *slopes = _run(torch, logits, logits.clone(), direction)
    return {"value": value.max().item(), "slopes": max(slope.abs().max().item() for slope in slopes)}


def _masked(torch, direction):
    student, teacher = _logits(torch, 7, 2.0)
    plain = _run(torch, student, teacher, direction)
    student[1], teacher[1] = torch.nan, torch.inf
    found = _run(torch, student, teacher, direction, scale=torch.tensor([1.0, 0.0]))
    return {
        "value": found[0][1].item(),
        "slopes": max(slope[1].abs().max().item() for slope in found[1:]),
        "others": max((one - other)[:1].abs().max().item() for one, other in zip(found, plain, strict=True)),
    }


def _tells_nan(torch, direction):
    student, teacher = _logits(torch, 8, 2.0)
    student[0, 5], teacher[1, 200] = torch.nan, torch.nan
    return _run(torch, student, teacher, direction)[0].isnan().tolist() == [True, True]


def _lacking(torch):
    student, teacher = _logits(torch, 9, 2.0)
    cut = torch.arange(SIZE) == 7
    cases = {
        "student": (student.masked_fill(cut, -torch.inf), teacher),
        "teacher": (student, teacher.masked_fill(cut, -torch.inf)),
    }
    runs = {name: {one: _run(torch, *pair, one) for one in DIRECTIONS} for name, pair in cases.items()}
    found = {
        name: {one: bool((value == torch.inf).all()) for one, (value, *_) in by.items()} for name, by in runs.items()
    }
    slopes = [slope for by in runs.values() for _, *both in by.values() for slope in both]
    return {**found, "finite slopes": all(bool(slope.isfinite().all()) for slope in slopes)}


def _layouts(torch):
    """Greatest difference from the plain run: of one direction, as layout is not its business."""
    from kullback.nn._kernels import rows  # noqa: PLC0415

    student, teacher = _logits(torch, 10, 2.0)
    scale = torch.tensor([1.0, 0.5])
    options = {"direction": "jeffreys", "weight": WEIGHT, "temperature": 2.0, "scale": scale, "block": BLOCK}
    plain, *slopes = _run(torch, student, teacher, "jeffreys", scale=scale)

    def differences(s, t, **choice):
        value = rows(s, t, **options | choice)
        wants = choice.get("want_student", True), choice.get("want_teacher", False)
        pairs = zip((s, t), slopes, (student, teacher), wants, strict=True)
        off = [(side - (slope if want else before)).abs().max().item() for side, slope, before, want in pairs]
        return max(*off, (value - plain).abs().max().item())

    def wide(side):
        return torch.cat([torch.full_like(side, 9.0), side, torch.full_like(side, 9.0)], 1)[:, SIZE : 2 * SIZE]

    def turned(side):
        return side.T.contiguous().T

    return {
        "over the logits": differences(student.clone(), teacher.clone(), want_teacher=True),
        "only the value": differences(student.clone(), teacher.clone(), want_student=False),
        "only the teacher": differences(student.clone(), teacher.clone(), want_student=False, want_teacher=True),
        "transposed": differences(turned(student), turned(teacher), want_teacher=True),
        "part of wider rows": differences(wide(student), wide(teacher), want_teacher=True),
        "wider blocks": differences(student.clone(), teacher.clone(), block=None),
    }


def _ends(torch):
    pair = _logits(torch, 11, 2.0)
    ends = {
        f"{one}, {weight}": _run(torch, *pair, one, weight=float(weight)) for one in ("js", "skew") for weight in (0, 1)
    }
    ends["forward"] = _run(torch, *pair, "forward")
    return {name: value.max().item() for name, (value, *_) in ends.items()}


def main():
    import torch  # noqa: PLC0415

    regimes = _regimes(torch)
    errors = {
        name: {
            one: _errors(torch, pair, one)
            for one in DIRECTIONS
            if name != "one-hot" or one in ("forward", "js", "skew")
        }
        for name, pair in regimes.items()
    }
    found = {
        "errors": errors,
        "equal": {one: _equal(torch, one) for one in DIRECTIONS},
        "masked": {one: _masked(torch, one) for one in DIRECTIONS},
        "nan": {one: _tells_nan(torch, one) for one in DIRECTIONS},
        "lacks": _lacking(torch),
        "layouts": _layouts(torch),
        "ends": _ends(torch),
    }
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
