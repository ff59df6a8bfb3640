"""Laws of merging: profiles on shared cells add up like the tables they stand for."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kullback as kl
from kullback.tables.counts._leaves import Leaves

WHOLE = st.lists(
    st.one_of(st.none(), st.integers(-30, 30), st.sampled_from([2**62, -(2**62)])), min_size=1, max_size=40
)
FLOATS = st.lists(
    st.one_of(st.none(), st.floats(-1e300, 1e300), st.sampled_from([math.nan, math.inf, -math.inf, 0.0])),
    min_size=1,
    max_size=40,
)
TEXTS = st.lists(st.one_of(st.none(), st.sampled_from(["", "a", "b", "ß", "NULL"]), st.text(max_size=2)), max_size=40)
PARTS = st.one_of(
    st.tuples(st.just("int64"), st.lists(WHOLE, min_size=3, max_size=3)),
    st.tuples(st.just("float64"), st.lists(FLOATS, min_size=3, max_size=3)),
    st.tuples(st.just("string"), st.lists(TEXTS.filter(len), min_size=3, max_size=3)),
)


@pytest.fixture(scope="module")
def profiled(require):
    pyarrow = require("pyarrow")
    roles = {"int64": "numeric", "float64": "numeric", "string": "category"}

    def profile(kind, values, like=None):
        table = pyarrow.table({"x": pyarrow.array(values, kind, from_pandas=False)})
        return kl.profile(table, like=like, roles=None if like else {"x": roles[kind]})

    return profile


def _facts(profile):
    """What is counted, without the order in which equally heavy texts stand and the last digits of a sum."""
    body = profile.columns[0].body
    if isinstance(body, Leaves):
        special = body.specials[0]
        outside = (special.null, special.nan, special.negative_infinity, special.positive_infinity)
        cells = zip(body.low.tolist(), body.high.tolist(), body.counts[0].tolist(), strict=True)
        return profile.rows, sorted(cells), outside, body.finite
    counts = dict(zip(body.values, body.counts[0].tolist(), strict=True))
    return profile.rows, counts, body.rest.tolist(), body.missing.tolist(), body.rows, body.distinct


@settings(max_examples=12)
@given(parts=PARTS)
def test_merging_is_commutative_associative_and_counts_what_the_table_holds(parts, profiled):
    kind, tables = parts
    grid = profiled(kind, [value for table in tables for value in table])
    one, two, three = (profiled(kind, table, like=grid) for table in tables)
    whole = _facts(kl.merge([one, two, three]))
    assert _facts(kl.merge([three, one, two])) == whole
    assert _facts(kl.merge([kl.merge([one, two]), three])) == whole
    assert _facts(kl.merge([one, kl.merge([two, three])])) == whole
    assert _facts(kl.merge([grid])) == _facts(grid)
    assert whole == _facts(profiled(kind, [value for table in tables for value in table], like=grid))


@settings(max_examples=12)
@given(parts=PARTS)
def test_on_cells_of_their_own_nothing_is_lost_and_the_error_is_stated(parts, profiled):
    kind, tables = parts
    whole = kl.merge([profiled(kind, table) for table in tables])
    body = whole.columns[0].body
    rows = sum(len(table) for table in tables)
    assert whole.rows == rows
    if isinstance(body, Leaves):
        special = body.specials[0]
        outside = special.null + special.nan + special.negative_infinity + special.positive_infinity
        assert body.counts.sum() + outside == rows
        values = [value for table in tables for value in table if value is not None and math.isfinite(value)]
        seen = 0
        for place, high in enumerate(body.high.tolist()):
            seen += body.counts[0, place]
            unknown = 0 if body.unknown is None else body.unknown[0, place]
            assert abs(seen - sum(value <= high for value in values)) <= unknown
    else:
        assert body.counts.sum() + body.rest.sum() + body.missing.sum() == rows
