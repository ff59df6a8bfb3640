"""Known functions against their verdicts."""

import math

import numpy as np
import pytest
import scipy.stats
from scipy.spatial.distance import jensenshannon
from scipy.special import kl_div, rel_entr

from kullback._core import InputError
from kullback.divergences._audit import audit

FORWARD, BACKWARD = ("Kullback-Leibler divergence", "p‖q"), ("Kullback-Leibler divergence", "q‖p")
JENSEN_SHANNON = ("Jensen-Shannon divergence", None)
SUM, ROWS, MEAN, ENTRIES, OUTCOMES, COLUMNS, VECTOR = (
    "sum over rows and outcomes",
    "one value per row",
    "mean of the rows",
    "mean of all entries",
    "one value per outcome",
    "one value per column",
    "one value per pair of vectors",
)


def _textbook(p, q):
    return p * np.log(p / q)


def _clipped(p, q):
    p, q = np.clip(p, 1e-7, 1), np.clip(q, 1e-7, 1)
    return _textbook(p, q).sum(axis=-1)


def _smoothed(p, q):
    p, q = p + 1e-6, q + 1e-6
    return rel_entr(p / p.sum(-1, keepdims=True), q / q.sum(-1, keepdims=True)).sum(-1)


def _masked(p, q):
    return np.where(p > 0, p * np.log(np.where(p > 0, p, 1) / q), 0).sum()


def _both_positive(p, q):
    good = (p > 0) & (q > 0)
    return _textbook(p[good], q[good]).sum()


def _to_middle(p, q):
    return (rel_entr(p, (p + q) / 2) + rel_entr(q, (p + q) / 2)).sum() / 2


def _scalar_loop(p, q):
    return sum(float(a) * math.log(a / b) for a, b in zip(p, q, strict=True))


# function, quantity and direction, base, reduction, factor, epsilon, whether the totals do not matter
NUMPY = {
    "scipy.stats.entropy": (scipy.stats.entropy, FORWARD, math.e, COLUMNS, 1, None, True),
    "entropy base 2": (lambda p, q: scipy.stats.entropy(p, q, base=2, axis=-1), FORWARD, 2, ROWS, 1, None, True),
    "rel_entr": (rel_entr, FORWARD, math.e, OUTCOMES, 1, None, False),
    "rel_entr sum": (lambda p, q: rel_entr(p, q).sum(), FORWARD, math.e, SUM, 1, None, False),
    "kl_div": (kl_div, FORWARD, math.e, OUTCOMES, 1, None, False),
    "kl_div sum": (lambda p, q: kl_div(p, q).sum(), FORWARD, math.e, SUM, 1, None, False),
    "jensenshannon": (jensenshannon, ("root of the Jensen-Shannon divergence", None), math.e, COLUMNS, 1, None, True),
    "its square": (lambda p, q: jensenshannon(p, q, 2, axis=1) ** 2, JENSEN_SHANNON, 2, ROWS, 1, None, True),
    "to the middle": (_to_middle, JENSEN_SHANNON, math.e, SUM, 1, None, False),
    "Jeffreys": (
        lambda p, q: ((p - q) * np.log(p / q)).sum(),
        ("Jeffreys divergence", None),
        math.e,
        SUM,
        1,
        None,
        False,
    ),
    "half of it": (
        lambda p, q: ((p - q) * np.log2(p / q)).sum() / 2,
        ("Jeffreys divergence", None),
        2,
        SUM,
        0.5,
        None,
        False,
    ),
    "reversed": (lambda p, q: _textbook(q, p).sum(), BACKWARD, math.e, SUM, 1, None, False),
    "negated": (lambda p, q: (p * np.log(q / p)).sum(), FORWARD, math.e, SUM, -1, None, False),
    "threefold": (lambda p, q: 3 * _textbook(p, q).sum(), FORWARD, math.e, SUM, 3, None, False),
    "base 2": (lambda p, q: (p * np.log2(p / q)).sum(axis=1), FORWARD, 2, ROWS, 1, None, False),
    "base 10": (lambda p, q: (p * np.log10(p / q)).sum(-1).mean(), FORWARD, 10, MEAN, 1, None, False),
    "mean": (lambda p, q: _textbook(p, q).mean(), FORWARD, math.e, ENTRIES, 1, None, False),
    "masked": (_masked, FORWARD, math.e, SUM, 1, None, False),
    "both positive": (_both_positive, FORWARD, math.e, SUM, 1, None, False),
    "vectors only": (_scalar_loop, FORWARD, math.e, VECTOR, 1, None, False),
    "epsilon on q": (lambda p, q: (p * np.log(p / (q + 1e-10))).sum(), FORWARD, math.e, SUM, 1, 1e-10, False),
    "epsilon on p": (lambda p, q: (p * np.log((p + 1e-9) / q)).sum(), FORWARD, math.e, SUM, 1, 1e-9, False),
    "on both": (lambda p, q: (p * np.log((p + 1e-8) / (q + 1e-8))).sum(), FORWARD, math.e, SUM, 1, 1e-8, False),
    "large": (lambda p, q: _textbook(p + 0.01, q + 0.01).sum(), FORWARD, math.e, SUM, 1, 0.01, False),
    "tiny": (lambda p, q: _textbook(p, np.maximum(q, 1e-300)).sum(), FORWARD, math.e, SUM, 1, 1e-300, False),
    "in the ratio": (lambda p, q: (p * np.log(p / q + 1e-6)).sum(), FORWARD, math.e, SUM, 1, 1e-6, False),
    "clipped": (_clipped, FORWARD, math.e, ROWS, 1, 1e-7, False),
    "smoothed": (_smoothed, FORWARD, math.e, ROWS, 1, 1e-6, True),
    "cross-entropy": (
        lambda p, q: -(p * np.log(q + 1e-12)).sum(-1),
        ("cross-entropy", "p‖q"),
        math.e,
        ROWS,
        1,
        1e-12,
        False,
    ),
}


