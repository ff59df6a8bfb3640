"""Laws written as text."""

from contextlib import suppress
from math import pi

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kullback.families as f
from kullback._core import InputError
from kullback.adapters import parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("normal(0,1)", "Normal(loc=0.0, scale=1.0)"),
        ("  Gamma(concentration=2, rate=0.5)\n", "Gamma(concentration=2.0, rate=0.5)"),
        ("half-normal(2)", "HalfNormal(scale=2.0)"),
        ("half_normal(scale=2)", "HalfNormal(scale=2.0)"),
        ("student-t(4)", "StudentT(df=4.0, loc=0.0, scale=1.0)"),
        ("gaussian(-1e3, 2*3**2/6)", "Normal(loc=-1000.0, scale=3.0)"),
        ("truncated_normal(0, 1, low=-inf, high=+2)", "TruncatedNormal(loc=0.0, scale=1.0, low=-inf, high=2.0)"),
        ("t(3)", "StudentT(df=3.0, loc=0.0, scale=1.0)"),
        (
            "mixture([0.5,0.5],[normal(-3,1),normal(3,1)])",
            "Mixture([0.5, 0.5], [Normal(loc=-3.0, scale=1.0), Normal(loc=3.0, scale=1.0)])",
        ),
        ("product([normal(0,1), beta(2,\n3)])", None),
        ("uniform(2-1, pi)", f"Uniform(low=1.0, high={pi!r})"),
    ],
)
def test_text_becomes_a_record(text, expected):
    law = parse(text)
    assert expected in {None, repr(law)}


def test_lists_become_arrays():
    np.testing.assert_array_equal(parse("categorical([0.2, 0.8])").probs, [0.2, 0.8])
    np.testing.assert_array_equal(parse("mvn([0, 1], scale_tril=[[1, 0], [2, 3]])").scale_tril, [[1, 0], [2, 3]])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("normol(0, 1)", "did you mean 'Normal'"),
        ("normal(0, sclae=1)", "did you mean 'scale'"),
        ("normal(0, 1, 2)", "got 3 parameters"),
        ("normal(0, loc=1)", "twice"),
        ("normal(0)", "no parameters of Normal"),
        ("normal(0, -1)", "positive"),
        ("normal(0, 1", "never closed"),
        ("", "invalid syntax"),
        ("3", "no law"),
        ("normal", "need parameters"),
        ("normal(x, 1)", "'x' is no number"),
        ("normal([0, [1]], 1)", "differ in length"),
        ("product([normal(0, 1), 2])", "mixed"),
        ("normal(1/0, 1)", "no number"),
        ("normal(9**9**9**9, 1)", "no number"),
        ("normal((-1)**0.5, 1)", "no number"),
        ("normal(inf - inf, 1)", "no number"),
        ("normal([1]*2, 1)", "computed"),
        ("normal(True, 1)", "'True'|nothing else"),
        ("normal('a', 1)", "no meaning"),
        ("normal(*[0, 1])", "nothing else"),
        ("normal(**3)", r"\*\*"),
        ("().__class__()", "no name of a family"),
        ("opaque(1)", "no family"),
        ("normal(0, 1) + normal(0, 1)", "computed"),
        ("normal(" + "[" * 60 + "]" * 60 + ", 1)", "deep"),
        ("normal(" + "-" * 5000 + "1, 1)", "deep"),
        ("normal(" + "1+" * 4000 + "1, 1)", "deep"),
        ("normal(" + "1" * 9000 + ", 1)", "long|no number|Exceeds"),
        ("n" * 10_001, "10001 characters"),
        (7, "7 came"),
    ],
)
def test_bad_text_is_one_clear_error(text, words):
    with pytest.raises(InputError, match=words):
        parse(text)


def test_the_place_is_marked():
    with pytest.raises(InputError) as caught:
        parse("mixture([1, 1], [normal(0, 1), gama(1, 2)])")
    shown, mark = str(caught.value).splitlines()[1:]
    assert shown[mark.index("^") :].startswith("gama(")


@given(st.text(alphabet="normalgam(),.[]=+-*/0123456789e_ \n\"'{}:é", max_size=40))
def test_any_text_is_a_law_or_an_input_error(text):
    with suppress(InputError):
        assert isinstance(parse(text), f.Law)
