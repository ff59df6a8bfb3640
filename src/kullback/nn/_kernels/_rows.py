"""The row kernel: divergences of rows of logits and their gradients, in two or three passes over the vocabulary.

One program per row. Pass 1 finds the greatest logit and the sum of exponentials of both sides at once; pass 2 sums the
divergence; the gradient is written in pass 2 where it needs no sum over the row, else in pass 3. Nothing of the size of
the vocabulary is kept: the gradient may overwrite the logits it came from.
"""

import triton.language as tl

from kullback.nn._kernels._jit import jit
from kullback.nn._kernels._terms import excess, mixture_excess, mixture_log, mixture_share, share, tilt


@jit
def _add_exponential(x: tl.tensor, top: tl.tensor, total: tl.tensor, rate: tl.tensor) -> tl.tuple:
    """A step of the sum of exponentials, each lane by itself, with a single exponential."""
    # A logit of -inf adds nothing, also while the lane has seen no other (-inf - -inf is NaN); a NaN must stay one.
    step = tl.where(x == float("-inf"), 0.0, tl.exp(-tl.abs(x - top) * rate))
    total = tl.where(x > top, total * step + 1.0, total + step)
    return tl.maximum(top, x), total


@jit
def _joined(top: tl.tensor, total: tl.tensor, rate: tl.tensor) -> tl.tuple:
    """The greatest logit of the row and its sum of exponentials, from those of the lanes."""
    highest = tl.max(top, 0)
    return highest, tl.sum(tl.where(top == float("-inf"), total, total * tl.exp((top - highest) * rate)), 0)


@jit
def _normalizers(logits: tl.tuple, size: tl.tensor, rate: tl.tensor, block: tl.constexpr) -> tl.tuple:
    """Greatest logit and sum of exponentials of the student's row and of the teacher's."""
    student, teacher = logits
    top_s, top_t = tl.full((block,), float("-inf"), tl.float32), tl.full((block,), float("-inf"), tl.float32)
    sum_s, sum_t = tl.zeros((block,), tl.float32), tl.zeros((block,), tl.float32)
    for start in range(0, size, block):
        at = start + tl.arange(0, block)
        s = tl.load(student + at, mask=at < size, other=float("-inf")).to(tl.float32)
        t = tl.load(teacher + at, mask=at < size, other=float("-inf")).to(tl.float32)
        top_s, sum_s = _add_exponential(s, top_s, sum_s, rate)
        top_t, sum_t = _add_exponential(t, top_t, sum_t, rate)
    max_s, total_s = _joined(top_s, sum_s, rate)
    max_t, total_t = _joined(top_t, sum_t, rate)
    return max_s, total_s, max_t, total_t


@jit
def _masses(logits: tl.tuple, at: tl.tensor, size: tl.tensor, rate: tl.tensor, normalizers: tl.tuple) -> tl.tuple:
    """Teacher's mass, student's mass and the gap of their logarithms at a block of outcomes; no mass past the end."""
    student, teacher = logits
    max_s, total_s, max_t, total_t = normalizers
    s = tl.load(student + at, mask=at < size, other=float("-inf")).to(tl.float32)
    t = tl.load(teacher + at, mask=at < size, other=float("-inf")).to(tl.float32)
    p = tl.exp((t - max_t) * rate) * (1.0 / total_t)
    q = tl.exp((s - max_s) * rate) * (1.0 / total_s)
    # Differences of logits before anything else: log-softmaxes would round the gap to the digits of the logits.
    return p, q, ((s - t) - (max_s - max_t)) * rate - tl.log(total_s / total_t)


@jit
def _parts(masses: tl.tuple, mix: tl.tuple, direction: tl.constexpr) -> tl.tuple:
    """What a row sums: the part of the teacher's divergence and that of the student's (skew: of its mean slope)."""
    p, q, gap = masses
    w, v = mix
    if direction == "forward":
        return share(p, q, gap), tl.zeros_like(p)
    if direction == "reverse":
        return tl.zeros_like(p), share(q, p, -gap)
    if direction == "jeffreys":
        return share(p, q, gap), share(q, p, -gap)
    if direction == "js":
        return mixture_share(p, q, gap, mix), mixture_share(q, p, -gap, (v, w))
    return mixture_share(p, q, gap, mix), tl.where(q == 0.0, 0.0, q * v * mixture_excess(gap, mix))


@jit
def _value(sums: tl.tuple, mix: tl.tuple, direction: tl.constexpr) -> tl.tensor:
    """The divergence, from the sums of the row."""
    if direction == "js":
        return mix[0] * sums[0] + mix[1] * sums[1]
    if direction == "skew":
        return sums[0]
    return sums[0] + sums[1]


@jit
def _student_slope(masses: tl.tuple, mix: tl.tuple, sums: tl.tuple, direction: tl.constexpr) -> tl.tensor:
    """Gradient for the student's logits over the temperature."""
    p, q, gap = masses
    w, v = mix
    if direction == "forward":
        return excess(p, q, gap)  # finite, and the way back, also where the divergence is not
    if direction == "reverse":
        return _settled(tilt(q, gap, sums[1]), sums)
    if direction == "jeffreys":
        return _settled(excess(p, q, gap) + tilt(q, gap, sums[1]), sums)
    if direction == "js":
        return v * tilt(q, -mixture_log(-gap, (v, w)), sums[1])
    return tilt(q, v * mixture_excess(gap, mix), sums[1])