@pytest.mark.parametrize("name", NUMPY)
def test_numpy(name):
    function, (quantity, direction), base, reduction, factor, epsilon, normalizes = NUMPY[name]
    found = audit(function)
    assert (found.quantity, found.direction, found.reduction) == (quantity, direction, reduction), found
    assert (found.base, found.epsilon, found.normalizes) == (base, epsilon, normalizes), found
    assert found.factor == pytest.approx(factor, rel=1e-9)
    assert (found.framework, found.given, found.temperature) == ("numpy", ("probs", "probs"), 1)
    assert found.gradient is None


def _torch_table(torch):
    f = torch.nn.functional

    def distillation(heat, factor, target=lambda v: v):
        return lambda s, t: (
            factor * f.kl_div(f.log_softmax(s / heat, -1), target(f.softmax(t / heat, -1)), reduction="batchmean")
        )

    def student_smoothed(s, t):
        p, q = torch.softmax(s, -1), torch.softmax(t, -1)
        return (q * (torch.log(q + 1e-8) - torch.log(p + 1e-8))).sum(-1)

    prob, log, logits = ("log_probs", "probs"), ("log_probs", "log_probs"), ("logits", "logits")
    cross = ("cross-entropy", "q‖p")
    # function, quantity and direction, what is given, reduction, temperature, factor
    return {
        "default": (f.kl_div, BACKWARD, prob, ENTRIES, 1, 1),
        "sum": (lambda a, b: f.kl_div(a, b, reduction="sum"), BACKWARD, prob, SUM, 1, 1),
        "batchmean": (lambda a, b: f.kl_div(a, b, reduction="batchmean"), BACKWARD, prob, MEAN, 1, 1),
        "none": (lambda a, b: f.kl_div(a, b, reduction="none"), BACKWARD, prob, OUTCOMES, 1, 1),
        "log-target": (lambda a, b: f.kl_div(a, b, reduction="sum", log_target=True), BACKWARD, log, SUM, 1, 1),
        "module": (torch.nn.KLDivLoss(reduction="batchmean"), BACKWARD, prob, MEAN, 1, 1),
        "cross-entropy": (f.cross_entropy, cross, ("logits", "probs"), MEAN, 1, 1),
        "distillation": (distillation(4, 1), BACKWARD, logits, MEAN, 4, 1),
        "T²": (distillation(4, 16), BACKWARD, logits, MEAN, 4, 16),
        "odd-T": (distillation(0.37, 1), BACKWARD, logits, MEAN, 0.37, 1),
        "detached": (distillation(1, 1, target=torch.Tensor.detach), BACKWARD, logits, MEAN, 1, 1),
        "float32": (lambda s, t: distillation(1, 1)(s.float(), t.float()), BACKWARD, logits, MEAN, 1, 1),
        "smoothed": (student_smoothed, BACKWARD, logits, ROWS, 1, 1),
    }


