"""Values of the losses against 40-digit sums, float64 sums and published numbers."""

import mpmath
import pytest
import torch

from kullback.nn import DistillationLoss, KLLoss, kl_loss

DIRECTIONS = ("forward", "reverse", "jeffreys", "js", "skew")


def _laws(logits: torch.Tensor) -> list[mpmath.mpf]:
    weights = [mpmath.exp(mpmath.mpf(x)) for x in logits.double().tolist()]
    return [weight / mpmath.fsum(weights) for weight in weights]


def _divergence(p: list[mpmath.mpf], q: list[mpmath.mpf]) -> mpmath.mpf:
    return mpmath.fsum(a * mpmath.log(a / b) for a, b in zip(p, q, strict=True))


def truth(student: torch.Tensor, teacher: torch.Tensor, direction: str, weight: float) -> float:
    """Of one row, by the definition."""
    with mpmath.workdps(40):
        s, t = _laws(student), _laws(teacher)
        m = [weight * a + (1 - weight) * b for a, b in zip(t, s, strict=True)]
        return float(
            {
                "forward": lambda: _divergence(t, s),
                "reverse": lambda: _divergence(s, t),
                "jeffreys": lambda: _divergence(s, t) + _divergence(t, s),
                "js": lambda: weight * _divergence(t, m) + (1 - weight) * _divergence(s, m),
                "skew": lambda: _divergence(t, m),
            }[direction]()
        )


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("weight", [0.1, 0.5])
@pytest.mark.parametrize(
    ("apart", "dtype", "allowed"),
    [
        (1e-3, torch.float64, 1e-10),
        (1.0, torch.float64, 1e-13),
        (100.0, torch.float64, 1e-12),
        (2e-3, torch.float32, 1e-3),
        (1.0, torch.float32, 2e-6),
        (100.0, torch.float32, 6e-6),  # differences of logits near 300 round to 1.5e-5
        (1.0, torch.bfloat16, 2e-6),
        (1.0, torch.float16, 2e-6),
    ],
)
def test_value_is_the_sum(direction, weight, apart, dtype, allowed):
    chance = torch.Generator().manual_seed(5)
    teacher = (3 * torch.randn(4, 60, generator=chance, dtype=torch.float64)).to(dtype)
    student = (teacher.double() + apart * torch.randn(4, 60, generator=chance, dtype=torch.float64)).to(dtype)
    found = kl_loss(student, teacher, direction=direction, weight=weight, reduction="none")
    wanted = [truth(s, t, direction, weight) for s, t in zip(student, teacher, strict=True)]
    assert found.dtype == (torch.float64 if dtype == torch.float64 else torch.float32)
    assert found.tolist() == pytest.approx(wanted, rel=allowed)
    assert (found >= 0).all()


def test_published_numbers():
    student, teacher = torch.tensor([1.0, 1.0, 0.0]).double(), torch.tensor([2.0, 1.0, -1.0]).double()
    assert kl_loss(student, teacher).item() == pytest.approx(0.183248073028966, rel=1e-13)
    assert kl_loss(student, teacher, temperature=2.0).item() == pytest.approx(0.264753400354123, rel=1e-13)
    student = torch.tensor([0.9, 0.05, 0.05], dtype=torch.float64)
    teacher = torch.tensor([0.99, 0.006, 0.004], dtype=torch.float64)
    assert kl_loss(student, teacher, given="probs").item() == pytest.approx(0.071532582211848, rel=1e-12)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_equal_sides_give_exactly_nothing(direction):
    logits = torch.randn(3, 50, generator=torch.Generator().manual_seed(0))
    assert kl_loss(logits, logits.clone(), direction=direction).item() == 0.0


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_what_is_given_does_not_matter(direction):
    chance = torch.Generator().manual_seed(3)
    s, t = (torch.randn(5, 9, generator=chance, dtype=torch.float64) for _ in range(2))
    kinds = {
        "logits": (s, t),
        "log_probs": (s.log_softmax(-1), t.log_softmax(-1)),
        "probs": (s.softmax(-1), t.softmax(-1)),
    }
    found = []
    for given, sides in kinds.items():
        student, teacher = (side.requires_grad_() for side in sides)
        found.append(kl_loss(student, teacher, direction=direction, given=given).item())
    assert found[1:] == pytest.approx([found[0]] * 2, rel=1e-12)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("given", ["log_probs", "probs"])
