"""What cannot be used is refused in one sentence that shows it, whatever the verb."""

import math

import numpy as np
import pytest

import kullback as kl
import kullback.families as f
from kullback import InputError
from kullback.divergences._inputs import read_pair

HALF = [0.5, 0.5]
PAIR = {
    "divergence": kl.divergence,
    "jeffreys": kl.jeffreys,
    "cross_entropy": kl.cross_entropy,
    "jensen_shannon": kl.jensen_shannon,
    "contributions": kl.contributions,
    "renyi": lambda p, q, **options: kl.renyi(p, q, 0.5, **options),
    "f_divergence": lambda p, q, **options: kl.f_divergence(p, q, "kl", **options),
}
every_verb = pytest.mark.parametrize("verb", PAIR.values(), ids=PAIR)
BAD = [
    ([-0.1, 1.1], HALF, ["p", "-0.1", "index [0]", "kl.estimate"]),
    (HALF, [1.25, -0.25], ["q", "-0.25", "index [1]"]),
    ([math.nan, 1.0], HALF, ["p", "nan", "index [0]"]),
    (HALF, [0.5, math.inf], ["q", "inf", "index [1]"]),
    ([HALF, [2.0, -1.0]], [HALF, HALF], ["p", "-1.0", "index [1, 1]"]),
    ([0.5, 0.6], HALF, ["p", "1.1", "normalize=True"]),
    (HALF, [0.25, 0.25], ["q", "0.5", "normalize=True"]),
    ([0.0, 0.0], HALF, ["p", "0.0"]),
    ([HALF, [0.2, 0.2]], [HALF, HALF], ["p", "0.4"]),
    (HALF, [0.3, 0.3, 0.4], ["2 outcomes", "3", "(2,)", "(3,)", "kl.estimate"]),
    ([HALF] * 2, [HALF] * 3, ["(2, 2)", "(3, 2)", "broadcast"]),
    ([[0.5], [0.5, 0.5]], HALF, ["[[0.5], [0.5, 0.5]]"]),
    ([], [], ["p", "no outcomes", "(0,)"]),
    (np.array(1.0), np.array(1.0), ["p", "single number"]),
    (["a", "b"], HALF, ["'a'"]),
    (HALF, [1j, 1.0], ["1j"]),
    ([1.3, 0.2, 2.5], [0.4, 1.1, 0.9], ["4.0", "samples", "kl.estimate"]),
    ({"a": 1.0}, HALF, ["labels"]),
    (HALF, {"a": 0.5, "b": 0.5}, ["labels"]),
]


@every_verb
@pytest.mark.parametrize(("p", "q", "words"), BAD)
def test_bad_arrays(verb, p, q, words):
    with pytest.raises(InputError) as error:
        verb(p, q)
    assert all(word in str(error.value) for word in words), str(error.value)


@pytest.mark.parametrize(
    ("p", "words"),
    [
        ([-0.1, 1.1], ["-0.1", "index [0]"]),
        ([math.nan, 1.0], ["nan"]),
        ([0.5, 0.6], ["1.1"]),
        ([], ["no outcomes"]),
        (np.array(0.5), ["single number"]),
        ("a text", ["str"]),
        (7, ["int"]),
    ],
)
def test_bad_arrays_of_entropy(p, words):
    with pytest.raises(InputError) as error:
        kl.entropy(p)
    assert all(word in str(error.value) for word in words), str(error.value)


@every_verb
@pytest.mark.parametrize("base", [1, 0, -2, "e", math.nan, math.inf, True, [2]])
def test_bad_base(verb, base):
    with pytest.raises(InputError, match="base") as error:
        verb(HALF, [0.25, 0.75], base=base)
    assert repr(base) in str(error.value)


@every_verb
@pytest.mark.parametrize("axis", [1, -2, 7])
def test_bad_axis(verb, axis):
    with pytest.raises(InputError, match=f"axis = {axis} .*shape \\(2,\\)"):
        verb(HALF, HALF, axis=axis)


@pytest.mark.parametrize("axis", [(0, 0), (0, -2), 1.5, "rows"])
def test_bad_kinds_of_axis(axis):
    with pytest.raises(InputError, match="axis"):
        kl.divergence([HALF, HALF], [HALF, HALF], axis=axis)


