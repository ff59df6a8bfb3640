"""Derivatives of every order, by every way that torch has."""

import pytest
import torch

from kullback.nn import FusedLinearKL, TopKTeacher, kl_loss

DIRECTIONS = ("forward", "reverse", "jeffreys", "js", "skew")


def _sides(seed=0, rows=3, entries=5):
    chance = torch.Generator().manual_seed(seed)
    return [torch.randn(rows, entries, generator=chance, dtype=torch.float64).requires_grad_() for _ in range(2)]


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("given", ["logits", "log_probs", "probs"])
def test_first_and_second_derivatives_by_differences(direction, given):
    options = {"direction": direction, "given": given, "temperature": 1.5, "weight": 0.3}
    norm = {"logits": lambda x: x, "log_probs": lambda x: x.log_softmax(-1), "probs": lambda x: x.softmax(-1)}[given]
    assert torch.autograd.gradcheck(lambda s, t: kl_loss(norm(s), norm(t), **options), _sides())
    assert torch.autograd.gradgradcheck(lambda s, t: kl_loss(norm(s), norm(t), **options), _sides())


def test_rows_have_gradients_of_their_own():
    mask = torch.tensor([True, False, True])
    assert torch.autograd.gradcheck(lambda s, t: kl_loss(s, t, mask=mask, reduction="none"), _sides())


def test_curvature_of_equal_sides_is_the_fisher_information():
    s, _ = _sides(1)
    step = torch.randn(3, 5, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    p = s.detach().softmax(-1)
    wanted = (p * step - p * (p * step).sum(-1, keepdim=True)) / 3
    scales = {"forward": 1.0, "reverse": 1.0, "jeffreys": 2.0, "js": 0.25, "skew": 0.25}
    for direction, scale in scales.items():
        (slope,) = torch.autograd.grad(kl_loss(s, s.detach(), direction=direction), s, create_graph=True)
        (found,) = torch.autograd.grad(slope, s, step)
        torch.testing.assert_close(found, scale * wanted)


def test_hessian_vector_product_of_the_usual_loss_agrees():
    s, t = _sides(3)
    step = torch.ones_like(s).cumsum(-1)
    naive = torch.nn.functional.kl_div(s.log_softmax(-1), t.softmax(-1), reduction="batchmean")
    products = []
    for loss in (kl_loss(s, t), naive):
        (slope,) = torch.autograd.grad(loss, s, create_graph=True)
        products.append(torch.autograd.grad(slope, s, step)[0])
    torch.testing.assert_close(*products)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_transforms_of_torch_func(direction):
    s, t = (side.detach() for side in _sides(4))
    each = torch.func.vmap(torch.func.grad(lambda a, b: kl_loss(a, b, direction=direction)))(s, t)
    s.requires_grad_()
    (wanted,) = torch.autograd.grad(kl_loss(s, t, direction=direction, reduction="sum"), s)
    torch.testing.assert_close(each, wanted)
    hessian = torch.func.hessian(lambda a: kl_loss(a, t[0], direction=direction))(s[0].detach())
    torch.testing.assert_close(hessian, hessian.T)


def test_under_compile():
    # No compiler of C is asked of the machine.
    compiled = torch.compile(lambda s, t: kl_loss(s, t, direction="js"), backend="aot_eager", fullgraph=True)
    s, t = _sides(5)
    torch.testing.assert_close(
        torch.autograd.grad(compiled(s, t), (s, t)), torch.autograd.grad(kl_loss(s, t, direction="js"), (s, t))
    )


# torch.compile warns of what it tries itself on its way to falling back.
@pytest.mark.filterwarnings("ignore")
def test_fused_refuses_transforms_and_runs_under_compile():
    h, w, b, th, tw, tb = _linear(2, entries=(11, 11))
    fused = FusedLinearKL()
    with pytest.raises(ValueError, match="Use kl_loss"):
        torch.func.grad(lambda x: fused(x, w.detach(), th.detach(), tw.detach()))(h.detach())
    compiled = torch.compile(fused, backend="aot_eager")
    torch.testing.assert_close(
        compiled(h, w, th, tw, bias=b, teacher_bias=tb), fused(h, w, th, tw, bias=b, teacher_bias=tb)
    )


def _linear(seed=0, entries=(11, 13)):
    chance = torch.Generator().manual_seed(seed)
    shapes = (6, 4), (entries[0], 4), entries[:1], (6, 3), (entries[1], 3), entries[1:]
    return [torch.randn(*shape, generator=chance, dtype=torch.float64).requires_grad_() for shape in shapes]


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_fused_by_differences(direction):
    fused = FusedLinearKL(direction=direction, temperature=1.5, weight=0.3, vocabulary="common", chunk=4)
    mask = torch.tensor([True, True, False, True, True, True])

    def loss(h, w, b, th, tw, tb):
        return fused(h, w, th, tw, bias=b, teacher_bias=tb, mask=mask)

    assert torch.autograd.gradcheck(loss, _linear())
    assert torch.autograd.gradgradcheck(loss, _linear())


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_top_k_by_differences(direction):
    s, t = _sides(6, entries=7)
    top = TopKTeacher(*reversed(t.detach().log_softmax(-1).topk(3)))
    h, w, b, *_ = _linear(1, entries=(7, 7))
    hidden = h[:3].detach().requires_grad_()
    assert torch.autograd.gradcheck(lambda side: kl_loss(side, top, direction=direction), s)
    assert torch.autograd.gradgradcheck(lambda side: kl_loss(side, top, direction=direction), s)
    fused = FusedLinearKL(direction=direction)
    assert torch.autograd.gradcheck(lambda x, y, z: fused(x, y, top, bias=z), (hidden, w, b))
    assert torch.autograd.gradgradcheck(lambda x, y, z: fused(x, y, top, bias=z), (hidden, w, b))
