import dataclasses

import pytest

import kullback as kl
from kullback.nn import ConstantBeta, CyclicalBeta, WarmupBeta


def test_constant():
    assert [ConstantBeta(4)(step) for step in (0, 10**9)] == [4.0, 4.0]


def test_warmup_is_a_line_and_then_stays():
    schedule = WarmupBeta(2.0, steps=10, start=0.5)
    assert [schedule(step) for step in (0, 4, 10, 11)] == pytest.approx([0.5, 1.1, 2.0, 2.0], abs=1e-15)
    assert schedule(10) == 2.0
    assert WarmupBeta(0.0, steps=2, start=1.0)(1) == 0.5  # it may also go down


def test_cycles_as_the_paper_has_them():
    """Fu et al. (2019): with T = 40 steps, M = 4 cycles and R = 0.5, f is linear over half of each cycle."""
    schedule = CyclicalBeta(1.0, period=10, cycles=4)
    for step in range(40):
        share = (step % 10) / 10
        assert schedule(step) == pytest.approx(share / 0.5 if share <= 0.5 else 1.0, abs=1e-12)
    assert schedule(40) == schedule(10**6) == 1.0
    assert CyclicalBeta(3.0, period=10, cycles=1, ramp=1.0)(9) == pytest.approx(2.7)


def test_records_are_frozen_and_print():
    schedule = WarmupBeta(1.0, steps=10)
    assert repr(schedule) == "WarmupBeta(beta=1.0, steps=10, start=0.0)"
    with pytest.raises(dataclasses.FrozenInstanceError):
        schedule.beta = 2.0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ConstantBeta(-1.0), "beta is -1.0"),
        (lambda: ConstantBeta(float("nan")), "beta is nan"),
        (lambda: WarmupBeta(1.0, steps=0), "steps is 0"),
        (lambda: WarmupBeta(1.0, steps=10, start=-1), "start is -1"),
        (lambda: CyclicalBeta(1.0, period=2.5, cycles=4), "period is 2.5"),
        (lambda: CyclicalBeta(1.0, period=10, cycles=True), "cycles is True"),
        (lambda: CyclicalBeta(1.0, period=10, cycles=4, ramp=0), "ramp is 0"),
        (lambda: CyclicalBeta(1.0, period=10, cycles=4, ramp=1.5), "ramp is 1.5"),
        (lambda: ConstantBeta(1.0)(-1), "step is -1"),
        (lambda: WarmupBeta(1.0, steps=10)("5"), "step is '5'"),
        (lambda: CyclicalBeta(1.0, period=10, cycles=4)(-0.5), "step is -0.5"),
    ],
)
def test_bad_input_is_refused(make, message):
    with pytest.raises(kl.InputError, match=message):
        make()
