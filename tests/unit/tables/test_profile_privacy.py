"""What a profile leaves out on request."""

import json
from collections import Counter

import numpy as np
import pytest

import kullback as kl

LEAST = 20


@pytest.fixture(scope="module")
def table(require):
    polars = require("polars")
    rng = np.random.default_rng(1)
    rows = 5000
    return polars.DataFrame(
        {
            "salary": rng.lognormal(10, 1, rows).round(2),
            "age": rng.integers(18, 95, rows),
            "town": [f"town-{min(int(number), 400)}" for number in rng.pareto(1, rows) * 3],
            "zero": np.where(rng.random(rows) < 0.4, 0.0, rng.normal(0, 5, rows)),
            "moment": polars.Series(rng.integers(0, 10**15, rows)).cast(polars.Datetime("us")),
            "user": [f"user-{number}" for number in rng.permutation(rows)],
            "row": rng.permutation(rows) + 12_345,
            "rare": [17.25 if row < 5 else None for row in range(rows)],
        }
    )


@pytest.fixture(scope="module")
def kept(table):
    return kl.profile(table, suppress_below=LEAST)


def _body(profile, name):
    return next(column.body for column in profile.columns if column.name == name)


def test_no_value_and_no_cell_has_few_rows(kept):
    for name in ("salary", "age", "zero", "moment", "town"):
        counts = _body(kept, name).counts[0]
        assert np.all((counts == 0) | (counts >= LEAST)), name
    town = _body(kept, "town")
    assert town.rest[0] >= LEAST
    assert town.counts.sum() + town.rest[0] == 5000


def test_cells_count_what_lies_in_them(kept, table):
    for name in ("salary", "age", "zero", "moment"):
        body, values = _body(kept, name), table[name].to_physical().to_numpy()
        right = [((values >= low) & (values <= high)).sum() for low, high in zip(body.low, body.high, strict=True)]
        assert body.counts[0].tolist() == right
        assert len(body.low) > 30, name


def test_no_bound_is_the_value_of_a_few(kept, table):
    for name in ("salary", "zero"):
        rows = Counter(table[name].to_list())
        bounds = {*_body(kept, name).low.tolist(), *_body(kept, name).high.tolist()}
        assert not [bound for bound in bounds if 0 < rows[bound] < LEAST]
    body = _body(kept, "salary")
    assert body.low[0] < table["salary"].min()
    assert body.high[-1] > table["salary"].max()
    # Two digits.
    assert body.high[-1] == float(f"{body.high[-1]:.1e}")


def test_a_value_that_many_share_keeps_a_cell(kept):
    body = _body(kept, "zero")
    assert ((body.low == 0) & (body.high == 0)).any()


def test_columns_of_few_values_and_keys_hide_them(kept):
    assert _body(kept, "rare") is None
    keys = _body(kept, "row")
    assert (keys.low, keys.high) == ((12_000,), (18_000,))
    assert not [count for count in _body(kept, "user").shapes.counts[0] if 0 < count < LEAST]


def test_it_still_stands_in_for_its_table(kept, table):
    comparison = kl.compare(kept, table)
    assert {comparison[name].verdict for name in ("salary", "age", "zero", "moment")} == {"similar"}
    shifted = table.with_columns(salary=table["salary"] * 1.5)
    assert kl.compare(kept, shifted)["salary"].verdict == "shifted"


def test_texts_are_cut_on_both_sides(frame, tmp_path):
    table = frame(x=["abcdef", "abcxyz", "b", "b"] * 30)
    kept = kl.profile(table, text_length=3)
    body = kept.columns[0].body
    assert dict(zip(body.values, body.counts[0], strict=True)) == {"abc": 60, "b": 60}
    kept.save(tmp_path / "p.json")
    assert "abcd" not in (tmp_path / "p.json").read_text()
    again = kl.Profile.load(tmp_path / "p.json")
    assert kl.compare(again, table)["x"].plugin == 0
    assert kl.compare(table, again)["x"].plugin == 0
    assert kl.compare(again, kl.profile(table))["x"].plugin == 0
    assert any("cut" in note for note in kept.columns[0].notes)


def test_what_was_asked_for_is_in_the_file(kept, tmp_path):
    kept.save(tmp_path / "p.json")
    assert json.loads((tmp_path / "p.json").read_text())["privacy"] == {"suppress_below": LEAST, "text_length": None}
    assert kl.Profile.load(tmp_path / "p.json").privacy == kept.privacy


def test_a_merged_profile_is_suppressed_as_one(frame):
    parts = [kl.profile(frame(x=["a"] * 30 + [f"r{part}"] * 6)) for part in range(3)]
    body = kl.merge(parts, suppress_below=10).columns[0].body
    assert (body.values, body.counts.tolist(), body.rest.tolist()) == (("a",), [[90]], [18])


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"suppress_below": 0}, "suppress_below is 0"),
        ({"suppress_below": 2.5}, r"suppress_below is 2\.5"),
        ({"suppress_below": True}, "suppress_below is True"),
        ({"text_length": -1}, "text_length is -1"),
        ({"suppress_below": 6000}, "nothing of it may be kept"),
        ({"suppress_below": 5, "weights": "age"}, "weights"),
        ({"cells": 8}, "cells is 8"),
        ({"cells": 5000}, "cells is 5000"),
    ],
    ids=str,
)
def test_options_out_of_range_are_refused(options, match, table):
    with pytest.raises(kl.InputError, match=match):
        kl.profile(table, **options)


def test_like_brings_its_own_cells(kept, table):
    with pytest.raises(kl.InputError, match="like brings its own cells"):
        kl.profile(table, like=kept, cells=64)
