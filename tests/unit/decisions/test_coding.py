"""What codes cost, against a coder that codes, enumeration, and exact products of rationals."""

import math
from collections.abc import Callable
from fractions import Fraction
from itertools import permutations, product
from typing import Any

import numpy as np
import pytest

import kullback as kl
from kullback.decisions.coding import coding_cost, huffman_lengths, message_cost, shannon_lengths, universal_cost

P, Q = [0.5, 0.25, 0.125, 0.125], [0.125, 0.125, 0.25, 0.5]


def test_cost_is_entropy_and_divergence() -> None:
    cost = coding_cost(P, Q)
    assert cost.bits == pytest.approx(0.5 * 3 + 0.25 * 3 + 0.125 * 2 + 0.125 * 1, rel=1e-15)
    assert cost.value == cost.entropy + cost.divergence
    # For powers of two whole bits lose nothing.
    assert cost.shannon == cost.huffman == pytest.approx(cost.bits, rel=1e-15)
    assert cost.extra.sum() == pytest.approx(cost.divergence, rel=1e-14)


@pytest.mark.parametrize("q", [Q, P, [0.1, 0.2, 0.3, 0.4], [0.97, 0.01, 0.01, 0.01]])
def test_a_real_coder_spends_what_is_said(q: list[float], require: Callable[[str], Any]) -> None:
    constriction = require("constriction")
    n = 80_000
    # Frequencies that are p to the last symbol, so that chance plays no part.
    message = np.repeat(np.arange(4, dtype=np.int32), (np.array(P) * n).astype(int))
    np.random.default_rng(0).shuffle(message)
    coder = constriction.stream.queue.RangeEncoder()
    coder.encode(message, constriction.stream.model.Categorical(np.array(q), perfect=True))
    measured = coder.num_bits() / n
    assert measured == pytest.approx(coding_cost(P, q).bits, abs=1e-3)
    assert message_cost(message, q).bits / n == pytest.approx(measured, abs=1e-3)


def test_an_adaptive_coder_spends_what_is_said(require: Callable[[str], Any]) -> None:
    constriction = require("constriction")
    message = np.random.default_rng(1).choice(5, 3_000, p=[0.6, 0.2, 0.1, 0.06, 0.04]).astype(np.int32)
    counts, coder = np.full(5, 0.5), constriction.stream.queue.RangeEncoder()
    for symbol in message:
        coder.encode(int(symbol), constriction.stream.model.Categorical(counts / counts.sum(), perfect=True))
        counts[symbol] += 1
    assert universal_cost(message, 5).bits == pytest.approx(coder.num_bits(), abs=64)


def test_adaptive_cost_is_the_product_of_its_chances() -> None:
    message, counts, chance = "banana", dict.fromkeys("abn", Fraction(1, 2)), Fraction(1)
    for symbol in message:
        chance *= counts[symbol] / sum(counts.values())
        counts[symbol] += 1
    assert universal_cost(message, "abn").value == pytest.approx(-math.log(chance), rel=1e-13)


def test_not_knowing_the_law_costs_half_a_log_for_each_free_chance() -> None:
    p = np.array([0.5, 0.3, 0.2])
    found = [universal_cost(np.repeat(np.arange(3), (p * n).astype(int)), 3) for n in (10**3, 10**5)]
    grown = found[1].redundancy * found[1].n - found[0].redundancy * found[0].n
    assert grown == pytest.approx(0.5 * 2 * math.log(100), rel=1e-3)


@pytest.mark.parametrize("q", [[0.4, 0.3, 0.2, 0.1], [0.7, 0.1, 0.1, 0.1], [0.25] * 4, [0.05, 0.05, 0.3, 0.6]])
def test_huffman_is_the_best_prefix_code(q: list[float]) -> None:
    lengths = huffman_lengths(q)
    # Every set of lengths of four words that fulfils Kraft's inequality.
    best = min(np.dot(q, some) for some in product(range(1, 5), repeat=4) if sum(2.0**-length for length in some) <= 1)
    assert np.dot(q, lengths) == pytest.approx(best, rel=1e-14)
    assert sum(2.0 ** -int(length) for length in lengths) == 1.0


def test_shannon_lengths_are_a_prefix_code_within_a_bit() -> None:
    q = np.random.default_rng(2).dirichlet(np.ones(50))
    lengths = shannon_lengths(q)
    assert sum(2.0 ** -lengths.astype(float)) <= 1.0
    assert float(kl.entropy(q, base=2)) <= q @ lengths < float(kl.entropy(q, base=2)) + 1


def test_powers_of_two_are_not_rounded_up() -> None:
    assert shannon_lengths([2.0**-k for k in range(1, 40)] + [2.0**-39]).tolist() == [*range(1, 40), 39]


def test_order_of_a_message_does_not_matter() -> None:
    costs = {round(universal_cost("".join(some), "ab").value, 12) for some in permutations("aabb")}
    assert len(costs) == 1


def test_a_symbol_without_code_word_is_named() -> None:
    cost = coding_cost({"a": 0.5, "z": 0.5}, {"a": 1.0})
    assert math.isinf(cost.value)
    assert "no code word for z" in str(cost)
    assert math.isinf(message_cost("az", {"a": 1.0, "z": 0.0}).value)


def test_labels_are_matched() -> None:
    one, two = {"a": 0.2, "b": 0.8}, {"b": 0.3, "a": 0.7}
    assert coding_cost(one, two).divergence == pytest.approx(0.534110808710307, rel=1e-14)
    assert coding_cost(one, two).labels == ("a", "b")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: coding_cost([0.5, 0.6], [0.5, 0.5]), "p"),
        (lambda: coding_cost([[0.5, 0.5]], [[0.5, 0.5]]), "One law each is needed"),
        (lambda: message_cost("", {"a": 1.0}), "empty"),
        (lambda: message_cost("ab", {"a": 1.0}), "'b' at 1"),
        (lambda: message_cost([0, 2], [0.5, 0.5]), "2 at 1"),
        (lambda: message_cost([0, 0.5], [0.5, 0.5]), r"0\.5 at 1"),
        (lambda: message_cost({"a": 3}, {"a": 1.0}), "Symbols in order"),
        (lambda: universal_cost("ab", "ab", alpha=0.0), "alpha"),
        (lambda: universal_cost("ab", "ab", alpha="x"), "alpha = 'x'"),
        (lambda: universal_cost([0], 2.5), "symbols = 2.5"),
        (lambda: universal_cost([], 2), "empty"),
        (lambda: universal_cost([0], 0), "symbols"),
        (lambda: huffman_lengths([[0.5, 0.5]]), "One row"),
    ],
)
def test_bad_input(call: Callable[[], object], words: str) -> None:
    with pytest.raises(kl.InputError, match=words):
        call()


def test_pictures(require: Callable[[str], Any]) -> None:
    require("matplotlib")
    heights = [bar.get_height() for bar in coding_cost(P, Q).plot().axes[0].patches]
    assert sum(heights) == pytest.approx(coding_cost(P, Q).divergence / math.log(2), rel=1e-12)