@jit
def _teacher_slope(masses: tl.tuple, mix: tl.tuple, sums: tl.tuple, direction: tl.constexpr) -> tl.tensor:
    """Gradient for the teacher's logits over the temperature."""
    p, q, gap = masses
    w = mix[0]
    if direction == "forward":
        return _settled(tilt(p, -gap, sums[0]), sums)
    if direction == "reverse":
        return _settled(-excess(p, q, gap), sums)
    if direction == "jeffreys":
        return _settled(tilt(p, -gap, sums[0]) - excess(p, q, gap), sums)
    if direction == "js":
        return w * tilt(p, -mixture_log(gap, mix), sums[0])
    # The mean slope is D(p‖m) less the student's, as the slopes of both sides sum to it.
    return tilt(p, w * mixture_excess(gap, mix) - mixture_log(gap, mix), sums[0] - sums[1])


@jit
def _settled(slope: tl.tensor, sums: tl.tuple) -> tl.tensor:
    """Zero, not NaN, where the divergence is infinite."""
    return tl.where(sums[0] + sums[1] == float("inf"), 0.0, slope)


@jit
def _store(out: tl.tensor, at: tl.tensor, size: tl.tensor, slope: tl.tensor) -> None:
    """A block of a gradient, in the dtype of its row."""
    tl.store(out + at, slope.to(out.dtype.element_ty), mask=at < size)


@jit
def _clear(out: tl.tensor, size: tl.tensor, block: tl.constexpr) -> None:
    """Zeros in a row."""
    for start in range(0, size, block):
        _store(out, start + tl.arange(0, block), size, tl.zeros((block,), tl.float32))


@jit
def _divergence(  # noqa: PLR0917 - a kernel takes its choices one by one
    logits: tl.tuple,
    outs: tl.tuple,
    factor: tl.tensor,
    size: tl.tensor,
    rate: tl.tensor,
    mix: tl.tuple,
    direction: tl.constexpr,
    want_student: tl.constexpr,
    want_teacher: tl.constexpr,
    centered: tl.constexpr,
    block: tl.constexpr,
) -> tl.tensor:
    """The divergence of a row; gradients go where asked."""
    normalizers = _normalizers(logits, size, rate, block)
    firsts, seconds = tl.zeros((block,), tl.float32), tl.zeros((block,), tl.float32)
    blocks = tl.cdiv(size, block)
    # From the end to the start: what pass 1 read last is still in the cache.
    for step in range(blocks):
        at = (blocks - 1 - step) * block + tl.arange(0, block)
        masses = _masses(logits, at, size, rate, normalizers)
        first, second = _parts(masses, mix, direction)
        firsts += first
        seconds += second
        if want_student and not centered:
            _store(outs[0], at, size, factor * _student_slope(masses, mix, (0.0, 0.0), direction))
    sums = (tl.sum(firsts, 0), tl.sum(seconds, 0))
    if centered:
        for start in range(0, size, block):
            at = start + tl.arange(0, block)
            masses = _masses(logits, at, size, rate, normalizers)
            if want_student:
                _store(outs[0], at, size, factor * _student_slope(masses, mix, sums, direction))
            if want_teacher:
                _store(outs[1], at, size, factor * _teacher_slope(masses, mix, sums, direction))
    return _value(sums, mix, direction)


@jit
def divergence_rows(  # noqa: PLR0917 - a kernel takes its pointers one by one
    student: tl.tensor,
    teacher: tl.tensor,
    student_out: tl.tensor,
    teacher_out: tl.tensor,
    scale: tl.tensor,
    values: tl.tensor,
    student_stride: tl.tensor,
    teacher_stride: tl.tensor,
    student_out_stride: tl.tensor,
    teacher_out_stride: tl.tensor,
    size: tl.tensor,
    rate: tl.tensor,
    w: tl.tensor,
    v: tl.tensor,
    direction: tl.constexpr,
    want_student: tl.constexpr,
    want_teacher: tl.constexpr,
    centered: tl.constexpr,
    block: tl.constexpr,
) -> None:
    """A program: one row."""
    row = tl.program_id(0).to(tl.int64)  # rows times outcomes pass 2^31
    logits = (student + row * student_stride, teacher + row * teacher_stride)
    outs = (student_out + row * student_out_stride, teacher_out + row * teacher_out_stride)
    factor = tl.load(scale + row)
    if factor == 0.0:
        tl.store(values + row, 0.0)
        if want_student:
            _clear(outs[0], size, block)
        if want_teacher:
            _clear(outs[1], size, block)
    else:
        value = _divergence(
            logits,
            outs,
            factor,
            size,
            rate,
            (w, v),
            direction,
            want_student,
            want_teacher,
            centered,
            block,
        )
        tl.store(values + row, tl.where(value < 0.0, 0.0, value))  # one rounding of the least float; keeps NaN
