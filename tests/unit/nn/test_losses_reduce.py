"""One reducer: masks, a global number of items, and what it refuses."""

import pytest
import torch

from kullback.nn import DistillationLoss, FusedLinearKL, KLLoss, count_items, kl_loss, reduce_rows


def _batch(seed=0, shape=(6, 9, 11)):
    chance = torch.Generator().manual_seed(seed)
    s, t = (torch.randn(*shape, generator=chance, dtype=torch.float64) for _ in range(2))
    # Batches of very unequal length, as in training on texts.
    lengths = torch.tensor([9, 1, 4, 9, 2, 1])[: shape[0]]
    return s, t, torch.arange(shape[1]) < lengths[:, None]


def _losses():
    eye = torch.eye(11, dtype=torch.float64)
    labels = torch.zeros(6, 9, dtype=torch.long)
    distill = DistillationLoss(hard_weight=0.4)
    fused = FusedLinearKL(direction="js")
    return {
        "plain": lambda s, t, rows, **more: KLLoss()(s[rows], t[rows], **more),
        "distillation": lambda s, t, rows, **more: distill(s[rows], t[rows], labels[rows], **more),
        "fused": lambda s, t, rows, **more: fused(s[rows], eye, t[rows], eye, **more),
    }


@pytest.mark.parametrize("name", ["plain", "distillation", "fused"])
def test_accumulated_batches_are_the_whole_batch(name):
    s, t, mask = _batch()
    loss = _losses()[name]
    s.requires_grad_()
    (wanted,) = torch.autograd.grad(loss(s, t, slice(0, 6), mask=mask), s)
    halves = slice(0, 2), slice(2, 6)
    items = count_items([mask[half] for half in halves])
    assert items.item() == mask.sum().item()
    for number in (items, items.item(), int(items)):
        total = sum(loss(s, t, half, mask=mask[half], num_items=number) for half in halves)
        torch.testing.assert_close(torch.autograd.grad(total, s)[0], wanted)
    means = sum(loss(s, t, half, mask=mask[half]) for half in halves) / 2
    (off,) = torch.autograd.grad(means, s)
    assert (off - wanted).norm() > 0.1 * wanted.norm()  # the trap: the mean of means weighs short texts more


def test_reductions():
    s, t, mask = _batch()
    rows = kl_loss(s, t, reduction="none")
    assert rows.shape == (6, 9)
    torch.testing.assert_close(kl_loss(s, t), rows.mean())
    torch.testing.assert_close(kl_loss(s, t, mask=mask), rows[mask].mean())
    torch.testing.assert_close(kl_loss(s, t, mask=mask, reduction="sum"), rows[mask].sum())
    torch.testing.assert_close(kl_loss(s, t, mask=mask, reduction="none"), rows * mask)
    torch.testing.assert_close(kl_loss(s, t, mask=mask.long()), rows[mask].mean())
    torch.testing.assert_close(reduce_rows(rows, mask=mask, num_items=7), rows[mask].sum() / 7)
    assert kl_loss(s[:0], t[:0]).item() == 0.0


def test_bad_options_have_one_clear_error():
    rows = torch.ones(2, 3)
    for call, message in (
        (lambda: reduce_rows(rows, mask=torch.ones(2)), r"mask has shape \(2,\)"),
        (lambda: reduce_rows(rows, mask=torch.ones(2, 3)), "booleans"),
        (lambda: reduce_rows(rows, mask=torch.full((2, 3), 2)), "other than 0 and 1"),
        (lambda: reduce_rows(rows, mask=[[True] * 3] * 2), "mask is a list"),
        (lambda: reduce_rows(rows, num_items=-1), "num_items=-1"),
        (lambda: reduce_rows(rows, num_items=torch.tensor(float("nan"))), "num_items=nan"),
        (lambda: reduce_rows(rows, num_items=torch.ones(2)), "one number"),
        (lambda: reduce_rows(rows, num_items=3, reduction="sum"), "Leave one"),
        (lambda: reduce_rows(rows, reduction="average"), "'mean'"),
        (lambda: count_items([]), "no mask"),
        (lambda: count_items([1]), "not a tensor"),
    ):
        with pytest.raises(ValueError, match=message):
            call()
