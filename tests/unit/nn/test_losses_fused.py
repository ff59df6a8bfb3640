"""Hidden states to divergence: the plain loss's numbers, without its arrays."""

import pytest
import torch
from torch.nn.functional import linear, pad
from torch.utils._python_dispatch import TorchDispatchMode

from kullback.nn import FusedLinearKL, kl_loss
from kullback.nn.losses._plan import plan_chunk

DIRECTIONS = ("forward", "reverse", "jeffreys", "js", "skew")
NAMES = ("hidden", "weight", "bias", "teacher", "teacher_weight", "teacher_bias")


def _inputs(dtype, *, rows=23, vocabulary=(101, 107), seed=0):
    chance = torch.Generator().manual_seed(seed)
    shapes = (rows, 16), (vocabulary[0], 16), vocabulary[:1], (rows, 24), (vocabulary[1], 24), vocabulary[1:]
    return [(0.5 * torch.randn(*shape, generator=chance)).to(dtype).requires_grad_() for shape in shapes]


def _run(fused, inputs, **options):
    h, w, b, th, tw, tb = inputs
    return fused(h, w, th, tw, bias=b, teacher_bias=tb, **options)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize(
    ("dtype", "value", "slope"),
    [
        (torch.float64, 1e-12, 1e-11),
        (torch.float32, 1e-6, 3e-6),
        (torch.bfloat16, 1e-6, 8e-3),
        (torch.float16, 1e-6, 1e-3),
    ],
)
@pytest.mark.parametrize("chunk", [1, 7, None])
def test_fused_is_the_plain_loss_of_float64(direction, dtype, value, slope, chunk):
    inputs = _inputs(dtype)
    mask = torch.rand(23, generator=torch.Generator().manual_seed(1)) > 0.3
    options = {"direction": direction, "temperature": 2.0, "weight": 0.3}
    found = _run(FusedLinearKL(**options, vocabulary="common", chunk=chunk), inputs, mask=mask)
    wide = [one.detach().double().requires_grad_() for one in inputs]
    wanted = kl_loss(linear(*wide[:3]), linear(*wide[3:])[:, :101], mask=mask, **options)
    assert found.item() == pytest.approx(wanted.item(), rel=value)
    slopes = torch.autograd.grad(found * 3, inputs), torch.autograd.grad(wanted * 3, wide)
    for name, one, other in zip(NAMES, *slopes, strict=True):
        assert one.dtype == dtype
        assert (one.double() - other).abs().max() <= slope * other.abs().max(), name


def test_longer_vocabulary_of_either_side_is_impossible_for_the_other():
    for sizes in ((101, 107), (107, 101)):
        h, w, b, th, tw, tb = _inputs(torch.float64, vocabulary=sizes)
        logits = [pad(one, (0, 107 - one.shape[-1]), value=-torch.inf) for one in (linear(h, w, b), linear(th, tw, tb))]
        for direction in ("js", "skew", "reverse" if sizes[0] < sizes[1] else "forward"):
            found = FusedLinearKL(direction=direction)(h, w, th, tw, bias=b, teacher_bias=tb)
            torch.testing.assert_close(found, kl_loss(*logits, direction=direction))
    with pytest.raises(ValueError, match="infinite"):
        FusedLinearKL()(th, tw, h, w)


