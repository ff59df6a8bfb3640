"""Input that cannot be used has one clear error each."""

import pytest
import torch

from kullback import InputError
from kullback.nn import DistillationLoss, KLLoss, kl_loss


def _two(shape=(4, 6), seed=0):
    chance = torch.Generator().manual_seed(seed)
    return [torch.randn(*shape, generator=chance) for _ in range(2)]


def _with(tensor, row, value):
    changed = tensor.clone()
    changed[row] = value
    return changed


S, T = _two()

CASES = {
    "shapes": (lambda: kl_loss(S, T[:2]), r"student has shape \(4, 6\), teacher \(2, 6\)"),
    "vocabularies": (lambda: kl_loss(S, T[:, :4]), "unequal size"),
    "no tensor": (lambda: kl_loss(S.numpy(), T), "student is a ndarray"),
    "teacher no tensor": (lambda: kl_loss(S, [1, 2]), "teacher is a list"),
    "whole numbers": (lambda: kl_loss(S.long(), T), "dtype torch.int64"),
    "no outcome": (lambda: kl_loss(S[:, :0], T[:, :0]), "at least one outcome"),
    "scalar": (lambda: kl_loss(torch.tensor(1.0), torch.tensor(1.0)), "at least one outcome"),
    "probabilities": (lambda: kl_loss(S, T.softmax(-1)), "teacher holds probabilities"),
    "half probabilities": (lambda: kl_loss(S.bfloat16(), T.softmax(-1).bfloat16()), "teacher holds probabilities"),
    "negative": (lambda: kl_loss(S, T, given="probs"), "not negative"),
    "not log": (lambda: kl_loss(S, T, given="log_probs"), "given='logits'"),
    "nan": (lambda: kl_loss(_with(S, 2, torch.nan), T), "row 2 of student holds NaN"),
    "nan teacher": (lambda: kl_loss(S, _with(T, 1, torch.nan)), "row 1 of teacher holds NaN"),
    "inf": (lambda: kl_loss(_with(S, 3, torch.inf), T), r"row 3 of student holds \+inf"),
    "nothing allowed": (lambda: kl_loss(S, _with(T, 0, -torch.inf)), "row 0 of teacher excludes every outcome"),
    "direction": (lambda: kl_loss(S, T, direction="kl"), "'forward', D"),
    "given": (lambda: kl_loss(S, T, given="probabilities"), "'log_probs' or 'probs'"),
    "temperature": (lambda: kl_loss(S, T, temperature=0), "temperature=0"),
    "temperature word": (lambda: kl_loss(S, T, temperature="2"), "temperature='2'"),
    "weight": (lambda: kl_loss(S, T, direction="js", weight=1.5), "weight=1.5"),
    "labels": (lambda: kl_loss(S, torch.tensor([0, 1, 2, 9])), "labels go from 0 to 9"),
    "labels shape": (lambda: kl_loss(S, torch.tensor([0, 1])), r"shape \(2,\)"),
    "ignored label": (lambda: kl_loss(S, torch.tensor([0, 1, 2, -100])), "ignores -100"),
    "module": (lambda: KLLoss(direction="forwards"), "'forward', D"),
    "hard weight": (lambda: DistillationLoss(hard_weight=2), "hard_weight=2"),
    "missing labels": (lambda: DistillationLoss(hard_weight=0.5)(S, T), "needs labels"),
    "labels of another shape": (lambda: DistillationLoss()(S, T, torch.tensor([1])), "labels have shape"),
    "labels list": (lambda: DistillationLoss()(S, T, [0, 1, 2, 3]), "labels are a list"),
    "labels beyond": (
        lambda: DistillationLoss(hard_weight=0.5)(S, T, torch.tensor([0, 1, 2, 9])),
        "labels go from 0 to 9",
    ),
    "hard weight word": (lambda: DistillationLoss(hard_weight="1"), "hard_weight='1'"),
    "items word": (lambda: kl_loss(S, T, num_items="4"), "num_items='4'"),
    "items yes": (lambda: kl_loss(S, T, num_items=True), "num_items=True"),
    "sparse": (lambda: kl_loss(S.to_sparse(), T), r"student.to_dense\(\)"),
    "no teacher": (lambda: DistillationLoss()(S, None), "teacher is a NoneType"),
}


@pytest.mark.parametrize("name", CASES)
def test_one_clear_error(name):
    call, message = CASES[name]
    with pytest.raises(InputError, match=message):
        call()


def test_what_is_allowed_although_it_looks_odd():
    one_hot = torch.tensor([[1.0, 0.0]])  # logits of two outcomes, and probabilities as well
    assert kl_loss(one_hot, one_hot).item() == 0.0
    assert kl_loss(torch.zeros(3, 1), torch.ones(3, 1)).item() == 0.0
    assert kl_loss(S[0], T[0]).shape == ()
    assert kl_loss(S.T.contiguous().T, T).item() == pytest.approx(kl_loss(S, T).item())


def test_inputs_stay_as_they_are():
    s, t = _two(seed=1)
    kept = s.clone(), t.clone()
    for direction in ("forward", "reverse", "jeffreys", "js", "skew"):
        kl_loss(s.requires_grad_(), t, direction=direction).backward()
    torch.testing.assert_close((s.detach(), t), kept, rtol=0, atol=0)
