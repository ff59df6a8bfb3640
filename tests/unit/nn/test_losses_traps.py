"""What goes wrong with the usual ways: each test shows it, and that ours is right."""

import math

import pytest
import torch
from torch.nn import functional

from kullback.nn import DistillationLoss, FusedLinearKL, KLLoss, kl_loss

DIRECTIONS = ("forward", "reverse", "jeffreys", "js", "skew")


def _two(shape, seed, dtype=torch.float32):
    chance = torch.Generator().manual_seed(seed)
    return [torch.randn(*shape, generator=chance).to(dtype) for _ in range(2)]


def _exact(student, teacher):
    """D(teacher‖student) of rows, float64."""
    s, t = student.double().log_softmax(-1), teacher.double().log_softmax(-1)
    return torch.where(t.exp() > 0, t.exp() * (t - s), 0.0).sum(-1)


def _near(dtype, apart):
    """Exactly representable logits, nearly equal."""
    chance = torch.Generator().manual_seed(11)
    teacher = torch.randn(64, 8192, generator=chance).to(dtype)
    student = (teacher.float() + apart * torch.randn(64, 8192, generator=chance)).to(dtype)
    return student, teacher


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides:UserWarning")
def test_mean_is_not_divided_by_the_vocabulary():
    s, t = _two((2, 5, 7), 0)
    logs = s.log_softmax(-1), t.softmax(-1)
    true = _exact(s, t).mean().item()
    assert functional.kl_div(*logs, reduction="mean").item() == pytest.approx(true / 7, rel=1e-5)
    assert functional.kl_div(*logs, reduction="batchmean").item() == pytest.approx(true * 5, rel=1e-5)
    assert kl_loss(s, t).item() == pytest.approx(true, rel=1e-5)
    with pytest.raises(ValueError, match="batchmean"):
        kl_loss(s, t, reduction="batchmean")


def test_probabilities_and_logits_are_not_taken_for_each_other():
    s, t = (side.softmax(-1) for side in _two((8, 10), 1))
    assert math.isfinite(functional.kl_div(s, t, reduction="batchmean").item())  # and negative
    assert functional.kl_div(s, t, reduction="batchmean").item() < 0
    with pytest.raises(ValueError, match="given='probs'"):
        kl_loss(s, t)
    with pytest.raises(ValueError, match="given='logits'"):
        kl_loss(s.log(), 1.5 * t.log(), given="log_probs")
    with pytest.raises(ValueError, match="not negative"):
        kl_loss(s, t.log(), given="probs")
    with pytest.raises(ValueError, match="adds up to"):
        kl_loss(s, 2 * t, given="probs")


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_masked_outcomes(direction):
    s, t = _two((4, 6), 2)
    s[:, 3] = t[:, 3] = -torch.inf
    teacher = t.clone().requires_grad_()
    naive = functional.kl_div(s.log_softmax(-1), teacher.log_softmax(-1), reduction="batchmean", log_target=True)
    assert torch.isnan(naive)
    student, teacher = s.clone().requires_grad_(), t.clone().requires_grad_()
    found = kl_loss(student, teacher, direction=direction)
    kept = [0, 1, 2, 4, 5]
    torch.testing.assert_close(found, kl_loss(s[:, kept], t[:, kept], direction=direction))
    for slope in torch.autograd.grad(found, (student, teacher)):
        assert torch.isfinite(slope).all()
        assert (slope[:, 3] == 0).all()


def test_mask_of_the_teacher_alone():
    s, t = _two((4, 6), 3)
    t[:, :2] = -torch.inf
    teacher = t.clone().requires_grad_()
    naive = functional.kl_div(s.log_softmax(-1), teacher.softmax(-1), reduction="batchmean")
    assert math.isfinite(naive.item())
    assert torch.isnan(torch.autograd.grad(naive, teacher)[0]).any()
    student, teacher = s.clone().requires_grad_(), t.clone().requires_grad_()
    found = kl_loss(student, teacher)
    assert found.item() == pytest.approx(_exact(s, t).mean().item(), rel=1e-5)
    assert all(torch.isfinite(slope).all() for slope in torch.autograd.grad(found, (student, teacher)))
    assert kl_loss(s, t, direction="reverse").item() == math.inf
    assert kl_loss(t, s).item() == math.inf


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_disjoint_supports_are_infinite_or_bounded_never_nan(direction):
    s, t = _two((2, 4), 4)
    s[:, :2], t[:, 2:] = -torch.inf, -torch.inf
    student, teacher = s.requires_grad_(), t.requires_grad_()
    found = kl_loss(student, teacher, direction=direction, reduction="none")
    bounded = {"js": math.log(2), "skew": math.log(2)}
    torch.testing.assert_close(found, torch.full((2,), bounded.get(direction, math.inf)))
    assert all(torch.isfinite(one).all() for one in torch.autograd.grad(found.nan_to_num(posinf=0).sum(), (s, t)))


