"""The JSON that is written is the JSON that the documentation's schemas describe."""

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

import kullback as kl

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"
PROFILE, COMPARISON = (
    json.loads((REFERENCE / f"{name}.schema.json").read_text()) for name in ("profile", "comparison")
)
# What the suite can bring into a table, and more kinds of comparison than one pair of tables has.
OPTIONS: list[dict[str, Any]] = [
    {},
    {"weights": "beyond_53_bits"},
    {"unit": "place", "where": "place IS NOT NULL"},
    {"roles": {"uuid": "key", "decimal18": "category", "flag": "category"}},
    {"margin": 0.0, "alpha": 0.5},
]


def _fields(schema: dict[str, Any], name: str) -> set[str]:
    return set(schema["$defs"][name]["properties"])


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_every_comparison_fits(samples, options):
    document = json.loads(kl.compare(*samples, **options).to_json())
    jsonschema.validate(document, COMPARISON)


def test_odd_tables_fit(require):
    polars = require("polars")
    before = {
        "gone": [1, 2, 3] * 10,
        "always": ["a"] * 30,
        "nothing": [None] * 30,
        "list": [[1]] * 30,
        "changed": ["a", "b", "c"] * 10,
        "key": [f"u{index}" for index in range(30)],
        "new": ["x"] * 30,
        "": [float("nan"), float("inf"), -1.0] * 10,
    }
    after = {name: values for name, values in before.items() if name != "gone"} | {
        "added": [1] * 30,
        "changed": [1.5, 2.5, 3.5] * 10,
        "key": [f"v{index}" for index in range(30)],
        "new": ["y"] * 30,
    }
    document = json.loads(kl.compare(polars.DataFrame(before), polars.DataFrame(after)).to_json())
    jsonschema.validate(document, COMPARISON)
    for table in (before, after):
        profile = kl.profile(polars.DataFrame(table))
        jsonschema.validate(_saved(profile, require), PROFILE)


def _saved(profile: kl.Profile, require: Any) -> Any:
    tempfile = require("tempfile")
    with tempfile.TemporaryDirectory() as folder:
        profile.save(Path(folder) / "kept.json")
        return json.loads((Path(folder) / "kept.json").read_text())


@pytest.mark.parametrize("options", OPTIONS[:2] + OPTIONS[3:4], ids=str)
def test_every_profile_fits(samples, options, require):
    for table in samples:
        document = _saved(kl.profile(table, **options), require)
        jsonschema.validate(document, PROFILE)


def test_schemas_name_what_is_written_and_nothing_else(samples):
    document = kl.compare(*samples).to_dict()
    assert set(document) == set(COMPARISON["properties"]) == set(COMPARISON["required"])
    assert set(document["columns"][0]) == _fields(COMPARISON, "column")
    cells = [cell for column in document["columns"] for cell in column["cells"]]
    assert {field for cell in cells for field in cell} == set(COMPARISON["$defs"]["cells"]["items"]["properties"])


def test_profile_schema_names_what_is_written_and_nothing_else(samples, require):
    document = _saved(kl.profile(samples[0], roles={"uuid": "key"}), require)
    assert set(document) == set(PROFILE["properties"])
    bodies = {
        name: column[name]
        for column in document["columns"]
        for name in ("ordered", "categories", "key")
        if name in column
    }
    for name, body in bodies.items():
        assert set(body) == _fields(PROFILE, name)
    assert set(bodies) == {"ordered", "categories", "key"}
    assert {field for column in document["columns"] for field in column} == _fields(PROFILE, "column")
    assert set(document["columns"][0]["reading"]) == _fields(PROFILE, "reading")


def _damaged(document: dict[str, Any]) -> list[dict[str, Any]]:
    def changed(change: Any) -> dict[str, Any]:
        other = copy.deepcopy(document)
        change(other)
        return other

    return [
        changed(lambda d: d.pop("schema")),
        changed(lambda d: d.update(schema=2)),
        changed(lambda d: d.update(more=1)),
        changed(lambda d: d["columns"][0].pop("name")),
        changed(lambda d: d["columns"][0].update(more=1)),
    ]


def test_damaged_documents_do_not_fit(samples, require):
    comparison = json.loads(kl.compare(*samples).to_json())
    profile = _saved(kl.profile(samples[0]), require)
    more = [copy.deepcopy(comparison) for _ in range(3)]
    more[0]["columns"][0]["plugin"] = "Infinity"
    more[1]["columns"][0]["verdict"] = "drift"
    more[2]["columns"][0]["p_value"] = 1.5
    counted = copy.deepcopy(profile)
    ordered = next(column["ordered"] for column in counted["columns"] if "ordered" in column)
    ordered["counts"][0] = -1
    both = copy.deepcopy(profile)
    next(column for column in both["columns"] if "ordered" in column)["key"] = None
    for schema, documents in (
        (COMPARISON, [*_damaged(comparison), *more]),
        (PROFILE, [*_damaged(profile), counted, both]),
    ):
        for document in documents:
            with pytest.raises(jsonschema.ValidationError):
                jsonschema.validate(document, schema)


def test_the_first_profiles_stay_readable(require):
    # tests/data/profile-1.json was written when schema 1 was new: 400 rows of the kinds below. Later versions must read it.
    polars = require("polars")
    path = Path(__file__).parents[2] / "data" / "profile-1.json"
    jsonschema.validate(json.loads(path.read_text()), PROFILE)
    index = np.arange(400)
    # The same table, but that half of the texts "a" turned into "b".
    table = polars.DataFrame(
        {
            "number": (index * 37 % 401) / 8,
            "count": index % 5,
            "text": np.where(index % 4 < 1, "a", np.where(index % 4 < 3, "b", "c")),
            "huge": [2**63 + int(value) % 7 for value in index],
            "day": polars.Series(index % 30 + 15_000, dtype=polars.Int32).cast(polars.Date),
            "flag": index % 3 == 0,
            "key": [f"user-{value}" for value in index],
        }
    )
    comparison = kl.compare(path, table)
    assert comparison["text"].headline == "a 50 % → 25 %"
    # 1/4 log2(1/2) + 1/2 log2 2 + 0, by hand.
    assert comparison["text"].plugin == pytest.approx(0.25)
    assert {column.name: column.plugin for column in comparison if column.name not in ("text", "key")} == {
        "number": 0, "count": 0, "huge": 0, "day": 0, "flag": 0,
    }  # fmt: skip
    assert comparison["key"].verdict == "key"