def test_gradient_through_the_normalization_is_that_by_logits(direction, given):
    chance = torch.Generator().manual_seed(4)
    s, t = (torch.randn(5, 9, generator=chance, dtype=torch.float64).requires_grad_() for _ in range(2))
    wanted = torch.autograd.grad(kl_loss(s, t, direction=direction), (s, t))
    made = [side.log_softmax(-1) if given == "log_probs" else side.softmax(-1) for side in (s, t)]
    found = torch.autograd.grad(kl_loss(*made, direction=direction, given=given), (s, t))
    torch.testing.assert_close(found, wanted, rtol=1e-10, atol=1e-15)


def test_temperature_softens_both_sides_and_keeps_the_gradient():
    chance = torch.Generator().manual_seed(6)
    s, t = (torch.randn(50, 10, generator=chance, dtype=torch.float64).requires_grad_() for _ in range(2))
    sizes = {T: torch.autograd.grad(kl_loss(s, t, temperature=T), s)[0].norm().item() for T in (1.0, 4.0, 20.0)}
    without = torch.autograd.grad(kl_loss(s / 20, t / 20), s)[0].norm().item()
    assert 0.5 < sizes[20.0] / sizes[1.0] < 1.5
    assert without < 0.01 * sizes[1.0]  # the trap: without T² nothing is learned
    assert sizes[20.0] == pytest.approx(400 * without)


def test_labels_give_the_cross_entropy():
    chance = torch.Generator().manual_seed(7)
    logits = torch.randn(6, 11, generator=chance, dtype=torch.float64).requires_grad_()
    labels = torch.randint(0, 11, (6,), generator=chance)
    found, wanted = kl_loss(logits, labels), torch.nn.functional.cross_entropy(logits, labels)
    torch.testing.assert_close(found, wanted)
    torch.testing.assert_close(torch.autograd.grad(found, logits), torch.autograd.grad(wanted, logits))


def test_one_hot_teacher_is_the_cross_entropy_too():
    logits = torch.randn(6, 11, generator=torch.Generator().manual_seed(8), dtype=torch.float64)
    labels = torch.arange(6)
    teacher = torch.nn.functional.one_hot(labels, 11).double().requires_grad_()
    found = kl_loss(logits.softmax(-1), teacher, given="probs")
    torch.testing.assert_close(found, torch.nn.functional.cross_entropy(logits, labels))
    assert torch.isfinite(torch.autograd.grad(found, teacher)[0]).all()


def test_distillation_adds_labels_and_ignores_both_terms_of_ignored_rows():
    chance = torch.Generator().manual_seed(9)
    s, t = (torch.randn(4, 7, generator=chance, dtype=torch.float64) for _ in range(2))
    labels = torch.tensor([1, -100, 3, 6])
    kept = labels >= 0
    soft = kl_loss(s[kept], t[kept], temperature=3.0)
    hard = torch.nn.functional.cross_entropy(s, labels)
    found = DistillationLoss(temperature=3.0, hard_weight=0.3)(s, t, labels)
    torch.testing.assert_close(found, 0.7 * soft + 0.3 * hard)
    one = DistillationLoss(temperature=3.0, hard_weight=1.0)(s, t, labels)
    torch.testing.assert_close(one, hard)


def test_modules_are_the_function_and_say_their_direction():
    s, t = torch.randn(2, 3, 5, generator=torch.Generator().manual_seed(1)).unbind()
    for direction in DIRECTIONS:
        module = KLLoss(direction=direction, temperature=2.0, weight=0.25)
        torch.testing.assert_close(module(s, t), kl_loss(s, t, direction=direction, temperature=2.0, weight=0.25))
        assert "‖" in repr(module)
        assert "nats" in repr(module)


def test_widths_beyond_a_block_and_single_rows():
    chance = torch.Generator().manual_seed(2)
    s, t = torch.randn(2, 3, 300_000, generator=chance).unbind()
    wanted = [
        (b.exp() * (b - a)).sum().item()
        for a, b in zip(s.double().log_softmax(-1), t.double().log_softmax(-1), strict=True)
    ]
    assert kl_loss(s, t, reduction="none").tolist() == pytest.approx(wanted, rel=1e-6)
    assert kl_loss(s[0], t[0]).item() == pytest.approx(wanted[0], rel=1e-6)
