"""Groups of rows inside of a profile."""

import numpy as np
import pytest

import kullback as kl


@pytest.fixture(scope="module")
def table(require):
    polars = require("polars")
    rng = np.random.default_rng(1)
    store = rng.choice(["north", "south", "west"], 3000, p=[0.5, 0.3, 0.2])
    return polars.DataFrame(
        {
            "store": store,
            "sold": rng.normal(np.where(store == "west", 3, 0), 1, 3000),
            "kind": rng.choice(list("abc"), 3000),
            "count": rng.poisson(3, 3000),
        }
    )


@pytest.fixture(scope="module")
def kept(table, tmp_path_factory):
    path = tmp_path_factory.mktemp("groups") / "kept.json"
    kl.profile(table, by="store").save(path)
    return kl.Profile.load(path)


def test_each_group_is_the_profile_of_its_rows(kept, table, require):
    polars = require("polars")
    assert (kept.by, sorted(kept.groups)) == ("store", ["north", "south", "west"])
    for label, group in kept.groups.items():
        rows = table.filter(polars.col("store") == label)
        assert group.rows == len(rows)
        for name in ("kind", "count"):
            assert kl.compare(group, rows)[name].plugin == 0
        body = next(column.body for column in group.columns if column.name == "sold")
        values = np.sort(rows["sold"].to_numpy())
        right = np.searchsorted(values, body.high, side="right")
        assert np.cumsum(body.counts[0]).tolist() == right.tolist()


def test_groups_add_up_to_the_whole_and_compare_exactly(kept):
    again = kl.merge(list(kept.groups.values()))
    for column in again.columns:
        whole = next(other for other in kept.columns if other.name == column.name)
        assert column.body.counts.sum() == whole.body.counts.sum()
    shifted = kl.compare(kept.groups["north"], kept.groups["west"])
    assert shifted["sold"].verdict == "shifted"
    assert shifted["sold"].uncertainty is None


def test_groups_of_parts_are_merged_by_their_names(kept, table):
    parts = [kl.profile(part, like=kept, by="store") for part in (table[:1000], table[1000:])]
    whole = kl.merge(parts)
    assert {label: group.rows for label, group in whole.groups.items()} == {
        label: group.rows for label, group in kept.groups.items()
    }
    assert kl.merge([parts[0], kl.profile(table, like=kept)]).by is None


def test_small_groups_are_suppressed(table):
    assert sorted(kl.profile(table[:100], by="store", suppress_below=25).groups) == ["north", "south"]


@pytest.mark.parametrize("options", [{"by": "nothing"}, {"by": "store", "weights": "count"}], ids=str)
def test_bad_groups_are_refused(options, table):
    with pytest.raises(kl.InputError, match=r"by|nothing"):
        kl.profile(table, **options)