@pytest.fixture
def torch(require):
    torch = require("torch")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # hundreds of tiny calls: waiting for a second thread takes longer than the work
    yield torch
    torch.set_num_threads(threads)


@pytest.fixture
def table(torch):
    return _torch_table(torch)


@pytest.mark.parametrize(
    "name",
    [
        *("default", "sum", "batchmean", "none", "log-target", "module", "cross-entropy"),
        *("distillation", "T²", "odd-T", "detached", "float32", "smoothed"),
    ],
)
def test_torch(table, name):
    function, (quantity, direction), given, reduction, temperature, factor = table[name]
    found = audit(function)
    assert (found.quantity, found.direction, found.reduction) == (quantity, direction, reduction), found
    assert (found.framework, found.given, found.temperature, found.factor) == ("torch", given, temperature, factor)
    assert found.epsilon == (1e-8 if name == "smoothed" else None)
    assert found.gradient["p"] == "right"
    assert found.gradient["q"] == ("none" if name == "detached" else "right")


def _has(found, *texts):
    assert all(any(text in finding for finding in found.findings) for text in texts), found


def test_torch_findings(table):
    _has(audit(table["default"][0]), "5 times too small", "At zeros of both: nan")
    _has(audit(table["batchmean"][0]), "divides by the batch alone")
    _has(audit(table["cross-entropy"][0]), "outcomes are not the last axis")
    _has(audit(table["distillation"][0]), "Softens by T = 4 but does not multiply by T²")
    _has(audit(table["detached"][0]), "Sends no gradient to q.")
    assert audit(table["T²"][0]).sentence.startswith("T² · D(q‖p) / R, ")
    zeros = audit(table["log-target"][0])
    assert (zeros.zeros["q"][:4], zeros.gradient["zeros of q"]) == ("nan,", "nan to q")


def test_wrong_gradient(torch):
    straight = lambda p, q: (p.detach() * torch.log(p / q)).sum()  # noqa: E731
    found = audit(straight)
    assert found.gradient["p"].startswith("off by")
    assert found.gradient["q"] == "right"


def test_stated_kinds(table):
    function = table["batchmean"][0]
    assert audit(function, given=("log_probs", "probs")).quantity == FORWARD[0]
    misread = audit(function, given=("probs", "probs"))
    assert misread.quantity == "none of these"
    _has(misread, "Given (log_probs, probs) it would be D(q‖p)")


@pytest.mark.parametrize(
    ("function", "zeros", "words"),
    [
        (lambda p, q: rel_entr(p, q).sum(), ("exact", "inf", "exact"), "exact at zeros"),
        (lambda p, q: _textbook(p, q).sum(), ("nan", "inf", "nan"), "NaN at zeros of p, both"),
        (lambda p, q: np.nan_to_num(_textbook(p, q), posinf=0).sum(), ("exact", "2.59, not inf", "exact"), "skipped"),
        (_clipped, ("3.7", "5.", "exact"), "finite at zeros"),
        (_scalar_loop, ("error", "inf", "nan"), "NaN at zeros of both, fails at zeros of p"),
    ],
)
def test_zeros(function, zeros, words):
    found = audit(function)
    assert all(said.startswith(start) for said, start in zip(found.zeros.values(), zeros, strict=True)), found.zeros
    assert words in found.sentence


