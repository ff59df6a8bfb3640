"""Tests of tables with pytest: `assert_similar` for two tables, `kullback_snapshot` for a table and its kept profile.

Pytest loads this at its start, so nothing heavy is imported before a test asks for it.
"""

import hashlib
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from kullback.tables import Comparison, Profile

FOLDER = "__profiles__"
_UPDATE = "--kullback-update"
_LONGEST_NAME = 100


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that writes profiles anew."""
    group = parser.getgroup("kullback", "tables compared with kullback")
    group.addoption(_UPDATE, action="store_true", help="keep the profiles of kullback_snapshot anew")


@pytest.fixture(name="assert_similar")
def _assert_similar() -> "Callable[..., Comparison]":
    """Fail the test if a column of the second table is shifted from the first: ``assert_similar(before, after)``.

    Options are those of `kullback.compare`; with ``strict=True`` inconclusive columns and a changed structure fail too.
    The comparison is returned.
    """
    return _compare_or_fail


@pytest.fixture(name="kullback_snapshot")
def _kullback_snapshot(request: pytest.FixtureRequest) -> "Callable[..., Comparison | Profile]":
    """Fail the test if a table is shifted from the profile kept beside the test: ``kullback_snapshot(table)``.

    The profile lies in ``__profiles__`` and is written by ``pytest --kullback-update``. A test that keeps several names
    them: ``kullback_snapshot(table, "orders")``.
    """
    folder = request.path.parent / FOLDER
    update, taken = bool(request.config.getoption(_UPDATE)), set[Path]()

    def snapshot(table: Any, name: str | None = None, /, **options: Any) -> "Comparison | Profile":
        path = folder / f"{_file_name(name or request.node.name)}.json"
        if path in taken:
            pytest.fail(f"{path.name} was used before in this test: give each table a name of its own.", pytrace=False)
        taken.add(path)
        if update:
            return _keep(path, table, options)
        if not path.is_file():
            pytest.fail(f"there is no {path}: write it with pytest {_UPDATE}, and commit it.", pytrace=False)
        return _compare_or_fail(path, table, **options)

    return snapshot


def _compare_or_fail(reference: Any, current: Any, /, *, strict: bool = False, **options: Any) -> "Comparison":
    import kullback as kl  # noqa: PLC0415 - pytest's start stays light

    comparison = kl.compare(reference, current, **options)
    report = None
    try:
        comparison.assert_similar(strict=strict)
    except kl.ShiftError as error:
        report = str(error)
    # Outside of the handler, so that no traceback of ours stands before the report.
    if report is not None:
        pytest.fail(report, pytrace=False)
    return comparison


def _keep(path: Path, table: Any, options: dict[str, Any]) -> "Profile":
    import kullback as kl  # noqa: PLC0415 - pytest's start stays light

    # What belongs to the verdict alone (margin, alpha, strict) is no part of a profile.
    known = set(inspect.signature(kl.profile).parameters) - {"table", "like", "progress"}
    made = kl.profile(table, **{name: value for name, value in options.items() if name in known})
    path.parent.mkdir(exist_ok=True)
    made.save(path)
    return made


def _file_name(name: str) -> str:
    """A name that every file system takes; two names never share one."""
    plain = re.sub(r"[^A-Za-z0-9_.-]+", "_", name)[:_LONGEST_NAME].lstrip(".")
    if plain == name:
        return name
    return f"{plain}-{hashlib.sha256(name.encode('utf-8', 'backslashreplace')).hexdigest()[:8]}"