def test_reverse_at_low_temperature():
    s, t = _two((4, 50), 5)
    s, t = 40 * s, 40 * t
    student = s.clone().requires_grad_()
    naive = functional.kl_div((t / 0.1).log_softmax(-1), (student / 0.1).softmax(-1), reduction="batchmean")
    assert torch.isnan(torch.autograd.grad(naive, student)[0]).any()
    student = s.clone().requires_grad_()
    found = kl_loss(student, t, direction="reverse", temperature=0.1)
    exact = _exact(t / 0.1, s / 0.1).mean().item() * 0.01
    assert found.item() == pytest.approx(exact, rel=1e-5)
    assert torch.isfinite(torch.autograd.grad(found, student)[0]).all()


@pytest.mark.parametrize(("apart", "size"), [(1e-2, 1e-4), (1.5e-3, 1e-6)])
def test_nearly_equal_bfloat16(apart, size):
    student, teacher = _near(torch.bfloat16, apart)
    true = _exact(student, teacher)
    assert 0.1 * size < true.mean() < 10 * size
    naive = (teacher.softmax(-1) * (teacher.log_softmax(-1) - student.log_softmax(-1))).sum(-1).double()
    assert ((naive - true).abs() / true).max() > 1
    found = kl_loss(student, teacher, reduction="none").double()
    assert ((found - true).abs() / true).max() < 1e-3
    assert (found > 0).all()


def test_nearly_equal_float32_is_not_negative():
    student, teacher = _near(torch.float32, 1e-3)
    logs = student.log_softmax(-1), teacher.log_softmax(-1)
    assert (logs[1].exp() * (logs[1] - logs[0])).sum(-1).sub(_exact(student, teacher)).abs().max() > 1e-8
    found = kl_loss(student, teacher, reduction="none").double()
    assert ((found - _exact(student, teacher)).abs() / _exact(student, teacher)).max() < 1e-3
    for direction in DIRECTIONS:
        assert (kl_loss(student, teacher, direction=direction, reduction="none") > 0).all()


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_autocast_changes_nothing(direction):
    s, t = _two((8, 300), 6)
    naive = functional.kl_div(s.log_softmax(-1), t.log_softmax(-1), reduction="batchmean", log_target=True)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        s_cast, t_cast = s.bfloat16(), t.bfloat16()
        cast = functional.kl_div(s_cast.log_softmax(-1), t_cast.log_softmax(-1), reduction="batchmean", log_target=True)
        found = kl_loss(s, t, direction=direction)
        linear = FusedLinearKL(direction=direction)(s, torch.eye(300), t, torch.eye(300))
    assert abs(cast - naive) > 1e-4 * naive
    torch.testing.assert_close(found, kl_loss(s, t, direction=direction), rtol=0, atol=0)
    torch.testing.assert_close(linear, found)


def test_halves_are_computed_in_float32_and_get_their_own_gradient():
    for dtype in (torch.float16, torch.bfloat16):
        s, t = _two((8, 300), 7, dtype)
        student = s.clone().requires_grad_()
        found = kl_loss(student, t)
        exact = s.double().requires_grad_()
        (wanted,) = torch.autograd.grad(_exact(exact, t).mean(), exact)
        (slope,) = torch.autograd.grad(found, student)
        assert found.item() == pytest.approx(_exact(s, t).mean().item(), rel=1e-6)
        assert slope.dtype == dtype
        assert ((slope.double() - wanted).abs() <= 2.0**-8 * wanted.abs() + 2.0**-24).all()


def test_loss_scaling_reaches_small_slopes_of_float16():
    s, t = _two((512, 4096), 8, torch.float16)
    student = s.clone().requires_grad_()
    (slope,) = torch.autograd.grad(kl_loss(student, t) * 2.0**16, student)
    exact = s.double().requires_grad_()
    (wanted,) = torch.autograd.grad(_exact(exact, t).mean() * 2.0**16, exact)
    assert torch.linalg.vector_norm(slope.double() - wanted) < 1e-3 * torch.linalg.vector_norm(wanted)


def test_one_hot_teacher_by_logits():
    s, _ = _two((3, 5), 9)
    t = torch.full((3, 5), -torch.inf)
    t[range(3), range(3)] = 0.0
    teacher = t.clone().requires_grad_()
    naive = functional.kl_div(s.log_softmax(-1), teacher.log_softmax(-1), reduction="batchmean", log_target=True)
    assert torch.isnan(naive)
    student = s.clone().requires_grad_()
    found = kl_loss(student, teacher)
    torch.testing.assert_close(found, functional.cross_entropy(s, torch.arange(3)))
    assert all(torch.isfinite(one).all() for one in torch.autograd.grad(found, (student, teacher)))


