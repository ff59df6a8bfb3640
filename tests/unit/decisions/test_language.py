"""Models of text against formulas written out token by token, and a coder that codes with them."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kullback as kl
from kullback.decisions.language import model_divergence, ngram_model, text_divergence, words

DATA = Path(__file__).parents[3] / "examples" / "data"
TEXT = "the cat sat on the mat and the rat sat on the cat"
SMOOTHED = ("additive", "jeffreys", "perks", "witten-bell", "absolute-discounting", "kneser-ney")


def genesis() -> str:
    return (DATA / "genesis-1-20.txt").read_text("utf-8")


def bigrams(tokens: list[str]) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for one, two in pairwise(tokens):
        found[one][two] += 1
    return found


def test_additive_bigrams_are_counts_and_one() -> None:
    tokens, pairs = TEXT.split(), bigrams(TEXT.split())
    model = ngram_model(tokens, order=2, smoothing="additive", alpha=1.0)
    law = dict(zip(model.vocabulary, model.conditional(["the"]), strict=True))
    size = len(set(tokens))
    assert law == pytest.approx({t: (pairs["the"][t] + 1) / (pairs["the"].total() + size) for t in set(tokens)})


def test_witten_bell_hands_down_what_it_frees() -> None:
    tokens, pairs = TEXT.split(), bigrams(TEXT.split())
    ones, size = Counter(tokens), len(set(tokens))
    model = ngram_model(tokens, order=2, smoothing="witten-bell")

    def single(token: str) -> float:
        return (ones[token] + size / size) / (len(tokens) + size)

    after = pairs["sat"]
    law = dict(zip(model.vocabulary, model.conditional(["sat"]), strict=True))
    expected = {t: (after[t] + len(after) * single(t)) / (after.total() + len(after)) for t in ones}
    assert law == pytest.approx(expected, rel=1e-14)


def test_kneser_ney_counts_the_places_of_a_token() -> None:
    tokens, pairs = TEXT.split(), bigrams(TEXT.split())
    kinds, size, d = sum(len(after) for after in pairs.values()), len(set(tokens)), 0.75
    before = Counter(two for after in pairs.values() for two in after)

    def continued(token: str) -> float:
        freed = d * len(before) / kinds
        return max(before[token] - d, 0) / kinds + freed / size

    after = pairs["the"]
    model = ngram_model(tokens, order=2, smoothing="kneser-ney", discount=d)
    law = dict(zip(model.vocabulary, model.conditional(["the"]), strict=True))
    expected = {
        t: max(after[t] - d, 0) / after.total() + d * len(after) / after.total() * continued(t) for t in set(tokens)
    }
    assert law == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("smoothing", SMOOTHED)
@pytest.mark.parametrize("order", [1, 2, 3])
def test_laws_add_up_to_one(smoothing: str, order: int) -> None:
    model = ngram_model(TEXT, order=order, smoothing=smoothing, vocabulary="abcdefghijklmnopqrstuvwxyz ")
    for context in ("", "t", "th", "zz", "at"):
        assert model.conditional(context).sum() == pytest.approx(1.0, abs=1e-13)
        assert (model.conditional(context) > 0).all()


@pytest.mark.parametrize("order", [1, 2, 4])
def test_a_model_without_smoothing_is_the_likelihood_of_its_own_text(order: int) -> None:
    model = ngram_model(TEXT, order=order, smoothing="none")
    total = 0.0
    for place, token in enumerate(TEXT):
        context = TEXT[max(0, place - order + 1) : place]
        # Contexts at the start are shorter, and so counted wherever they stand.
        after = [TEXT[i] for i in range(len(context), len(TEXT)) if TEXT[i - len(context) : i] == context]
        total += math.log(after.count(token) / len(after))
    assert model.log_prob(TEXT).sum() == pytest.approx(total, rel=1e-12)


def test_perplexity_of_what_is_impossible() -> None:
    model = ngram_model("aba", order=2, smoothing="none")
    assert model.perplexity("aa") == math.inf
    assert model.perplexity("ab") == pytest.approx(math.sqrt(3 / 2))


def test_uniform_text_has_the_perplexity_of_its_alphabet() -> None:
    tokens = np.random.default_rng(0).integers(0, 10, 20_000)
    assert ngram_model(tokens, order=1).perplexity(tokens) == pytest.approx(10, rel=2e-3)


def test_divergence_of_single_tokens_is_that_of_their_shares() -> None:
    one, two = "aaab" * 50, "abbb" * 50
    models = [ngram_model(text, order=1, smoothing="none", vocabulary="ab") for text in (one, two)]
    assert model_divergence(*models).value == pytest.approx(kl.divergence([0.75, 0.25], [0.25, 0.75]), rel=1e-13)


def test_divergence_of_pairs_is_the_rate_of_markov_chains() -> None:
    rng = np.random.default_rng(3)
    chains = [rng.dirichlet(np.ones(4), 4) for _ in range(2)]
    texts = []
    for chain in chains:
        path = [0]
        for _ in range(60_000):
            path.append(int(rng.choice(4, p=chain[path[-1]])))
        texts.append(path)
    found = model_divergence(*(ngram_model(text, order=2, smoothing="jeffreys") for text in texts))
    truth = kl.divergence(*(kl.families.MarkovChain(chain) for chain in chains))
    assert found.value == pytest.approx(truth, rel=0.03)  # three standard errors of 60,000 steps


def test_divergence_may_be_infinite_and_says_which_token() -> None:
    models = [ngram_model(text, order=1, smoothing="none", vocabulary="abz") for text in ("abz", "abab")]
    found = model_divergence(*models)
    assert math.isinf(found.value)
    assert found.by_token[0] == ("z", math.inf)


def test_order_of_the_vocabulary_does_not_matter() -> None:
    one = ngram_model(TEXT, order=2, vocabulary=sorted(set(TEXT)))
    two = ngram_model(TEXT, order=2, vocabulary=sorted(set(TEXT), reverse=True))
    assert model_divergence(one, two).value == pytest.approx(0.0, abs=1e-15)


def test_models_of_two_orders_compare() -> None:
    long, short = ngram_model(TEXT, order=3), ngram_model(TEXT, order=1)
    found = model_divergence(long, short)
    assert found.value > 0
    assert sum(nats for _, nats in found.by_context) == pytest.approx(found.value, rel=1e-12)
    assert model_divergence(short, long).value >= 0


def test_a_coder_spends_the_cross_entropy_of_a_model(require: Callable[[str], Any]) -> None:
    constriction = require("constriction")
    text = genesis()
    train, held_out = text[:40_000], text[40_000:44_000]
    model = ngram_model(train, order=3, vocabulary=sorted(set(text)))
    codes, coder = model.codes(held_out), constriction.stream.queue.RangeEncoder()
    for place, code in enumerate(codes):
        law = model.laws([model.context(codes, place)])[0]
        coder.encode(code, constriction.stream.model.Categorical(law, perfect=True))
    expected = model.cross_entropy(held_out) / math.log(2)
    assert coder.num_bits() / len(codes) == pytest.approx(expected, abs=0.02)  # 32 bits end the message: 0.008


def test_texts_of_one_book_are_nearer_than_those_of_two() -> None:
    names = ("genesis-1-20", "exodus-1-20", "us-constitution")
    first, second, other = ((DATA / f"{name}.txt").read_text("utf-8")[:30_000] for name in names)
    near, far = (text_divergence(first, text, order=3, base=2) for text in (second, other))
    assert near.interval[1] < far.interval[0]
    assert far.value > 0.5


def test_interval_holds_the_divergence_of_known_chains() -> None:
    # Twenty pairs of texts of known chains: of 95 % intervals at most four may miss (chance 0.0026 for more).
    rng = np.random.default_rng(5)
    p, q = rng.dirichlet(np.full(3, 2.0), 3), rng.dirichlet(np.full(3, 2.0), 3)
    truth = float(kl.divergence(kl.families.MarkovChain(p), kl.families.MarkovChain(q)))

    def text(chain: np.ndarray) -> list[int]:
        path = [0]
        draws = rng.random(4_000)
        total = np.cumsum(chain, axis=1)
        for draw in draws:
            path.append(int(np.searchsorted(total[path[-1]], draw)))
        return path

    missed = 0
    for _ in range(20):
        low, high = text_divergence(text(p), text(q), order=2).interval
        missed += not low <= truth <= high
    assert missed <= 4


def test_generated_text_has_the_law_of_the_model() -> None:
    model = ngram_model("aabab" * 20, order=1, smoothing="none")
    drawn = model.generate(20_000, rng=0)
    assert drawn.count("a") / 20_000 == pytest.approx(0.6, abs=0.014)  # four standard errors
    assert model.generate(20, rng=1) == model.generate(20, rng=1)
    assert "".join(ngram_model("abc" * 9, order=2, smoothing="none").generate(5, start="a", rng=0)) == "bcabc"


def test_unknown_words_have_a_token() -> None:
    model = ngram_model(words("The cat sat."), order=1, smoothing="additive", unknown="<unk>")
    assert model.log_prob(["dog"])[0] == pytest.approx(math.log(1 / 9))
    assert model.vocabulary[-1] == "<unk>"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ngram_model(""), "empty"),
        (lambda: ngram_model(3), "A text, or a list of tokens"),
        (lambda: ngram_model(b"bytes"), "bytes"),
        (lambda: ngram_model("abc", order=0), "order = 0"),
        (lambda: ngram_model("abc", order="x"), "order = 'x'"),
        (lambda: ngram_model("abc", order=2.5), "order = 2.5"),
        (lambda: ngram_model([["a"], ["b"]]), "things that change"),
        (lambda: ngram_model("abc").generate(-1), "n = -1"),
        (lambda: model_divergence("a", "b"), "p is a str"),
        (lambda: text_divergence("ab" * 500, "ba" * 500, folds="x"), "folds = 'x'"),
        (lambda: ngram_model("abc", smoothing="magic"), "Choose from none, additive"),
        (lambda: ngram_model("abc", smoothing="witten-bell", alpha=1), "alpha"),
        (lambda: ngram_model("abc", vocabulary="ab"), "'c' at 2"),
        (lambda: ngram_model("abc").perplexity("abx"), "'x' at 2"),
        (lambda: model_divergence(ngram_model("ab"), ngram_model("abc")), "'c'"),
        (lambda: model_divergence(ngram_model("a", order=3), ngram_model("a", order=3)), "too few"),
        (lambda: text_divergence("short", "text"), "Give longer texts"),
        (lambda: text_divergence("aab" * 300, "ba" * 500, smoothing="none"), "impossible"),
    ],
)
def test_bad_input(call: Callable[[], object], message: str) -> None:
    with pytest.raises(kl.InputError, match=message):
        call()


def test_pictures(require: Callable[[str], Any]) -> None:
    require("matplotlib")
    models = [ngram_model(text, order=2, vocabulary=sorted(set(TEXT))) for text in (TEXT, TEXT[::-1])]
    assert len(model_divergence(*models).plot(most=5).axes[0].patches) == 5