class _Made(TorchDispatchMode):
    """Remembers the memory that operations made: how many numbers each storage has, views counted once."""

    def __init__(self, *given):
        super().__init__()
        self.known = {one.untyped_storage().data_ptr() for one in given}
        self.sizes, self.held = [], []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        for one in out if isinstance(out, (tuple, list)) else (out,):
            if isinstance(one, torch.Tensor) and one.untyped_storage().data_ptr() not in self.known:
                self.known.add(one.untyped_storage().data_ptr())
                self.sizes.append(one.untyped_storage().nbytes() // one.element_size())
                self.held.append(one)  # so that no address comes twice
        return out


def test_nothing_of_rows_times_vocabulary_is_made():
    rows, vocabulary = 2048, 4096
    inputs = _inputs(torch.float32, rows=rows, vocabulary=(vocabulary, vocabulary))
    h, w, _, th, tw, _ = inputs
    with _Made(*inputs) as seen:
        FusedLinearKL()(h, w, th.detach(), tw.detach()).backward()
    assert max(seen.sizes) <= rows * vocabulary // 8
    with _Made(*inputs) as seen:
        kl_loss(linear(h, w), linear(th, tw)).backward()
    assert max(seen.sizes) == rows * vocabulary


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_logit_level_makes_the_gradient_and_small_blocks(direction):
    s, t = (torch.randn(1024, 4096, generator=torch.Generator().manual_seed(seed)) for seed in (0, 1))
    student = s.requires_grad_()
    with _Made(s, t) as seen:
        kl_loss(student, t, direction=direction).backward()
    assert max(seen.sizes) == s.numel()
    assert sorted(seen.sizes)[-2] <= 2**19
    with _Made(s, t) as seen, torch.no_grad():
        kl_loss(student, t, direction=direction)
    assert max(seen.sizes) <= 2**19


def test_weights_shared_by_both_sides_add_up():
    h, w, b, *_ = _inputs(torch.float64)
    th = h.detach().flip(0).requires_grad_()
    found = FusedLinearKL(direction="js")(h, w, th, w, bias=b, teacher_bias=b)
    wanted = kl_loss(linear(h, w, b), linear(th, w, b), direction="js")
    torch.testing.assert_close(
        torch.autograd.grad(found, (h, w, b, th)), torch.autograd.grad(wanted, (h, w, b, th)), rtol=1e-9, atol=1e-12
    )


def test_batches_of_sequences():
    h, w, b, th, tw, tb = _inputs(torch.float64, rows=24, vocabulary=(50, 50))
    fused = FusedLinearKL()
    mask = torch.rand(4, 6, generator=torch.Generator().manual_seed(2)) > 0.5
    found = fused(h.view(4, 6, -1), w, th.view(4, 6, -1), tw, bias=b, teacher_bias=tb, mask=mask, num_items=17)
    rows = kl_loss(linear(h, w, b), linear(th, tw, tb), reduction="none")
    torch.testing.assert_close(found, rows[mask.flatten()].sum() / 17)


def test_plan_follows_the_shape():
    assert plan_chunk(2048, 32_768) == 128
    assert plan_chunk(2048, 131_072) == 128
    assert plan_chunk(512, 32_768) == 128
    assert plan_chunk(100, 50) == 100
    assert plan_chunk(10, 50) == 10
    assert plan_chunk(8192, 128_256, on_cpu=False) == 1024
    assert plan_chunk(8192, 262_144, on_cpu=False) == 512
    assert plan_chunk(0, 50) == 1
    for rows in (1, 10, 1000, 100_000):
        for vocabulary in (2, 1000, 1_000_000):
            assert 1 <= plan_chunk(rows, vocabulary) <= rows


def test_bad_input_has_one_clear_error():
    h, w, b, th, tw, _ = (one.detach() for one in _inputs(torch.float32))
    fused = FusedLinearKL()
    for call, message in (
        (lambda: fused(h, w.T, th, tw), r"\(vocabulary, width\)"),
        (lambda: fused(h, w, th[:5], tw), "same rows"),
        (lambda: fused(h, w, th), "teacher_weight is missing"),
        (lambda: fused(h, w, th, tw, bias=b[:3]), "one for each outcome"),
        (lambda: fused(h, w.double(), th, tw), "Cast one"),
        (lambda: fused(h.long(), w, th, tw), "floats"),
        (lambda: fused(h * torch.nan, w, th, tw[:101]), "hidden holds NaN"),
        (lambda: fused(h, w, th, tw, mask=torch.ones(3, dtype=torch.bool)), "mask has shape"),
        (lambda: FusedLinearKL(reduction="none"), "kl_loss"),
        (lambda: FusedLinearKL(chunk=0), "number of rows"),
        (lambda: FusedLinearKL(chunk="a"), "number of rows"),
        (lambda: fused(h, w, None, tw), "teacher is a NoneType"),
        (lambda: FusedLinearKL(direction="sideways"), "D\\(teacher‖student\\)"),
        (lambda: FusedLinearKL(vocabulary="guess"), "'common'"),
    ):
        with pytest.raises(ValueError, match=message):
            call()
