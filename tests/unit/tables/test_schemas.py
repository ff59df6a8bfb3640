"""The published schemas and what is written: each describes the other, neither more nor less."""

import copy
import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

import kullback as kl

DOCS = Path(__file__).parents[3] / "docs" / "reference"
PROFILE, COMPARISON = (
    json.loads((DOCS / f"{name}.schema.json").read_text("utf-8")) for name in ("profile", "comparison")
)
ROWS = 400


def _refuse(constant: str) -> None:
    pytest.fail(f"bare {constant} is not JSON")


def _reread(text: str) -> Any:
    return json.loads(text, parse_constant=_refuse)


@cache
def _validator(name: str) -> jsonschema.Draft202012Validator:
    schema = {"profile": PROFILE, "comparison": COMPARISON}[name]
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def _table(polars: Any, seed: int, shift: int) -> Any:
    """Every kind of column; with a shift, columns that moved, came, went and changed their type."""
    rng = np.random.default_rng(seed)
    whole = [int(value) for value in rng.integers(0, 90, ROWS)]
    columns = {
        "normal": rng.normal(shift, 1, ROWS),
        "special": ([float("nan"), float("inf"), -float("inf"), None, 1.0] * ROWS)[:ROWS],
        "overflowing": [1e308, 1.5e308, 1.25e308, 1e307] * (ROWS // 4),
        "beyond_53_bits": [2**53 + value for value in whole],
        "huge": polars.Series([2**63 + value for value in whole], dtype=polars.UInt64),
        "price": polars.Series([Decimal(value).scaleb(-2) for value in whole], dtype=polars.Decimal(10, 2)),
        "exact": polars.Series([Decimal(value).scaleb(-10) for value in whole], dtype=polars.Decimal(38, 10)),
        "day": [date(2024, 1, 1) + timedelta(days=value) for value in whole],
        "moment": [datetime(2024, 1, 1) + timedelta(hours=value) for value in whole],  # noqa: DTZ001
        "nanos": polars.Series(whole, dtype=polars.Datetime("ns")),
        "instant": [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=value) for value in whole],
        "clock": [time(value // 4) for value in whole],
        "lasting": [timedelta(minutes=value) for value in whole],
        "flag": [None if value > 80 else value < 40 for value in whole],
        "text": [f"k{value % 7}" for value in whole],
        "typed": [str(value) if value else "n/a" for value in whole],
        "new": [f"{'new' if shift else 'old'} {value}" for value in whole],
        "changed": whole if shift else [str(value) for value in whole],
        "always": ["a"] * ROWS,
        "nothing": [None] * ROWS,
        "nested": [[1]] * ROWS,
        "user": [f"user-{number}" for number in rng.permutation(ROWS)],
        "row": rng.permutation(ROWS),
        "weight": [0.5 + value % 2 for value in whole],
        "store": [f"s{value % 12}" for value in whole],
        ("came" if shift else "went"): whole,
    }
    return polars.DataFrame(columns)


@pytest.fixture(scope="module")
def tables(require) -> tuple[Any, Any]:
    polars = require("polars")
    return _table(polars, 1, 0), _table(polars, 2, 1)


def _changing(pyarrow: Any) -> Any:
    """Twenty parts, of which the second half is of another kind."""
    part = np.repeat(np.arange(20), 200)
    return pyarrow.table({"part": part, "kind": np.where(part < 10, part % 2, 2 + part % 2)})


def _planted(polars: Any, seed: int) -> Any:
    """Rows of which one carrier is late in one month, and a column that no two sides share."""
    rng = np.random.default_rng(seed)
    carrier, month = rng.choice(["UA", "AA", "B6", "DL"], 3000), rng.integers(1, 7, 3000)
    late = (carrier == "UA") & (month == 3) & (seed > 1)
    side = [f"{seed}: {row % 3}" for row in range(3000)]
    return polars.DataFrame({"carrier": carrier, "month": month, "delay": rng.normal(60 * late, 10), "side": side})


def _watched(folder: Path, polars: Any) -> list[Any]:
    """A day of another kind beside four weeks, with a fixed reference and with an alert."""
    usual = polars.DataFrame({"plan": ["free", "free", "paid"] * 100})
    unusual = polars.DataFrame({"plan": ["free", "paid", "paid"] * 100})
    kept = kl.profile(usual)
    for day in range(1, 29):
        kept.save(folder / f"2013-01-{day:02}.profile.json")
    return [
        kl.compare(usual, unusual, history=folder, window="2013-02-01"),
        kl.History(folder).record(unusual, "2013-02-01"),
    ]


@pytest.fixture(scope="module")
def comparisons(tables, require, tmp_path_factory) -> list[Any]:
    pyarrow, polars = require("pyarrow"), require("polars")
    twice = pyarrow.Table.from_arrays([pyarrow.array(range(30))] * 2, ["a", "a"])
    numbers = {"typed": "numeric"}
    return [
        _reread(made.to_json())
        for made in (
            kl.compare(*tables),
            kl.compare(*tables, weights="weight", roles=numbers, exclude=["overflowing"]),
            kl.compare(*tables, unit="store", columns=["normal", "text", "user"]),
            kl.compare(kl.profile(tables[0]), tables[1], margin=2.0, alpha=0.2, seed=7),
            kl.compare(tables[0], tables[0], columns=["text", "flag"], margin=2.0),
            kl.compare(twice, twice),
            kl.compare(*tables, by="text", columns=["normal", "flag", "store"]),
            kl.compare(_changing(pyarrow), by="part", every="1"),
            kl.compare(tables[0], by="instant", every="1d", columns=["normal"]),
            kl.compare(*(_numbers_and_texts(table) for table in tables)),
            kl.compare(*tables, columns=["normal", "text", "day", "user", "new"], target="text", pairs=2),
            kl.compare(_planted(polars, 1), _planted(polars, 2), joint=True, why=True),
            *_watched(tmp_path_factory.mktemp("history"), polars),
        )
    ]


def _numbers_and_texts(table: Any, **options: Any) -> kl.Profile:
    return kl.profile(table, columns=["normal", "text"], cells=16, **options)


@pytest.fixture(scope="module")
def profiles(tables, tmp_path_factory) -> list[Any]:
    path = tmp_path_factory.mktemp("profiles") / "kept.json"
    documents = []
    for made in (
        kl.profile(tables[0]),
        kl.profile(tables[1], weights="weight", roles={"typed": "numeric", "text": "key", "price": "category"}),
        kl.profile(tables[1], like=kl.profile(tables[0])),
        # Different cells, and texts that one of them does not list.
        kl.merge(
            [
                _numbers_and_texts(part, suppress_below=least, by="flag", text_length=2)
                for part, least in ((tables[0], None), (tables[0][:200], 30))
            ]
        ),
        kl.profile(tables[0], suppress_below=10, text_length=2, exclude=["weight"]),
        kl.profile(tables[0], target="flag", pairs=[("text", "day")]),
        # Some of the pairs lie on the same cells, others do not.
        kl.merge([kl.profile(table, columns=["normal", "flag", "text"], target="flag") for table in tables]),
    ):
        made.save(path)
        documents.append(_reread(path.read_text("utf-8")))
    return documents


@pytest.fixture(params=["profile", "comparison"])
def name(request) -> str:
    return request.param


@pytest.fixture
def documents(name, request) -> list[Any]:
    return request.getfixturevalue(f"{name}s")


@pytest.fixture
def schema(name) -> Any:
    return _validator(name).schema


def test_documents_fit_their_schema(name, documents):
    for document in documents:
        _validator(name).validate(document)


@pytest.mark.parametrize(
    "options",
    [{}, {"weights": "beyond_53_bits"}, {"unit": "place", "where": "place IS NOT NULL"}, {"margin": 0.0}],
    ids=str,
)
def test_samples_fit_the_schemas(samples, options, tmp_path):
    _validator("comparison").validate(_reread(kl.compare(*samples, **options).to_json()))
    if "unit" not in options and "margin" not in options:
        kl.profile(samples[0], **options).save(tmp_path / "kept.json")
        _validator("profile").validate(_reread((tmp_path / "kept.json").read_text("utf-8")))


def test_more_values_than_are_listed_fit_the_schemas(frame, tmp_path):
    tables = [frame(x=[f"{side}{row % 12_000}" for row in range(30_000)]) for side in "rc"]
    _validator("comparison").validate(_reread(kl.compare(*tables).to_json()))
    kl.profile(tables[0]).save(tmp_path / "kept.json")
    document = _reread((tmp_path / "kept.json").read_text("utf-8"))
    _validator("profile").validate(document)
    assert document["columns"][0]["categories"]["rest"] > 0


def _written(plain: Any, path: str = "") -> Iterator[str]:
    yield path
    if isinstance(plain, dict):
        for key, value in plain.items():
            yield from _written(value, f"{path}.{key}")
    elif isinstance(plain, list):
        for value in plain:
            yield from _written(value, f"{path}[]")


def _described(part: Any, schema: Any, path: str = "") -> Iterator[str]:
    yield path
    if "$ref" in part:
        yield from _described(schema["$defs"][part["$ref"].removeprefix("#/$defs/")], schema, path)
    for branch in part.get("oneOf", []):
        yield from _described(branch, schema, path)
    for key, value in part.get("properties", {}).items():
        yield from _described(value, schema, f"{path}.{key}")
    for value in [part.get("items") or {}, *part.get("prefixItems", [])]:
        if value:
            yield from _described(value, schema, f"{path}[]")


def test_the_schema_names_what_is_written_and_nothing_else(documents, schema):
    written = {path for document in documents for path in _written(document)}
    assert written == set(_described(schema, schema))


def _found(plain: Any, path: list[str]) -> Iterator[Any]:
    if not path:
        yield plain
    elif path[0] == "[]":
        for value in plain:
            yield from _found(value, path[1:])
    elif plain is not None and path[0] in plain:
        yield from _found(plain[path[0]], path[1:])


@pytest.mark.parametrize(
    ("name", "path", "choices"),
    [
        *(("profile", f"columns [] reading {field}", ("reading", field)) for field in ("kind", "image", "unit")),
        ("comparison", "verdict", ()),
        ("comparison", "null", ()),
        *(("comparison", f"columns [] {field}", ("column", field)) for field in ("kind", "verdict")),
    ],
)
def test_every_choice_of_the_schema_is_made(documents, schema, path, choices):
    properties = schema["$defs"][choices[0]]["properties"] if choices else schema["properties"]
    allowed = properties[path.split()[-1]]["enum"]
    assert {value for document in documents for value in _found(document, path.split())} == set(allowed)


def test_every_form_of_a_column_is_written(profiles):
    forms = PROFILE["$defs"]["column"]["oneOf"]
    columns = [column for document in profiles for column in document["columns"]]
    for form in forms:
        matching = jsonschema.Draft202012Validator({**form, "$defs": PROFILE["$defs"]})
        assert any(matching.is_valid(column) for column in columns), form["title"]


def _places(plain: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something lies: every column, and the first of any other list."""
    yield path
    steps: list[Any] = list(plain) if isinstance(plain, dict) else []
    if isinstance(plain, list):
        steps = list(range(len(plain)))[: None if path == ("columns",) else 1]
    for step in steps:
        yield from _places(plain[step], (*path, step))


def _inside(plain: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        plain = plain[step]
    return plain


def _damages(document: Any, place: tuple[Any, ...]) -> Iterator[tuple[str, Callable[[Any], Any]]]:
    """Ways to damage what lies at a place."""
    if isinstance(_inside(document, place), dict):
        yield "a field more", lambda damaged: _inside(damaged, place).update(more=1)
    if place:
        yield "nonsense", lambda damaged: _inside(damaged, place[:-1]).__setitem__(place[-1], [[{}]])
        # Weights are the one thing that a document may go without.
        if isinstance(place[-1], str) and place[-1] != "effective_rows":
            yield "a field less", lambda damaged: _inside(damaged, place[:-1]).__delitem__(place[-1])


@pytest.mark.parametrize("name", ["comparison", "profile"])
def test_damaged_documents_do_not_fit(name, tables, tmp_path):
    small = [table.select("special", "price", "text", "user", "weight")[:40] for table in tables]
    kl.profile(small[0]).save(tmp_path / "kept.json")
    document = _reread(
        (tmp_path / "kept.json").read_text("utf-8")
        if name == "profile"
        else kl.compare(*small, weights="weight").to_json()
    )
    assert _validator(name).is_valid(document)
    for place in _places(document):
        for what, damage in _damages(document, place):
            damaged = copy.deepcopy(document)
            damage(damaged)
            assert not _validator(name).is_valid(damaged), (place, what)


@pytest.mark.parametrize(
    ("name", "column", "place", "value"),
    [
        ("comparison", None, ("schema",), 2),
        ("comparison", None, ("seed",), -1),
        ("comparison", None, ("alpha",), 1),
        ("comparison", None, ("null",), "units"),
        ("comparison", None, ("reference", "rows"), 0),
        ("comparison", "normal", ("verdict",), "drift"),
        ("comparison", "normal", ("verdict",), "constant"),
        ("comparison", "normal", ("verdict",), "inconclusive"),
        ("comparison", "normal", ("plugin",), "Infinity"),
        ("comparison", "normal", ("plugin",), "-inf"),
        ("comparison", "normal", ("plugin",), -0.1),
        ("comparison", "normal", ("plugin",), None),
        ("comparison", "normal", ("interval",), [0.1]),
        ("comparison", "normal", ("interval",), ["inf", "inf"]),
        ("comparison", "normal", ("p_margin",), 1.5),
        ("comparison", "normal", ("design_effect",), 2.0),
        ("comparison", "normal", ("jensen_shannon",), 1.1),
        ("profile", None, ("schema",), 1),
        ("profile", None, ("rows",), 0),
        ("profile", None, ("rows",), 1.5),
        ("profile", "normal", ("ordered", "counts", 0), -1),
        ("profile", "normal", ("ordered", "low", 0), "1"),
        ("profile", "normal", ("ordered", "total"), "inf"),
        ("profile", "normal", ("reading", "kind"), "date"),
        ("profile", "normal", ("key",), None),
        ("profile", "price", ("ordered", "low", 0), 0.5),
        ("profile", "price", ("ordered", "low", 0), 2**53 + 1),
        ("profile", "price", ("ordered", "low", 0), "12"),
        ("profile", "price", ("reading", "scale"), 39),
        ("profile", "day", ("reading", "unit"), "us"),
        ("profile", "text", ("categories", "values", 0), "k1"),
        ("profile", "text", ("reading", "image"), "int"),
        ("profile", "text", ("reading",), None),
        ("profile", "user", ("key", "low"), 1),
        ("profile", "user", ("key", "shapes"), None),
        ("profile", "row", ("key", "low"), None),
    ],
)
def test_wrong_values_do_not_fit(name, documents, column, place, value):
    damaged = copy.deepcopy(documents[0])
    target = damaged
    if column is not None:
        target = next(entry for entry in damaged["columns"] if entry["name"] == column)
    assert _validator(name).is_valid(damaged)
    _inside(target, place[:-1])[place[-1]] = value
    assert not _validator(name).is_valid(damaged)