def test_near_equal():
    exact = audit(lambda p, q: (p * (np.log1p((p - q) / q)) + q - p).sum())
    assert exact.near_equal_error < 1e-3
    assert audit(scipy.stats.entropy).near_equal_error < 1e-2
    rounded = audit(lambda p, q: float(np.float32(_textbook(p, q).sum() + 1) - 1))
    assert rounded.near_equal_error > 0.5
    _has(rounded, "Near-equal input: off by")
    assert audit(lambda p, q: -(p * np.log(q)).sum()).near_equal_error is None


def test_weights():
    _has(audit(lambda p, q: kl_div(p, q).sum()), "Adds the difference of the totals")
    _has(audit(scipy.stats.entropy), "Divides p and q by the total", "each column")

    def strict(p, q):
        if not np.allclose(p.sum(-1), 1):
            raise ValueError("totals")
        return rel_entr(p, q).sum()

    found = audit(strict)
    assert found.normalizes is None
    _has(found, "On weights that do not add up to 1")


def test_added_or_clamped_far_below():
    tiny = 1e-40
    assert "added to q" in audit(lambda p, q: (p * np.log(p / (q + tiny))).sum()).sentence
    assert "clamp of q" in audit(lambda p, q: (p * np.log(p / np.maximum(q, tiny))).sum()).sentence


@pytest.mark.parametrize("heat", [0.1, 0.7, 1.5, 7.3, 20.0])
def test_temperature(heat):
    def softened(x, y):
        p, q = (np.exp(v / heat) / np.exp(v / heat).sum(-1, keepdims=True) for v in (x, y))
        return -(p * np.log(q)).sum(-1)

    found = audit(softened)
    assert (found.quantity, found.given, found.temperature) == ("cross-entropy", ("logits", "logits"), heat)


def test_manners():
    _has(audit(lambda p, q: np.multiply(p, np.log(p / q), out=p).sum()), "Changes its arguments in place.")
    rng = np.random.default_rng(0)
    _has(audit(lambda p, q: rng.random() + p.sum() - q.sum()), "another value each time")


@pytest.mark.parametrize(
    "function",
    [
        lambda p, q: abs(p - q).sum() / 2,
        lambda p, q: 1.0 + 0 * (p + q).sum(),
        lambda p, q: ((np.sqrt(p) - np.sqrt(q)) ** 2).sum(),
        lambda p, q: ((p - q) ** 2 / q).sum(),
    ],
    ids=["total variation", "constant", "Hellinger", "chi squared"],
)
def test_none_of_these(function):
    found = audit(function)
    assert (found.quantity, found.base, found.factor) == ("none of these", None, None)


def test_close_to_but_not():
    found = audit(lambda p, q: _textbook(p, q).sum() * (1 + 0.001 * np.sin(37 * p.ravel()[0])))
    assert found.quantity == FORWARD[0]
    assert found.sentence.startswith("close to")
    _has(found, "Agrees only to")


def test_shape_in_an_unknown_way():
    found = audit(lambda p, q: _textbook(p, q).sum() * p.shape[-1] ** 2)
    assert found.reduction == "changes with the shape in an unknown way"


def test_text():
    found = audit(lambda p, q: np.mean(q * np.log2(q / (p + 1e-8))))
    assert found.sentence == (
        "D(q‖p) / (R·V), mean of all entries, base 2, epsilon 1e-8 added to p, NaN at zeros of q, both"
    )
    assert str(found).splitlines()[0] == found.sentence
    assert all(line.startswith("  - ") for line in str(found).splitlines()[1:])


def test_bad_input():
    with pytest.raises(InputError, match="cannot be called"):
        audit([0.5, 0.5])
    with pytest.raises(InputError, match="one of logits, log_probs, probs"):
        audit(rel_entr, given=("probs", "counts"))
    with pytest.raises(InputError, match=r"numpy rows.*TypeError"):
        audit(math.sqrt)
    with pytest.raises(InputError, match="returned NoneType"):
        audit(np.copyto)
    with pytest.raises(InputError, match="returned shape"):
        audit(lambda p, q: (p + q).ravel()[:4])