def test_underflowed_rows():
    s, t = torch.tensor([[0.0, -300.0, 5.0]]), torch.tensor([[200.0, 0.0, -200.0]])
    student, teacher = s.requires_grad_(), t.requires_grad_()
    for direction in DIRECTIONS:
        found = kl_loss(student, teacher, direction=direction)
        assert math.isfinite(found.item())
        assert all(torch.isfinite(one).all() for one in torch.autograd.grad(found, (student, teacher)))
    assert kl_loss(s, t).item() == pytest.approx(_exact(s, t).item(), rel=1e-6)
    p, q = torch.tensor([[1.0, 0.0, 1e-42]]), torch.tensor([[1e-41, 1.0, 1e-30]])
    student, teacher = p.requires_grad_(), q.requires_grad_()
    slopes = torch.autograd.grad(kl_loss(student, teacher, given="probs", direction="js"), (student, teacher))
    assert all(torch.isfinite(one).all() for one in slopes)


def test_larger_vocabulary_of_the_teacher_is_not_padded_with_zeros():
    s, _ = _two((4, 10), 10)
    teacher = functional.pad(s, (0, 6), value=-torch.inf)  # the same model, its padding masked
    naive = functional.pad(s, (0, 6)).log_softmax(-1)
    log_target = teacher.log_softmax(-1)
    off = torch.where(log_target > -torch.inf, log_target.exp() * (log_target - naive), 0.0).sum(-1).mean()
    assert off > 0.1
    assert DistillationLoss()(s, teacher).item() == 0.0
    assert FusedLinearKL()(torch.eye(10), s.new_ones(10, 10), torch.eye(10), s.new_ones(10, 10)).item() == 0.0
    student = functional.pad(s, (0, 6), value=0.5)
    assert DistillationLoss(direction="reverse")(s, functional.pad(s, (0, 6), value=0.5)).item() > 0
    with pytest.raises(ValueError, match="vocabulary='common'"):
        DistillationLoss()(s, student)
    assert DistillationLoss(vocabulary="common")(s, student).item() == pytest.approx(0.0, abs=1e-12)


def test_second_backward_gives_the_same_again():
    s, t = _two((4, 9), 12)
    student = s.requires_grad_()
    for loss in (kl_loss(student, t), FusedLinearKL()(student, torch.eye(9), t, torch.eye(9))):
        first, second = (torch.autograd.grad(3 * loss, student, retain_graph=True)[0] for _ in range(2))
        torch.testing.assert_close(first, second)


def test_no_row_left_gives_zero_with_zero_gradient():
    s, t = _two((2, 3, 5), 13)
    mask = torch.zeros(2, 3, dtype=torch.bool)
    kept = functional.kl_div(s.log_softmax(-1), t.softmax(-1), reduction="none").sum(-1)[mask]
    assert torch.isnan(kept.mean())
    weight = torch.randn(7, 5, generator=torch.Generator().manual_seed(0)).requires_grad_()
    student = s.requires_grad_()
    losses = {
        "plain": kl_loss(student, t, mask=mask),
        "module": KLLoss()(student, t, mask=mask, num_items=0),
        "distillation": DistillationLoss(hard_weight=0.5)(student, t, torch.full((2, 3), -100)),
        "fused": FusedLinearKL()(student, weight, t, weight, mask=mask),
    }
    for name, loss in losses.items():
        assert loss.item() == 0.0, name
        assert (torch.autograd.grad(loss, student)[0] == 0).all(), name


def test_masked_rows_may_hold_anything():
    s, t = _two((3, 5), 14)
    wanted = kl_loss(s[:2], t[:2]).item()
    s[2], t[2] = torch.nan, torch.inf
    mask = torch.tensor([True, True, False])
    student, teacher = s.requires_grad_(), t.requires_grad_()
    eye = torch.eye(5)
    for loss in (kl_loss(student, teacher, mask=mask), FusedLinearKL()(student, eye, teacher, eye, mask=mask)):
        assert loss.item() == pytest.approx(wanted, rel=1e-6)
        for slope in torch.autograd.grad(loss, (student, teacher)):
            assert torch.isfinite(slope).all()
            assert (slope[2] == 0).all()


def test_logits_rounded_to_bfloat16_are_not_accurate_enough():
    chance = torch.Generator().manual_seed(15)
    hidden = torch.randn(256, 64, generator=chance).bfloat16().requires_grad_()
    weight = (0.3 * torch.randn(4096, 64, generator=chance)).bfloat16().requires_grad_()
    near = (weight.float() * (1 + 3e-3 * torch.randn(4096, 64, generator=chance))).bfloat16().detach()
    teacher = hidden.detach()
    wide = [one.detach().double().requires_grad_() for one in (hidden, weight)]
    exact = _exact(wide[0] @ wide[1].T, teacher.double() @ near.double().T).mean()
    wanted = torch.autograd.grad(exact, wide)
    logits = (hidden @ weight.T).float(), (teacher @ near.T).float()  # a softmax in float32 comes too late
    naive = torch.autograd.grad(_exact(*logits).mean(), (hidden, weight))
    found = torch.autograd.grad(FusedLinearKL()(hidden, weight, teacher, near), (hidden, weight))

    def error(slopes):
        return [((a.double() - b).norm() / b.norm()).item() for a, b in zip(slopes, wanted, strict=True)]

    assert exact < 1e-3
    assert min(error(naive)) > 0.05
    assert max(error(found)) < 5e-3