@every_verb
def test_no_mass_to_normalize(verb):
    with pytest.raises(InputError, match=r"q has no mass: a total is 0\.0"):
        verb([1, 2], [0, 0], normalize=True)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: kl.renyi(HALF, HALF, -1.0), ["alpha = -1.0"]),
        (lambda: kl.renyi(HALF, HALF, math.nan), ["alpha = nan"]),
        (lambda: kl.renyi(HALF, HALF, "two"), ["alpha = 'two'"]),
        (lambda: kl.renyi(HALF, HALF, *[True]), ["alpha = True"]),
        (lambda: kl.f_divergence(HALF, HALF, "hellinger"), ["'hellinger'", "squared-hellinger"]),
        (lambda: kl.f_divergence(HALF, HALF, 2.0), ["2.0", "function"]),
        (lambda: kl.f_divergence(HALF, HALF, lambda t: t), ["1.0 at 1"]),
        (lambda: kl.contributions(HALF, HALF, form="plain"), ["'plain'", "bregman", "textbook"]),
        (lambda: kl.contributions(f.Normal(0, 1), f.Normal(0, 2)), ["kl.explain"]),
        (lambda: kl.jensen_shannon(HALF, HALF, weights=(0, 0)), ["(0, 0)"]),
        (lambda: kl.jensen_shannon(HALF, HALF, weights=(1, -1)), ["(1, -1)"]),
        (lambda: kl.jensen_shannon(HALF, HALF, weights=(1, 2, 3)), ["(1, 2, 3)"]),
        (lambda: kl.mutual_information(HALF), ["vector"]),
        (lambda: kl.mutual_information([[0.5, 0.6], [0.1, 0.1]]), ["1.3", "joint"]),
        (lambda: kl.mutual_information([[1.5, -0.5], [0.0, 0.0]]), ["-0.5", "joint"]),
        (lambda: kl.conditional_entropy([HALF, HALF], given=0), ["given = 0"]),
        (lambda: kl.explain([HALF, HALF], [HALF, HALF]), ["(2, 2)", "batch"]),
        (lambda: kl.explain(f.Normal([0, 1], 1), f.Normal(0, 1)), ["batch"]),
        (lambda: kl.divergence(f.Normal(0, 1), {"a": 1.0}), ["q", "labels"]),
        (lambda: kl.divergence(object(), object()), ["object"]),
        (lambda: kl.divergence(f.Normal(0, 1), 7), ["int"]),
        (lambda: kl.divergence(None, HALF), ["NoneType"]),
        (lambda: kl.divergence(3, 4), ["int"]),
        (lambda: kl.renyi(f.Normal(0, 1), f.Poisson(1), 2.0), ["Normal", "Poisson"]),
        (lambda: kl.renyi(f.Normal([0, 1], 1), f.Normal(0, 1), 2.0), ["Normal"]),
        (lambda: kl.divergence(f.Normal(0, 1), f.Dirichlet([1.0, 2.0])), ["Normal", "Dirichlet"]),
        (lambda: kl.divergence(f.Product([f.Normal(0, 1)]), f.Product([f.Normal(0, 1)] * 2)), ["1", "2"]),
        (lambda: kl.divergence(f.Normal([0, 1], 1), f.Normal([0, 1, 2], 1)), ["(2,)", "(3,)"]),
    ],
)
def test_bad_options_and_laws(call, words):
    with pytest.raises(InputError) as error:
        call()
    assert all(word in str(error.value) for word in words), str(error.value)


@pytest.mark.parametrize(("one", "other"), [("torch", "jax"), ("numpy", "torch"), ("jax", "numpy")])
def test_libraries_are_not_mixed(require, one, other):
    arrays = []
    for name in (one, other):
        module = require(name)
        arrays.append((module.numpy if name == "jax" else module).asarray([[0.5, 0.5]]))
    with pytest.raises(InputError) as error:
        kl.divergence(*arrays)
    assert one in str(error.value)
    assert other in str(error.value)


def test_lists_and_numbers_follow_the_other_side(require):
    torch = require("torch")
    found = kl.divergence([0.5, 0.5], torch.tensor([0.3, 0.7], dtype=torch.float64))
    assert isinstance(found, torch.Tensor)
    assert float(found) == kl.divergence([0.5, 0.5], [0.3, 0.7])


def test_messages_are_one_paragraph():
    for p, q, _ in BAD:
        with pytest.raises(InputError) as error:
            kl.divergence(p, q)
        assert "\n" not in str(error.value)
        assert len(str(error.value)) < 400


# Labels


def test_labels_are_matched_and_missing_ones_are_zero():
    p, q = {"b": 0.25, "a": 0.75}, {"a": 0.5, "c": 0.25, "b": 0.25}
    assert kl.divergence(p, q) == kl.divergence([0.25, 0.75, 0.0], [0.25, 0.5, 0.25])
    assert kl.divergence(q, p) == math.inf
    assert kl.entropy(p) == kl.entropy([0.25, 0.75])
    assert kl.contributions(p, q).keys() == {"a", "b", "c"}
    assert read_pair(p, q).labels == ("b", "a", "c")


def test_series_of_pandas_and_polars(require):
    pandas, polars = require("pandas"), require("polars")
    p, q = (pandas.Series(values, index=["x", "y"]) for values in ([0.2, 0.8], [0.7, 0.3]))
    wanted = kl.divergence([0.2, 0.8], [0.7, 0.3])
    assert kl.divergence(p, q.iloc[::-1]) == wanted
    assert kl.divergence(polars.Series([0.2, 0.8]), polars.Series([0.7, 0.3])) == wanted


def test_totals_may_be_off_by_the_rounding_of_their_floats():
    narrow = np.array([0.5, 0.5 + 5e-5], dtype=np.float32)
    assert kl.divergence(narrow, np.array(HALF, dtype=np.float32)) >= 0
    with pytest.raises(InputError, match="within 1e-06"):
        kl.divergence(narrow.astype(float), HALF)
    assert kl.divergence(np.array([0.333, 0.333, 0.333], dtype=np.float16), [0.25, 0.25, 0.5]) > 0
