"""On a device whose numbers cannot be seen nothing looks at them: there looking would wait for all work before it."""

import pytest
import torch

from kullback.nn import DistillationLoss, FusedLinearKL, TopKTeacher, kl_loss

META = "meta"  # has shapes and no numbers: to look at one is an error


def _floats(*shape, dtype):
    return torch.randn(*shape, device=META, dtype=dtype, requires_grad=True)


@pytest.mark.parametrize("direction", ["forward", "reverse", "jeffreys", "js", "skew"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_nothing_is_looked_at(direction, dtype):
    student, teacher = _floats(4, 6, 20, dtype=dtype), _floats(4, 6, 20, dtype=dtype)
    mask = torch.ones(4, 6, dtype=torch.bool, device=META)
    items = torch.ones((), device=META)
    labels = torch.zeros(4, 6, dtype=torch.long, device=META)
    for given in ("logits", "probs", "log_probs"):
        kl_loss(student, teacher, direction=direction, given=given, mask=mask, num_items=items).backward()
    DistillationLoss(hard_weight=0.3, direction=direction)(student, teacher, labels).backward()
    hidden, weight, bias = (_floats(*shape, dtype=dtype) for shape in ((24, 8), (20, 8), (20,)))
    other, wider = _floats(24, 10, dtype=dtype), _floats(23, 10, dtype=dtype)
    fused = FusedLinearKL(direction=direction)
    fused(hidden, weight, other, wider, bias=bias, mask=mask.flatten()).backward()
    top = TopKTeacher(torch.zeros(24, 3, dtype=torch.long, device=META), torch.zeros(24, 3, device=META))
    fused(hidden, weight, top, bias=bias).backward()
    assert student.grad.shape == student.shape
    assert student.grad.dtype == dtype
    assert weight.grad.shape == weight.shape


def test_the_device_of_both_sides_must_be_one():
    with pytest.raises(ValueError, match="student is on cpu, teacher on meta"):
        kl_loss(torch.randn(2, 3), torch.randn(2, 3, device=META))
