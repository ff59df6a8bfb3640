"""Rows that come once, or only when they are asked for: Arrow streams and lazy frames."""

import datetime as dt

import pytest

import kullback as kl


def rows(count):
    return {"x": [place % 7 for place in range(count)], "word": ["ab"[place % 2] for place in range(count)]}


def test_a_stream_is_compared_as_its_table_is(require):
    pa = require("pyarrow")
    sides = [pa.table(rows(3000)), pa.table(rows(1000))]
    found = kl.compare(*(side.to_reader(100) for side in sides))
    assert found.to_dict() == kl.compare(*sides).to_dict()
    profiles = kl.profile(sides[0].to_reader(100)), kl.profile(sides[0])
    assert (
        kl.compare(profiles[0], sides[1]).to_dict()["columns"] == kl.compare(profiles[1], sides[1]).to_dict()["columns"]
    )


def test_a_lazy_frame_is_computed_once(require):
    polars = require("polars")
    calls = []

    def counted(frame):
        calls.append(frame.height)
        return frame

    lazy = polars.LazyFrame(rows(3000)).map_batches(counted)
    found = kl.compare(lazy, polars.LazyFrame(rows(1000)))
    assert sum(calls) == 3000
    assert found.to_dict() == kl.compare(polars.DataFrame(rows(3000)), polars.DataFrame(rows(1000))).to_dict()


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_conditions_speak_of_the_columns_of_a_frame(require, library):
    module = require(library)
    made = (module.table if library == "pyarrow" else module.DataFrame)(rows(300))
    found = kl.compare(made, made, where="x < 2")
    assert found.reference.rows == sum(place % 7 < 2 for place in range(300))
    split = kl.compare(made, split_by="word", reference_value="a")
    assert (split.reference.name, split.current.rows) == ("word = a", 150)


def test_types_survive_the_lazy_way(require):
    polars = require("polars")
    frame = polars.DataFrame(
        {
            "spell": [dt.timedelta(seconds=place % 5) for place in range(60)],
            "sort": polars.Series(["a", "b"] * 30, dtype=polars.Enum(["a", "b"])),
            "nothing": polars.Series([None] * 60, dtype=polars.Null),
        }
    )
    assert kl.compare(frame.lazy(), frame).to_dict() == kl.compare(frame, frame).to_dict()


def test_a_plan_that_fails_says_why(require):
    polars = require("polars")
    lazy = polars.LazyFrame(rows(10))
    with pytest.raises(kl.InputError, match=r"cannot compute the lazy frame: ColumnNotFoundError: .*nope"):
        kl.compare(lazy.select("nope"), lazy)
