"""Teachers known by their likeliest outcomes: a lower bound, never negative, honest about what is left out."""

import pytest
import torch

from kullback.nn import DistillationLoss, FusedLinearKL, TopKTeacher, kl_loss

DIRECTIONS = ("forward", "reverse", "jeffreys", "js", "skew")


def _rows(seed=0, rows=20, entries=30):
    chance = torch.Generator().manual_seed(seed)
    s, t = (2 * torch.randn(rows, entries, generator=chance, dtype=torch.float64) for _ in range(2))
    return s, t


def _top(teacher, k):
    logs, indices = teacher.log_softmax(-1).topk(k)
    return TopKTeacher(indices, logs)


def _merged(laws, indices):
    """Probabilities of the named outcomes and of the rest."""
    named = laws.gather(-1, indices)
    return torch.cat([named, 1 - named.sum(-1, keepdim=True)], -1)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("k", [1, 5, 29, 30])
def test_it_is_the_divergence_of_merged_outcomes_and_a_lower_bound(direction, k):
    s, t = _rows()
    top = _top(t, k)
    found = kl_loss(s, top, direction=direction, weight=0.3, reduction="none")
    full = kl_loss(s, t, direction=direction, weight=0.3, reduction="none")
    assert (found >= 0).all()
    assert (found <= full * (1 + 1e-9)).all()
    if k == 30:
        torch.testing.assert_close(found, full)
        return
    sides = (_merged(side.softmax(-1), top.indices).clamp(min=0) for side in (s, t))
    torch.testing.assert_close(
        found, kl_loss(*sides, direction=direction, weight=0.3, given="probs", reduction="none"), rtol=1e-7, atol=1e-12
    )


def test_more_outcomes_tighten_the_bound():
    s, t = _rows(1)
    bounds = [kl_loss(s, _top(t, k)).item() for k in (1, 2, 4, 8, 16, 30)]
    assert bounds == sorted(bounds)
    assert bounds[-1] == pytest.approx(kl_loss(s, t).item())


def test_rescaling_to_one_is_no_bound_and_can_be_larger():
    s, t = _rows(2)
    top = _top(t, 3)
    scaled = top.log_probs.log_softmax(-1)
    naive = (scaled.exp() * (scaled - s.log_softmax(-1).gather(-1, top.indices))).sum(-1)
    assert (naive > kl_loss(s, t, reduction="none")).any()
    assert (kl_loss(s, top, reduction="none") <= kl_loss(s, t, reduction="none")).all()


def test_a_student_equal_on_the_named_outcomes_loses_nothing():
    _, t = _rows(3)
    top = _top(t, 4)
    rest = torch.ones_like(t).scatter(-1, top.indices, 0.0).bool()
    student = torch.where(
        rest, t.masked_fill(~rest, -torch.inf).logsumexp(-1, keepdim=True) - torch.tensor(26.0).log(), t
    )
    assert kl_loss(student, top).item() == pytest.approx(0.0, abs=1e-12)
    assert kl_loss(student, t).item() > 0.01


def test_rows_that_hold_fewer_outcomes():
    s, t = _rows(4, rows=2, entries=6)
    logs, indices = t.log_softmax(-1).topk(3)
    indices[1, 2], logs[1, 2] = -1, -torch.inf
    found = kl_loss(s, TopKTeacher(indices, logs), reduction="none")
    alone = kl_loss(s[1:], TopKTeacher(indices[1:, :2], logs[1:, :2]), reduction="none")
    torch.testing.assert_close(found[1:], alone)


def test_mass_left_out_is_reported():
    _, t = _rows(5)
    top = _top(t, 3)
    torch.testing.assert_close(top.tail_mass, 1 - t.softmax(-1).topk(3).values.sum(-1))
    assert f"mean mass left out {top.tail_mass.mean():.3g}" in repr(top)


def test_temperature_must_be_that_of_the_teacher():
    s, t = _rows(6)
    with pytest.raises(ValueError, match="cannot be softened"):
        kl_loss(s, _top(t, 3), temperature=2.0)
    softened = _top(t / 2, 3)
    at_two = TopKTeacher(softened.indices, softened.log_probs, temperature=2.0)
    assert 0 < kl_loss(s, at_two, temperature=2.0) <= kl_loss(s, t, temperature=2.0)
    assert DistillationLoss(temperature=2.0)(s, at_two).item() == kl_loss(s, at_two, temperature=2.0).item()


def test_masked_logits_and_masked_rows():
    s, t = _rows(7, rows=3, entries=8)
    s[:, 5:] = t[:, 5:] = -torch.inf
    found = kl_loss(s, _top(t, 2))
    torch.testing.assert_close(found, kl_loss(s[:, :5], _top(t[:, :5], 2)))
    s[2] = torch.nan
    mask = torch.tensor([True, True, False])
    student = s.requires_grad_()
    eye = torch.eye(8, dtype=torch.float64)
    finite = torch.where(torch.isfinite(s), s, 0.0).detach()
    for loss in (kl_loss(student, _top(t, 2), mask=mask), kl_loss(student, t.argmax(-1), mask=mask)):
        (slope,) = torch.autograd.grad(loss, student)
        assert torch.isfinite(slope).all()
        assert (slope[2] == 0).all()
    fused = FusedLinearKL()(finite, eye, _top(finite, 2), mask=mask)
    assert fused.item() == pytest.approx(0.0, abs=1e-20)


def test_bad_teachers_have_one_clear_error():
    s, t = _rows(8)
    top = _top(t, 3)
    twice = top.indices.clone()
    twice[:, 1] = twice[:, 0]
    for call, message in (
        (lambda: TopKTeacher(top.log_probs, top.indices), "in this order"),
        (lambda: TopKTeacher(top.indices, top.log_probs[:, :2]), r"\(\.\.\., k\)"),
        (lambda: TopKTeacher(top.indices, t.topk(3).values), "neither logits"),
        (lambda: TopKTeacher(top.indices, torch.zeros_like(top.log_probs)), "add up to 3"),
        (lambda: TopKTeacher(twice, top.log_probs), "named twice"),
        (lambda: TopKTeacher(top.indices - 9, top.log_probs), "go down to"),
        (lambda: TopKTeacher(top.indices, top.log_probs, temperature=0.0), "temperature"),
        (lambda: TopKTeacher(top.indices, top.log_probs, temperature="2"), "temperature='2'"),
        (lambda: TopKTeacher([1], [0.0]), "two tensors"),
        (lambda: kl_loss(s[:, :5], top), "one tokenizer"),
        (lambda: kl_loss(s[:5], top), "k outcomes for each row"),
        (lambda: kl_loss(s * torch.nan, top), "row 0 of student holds NaN"),
    ):
        with pytest.raises(ValueError, match=message):
            call()
