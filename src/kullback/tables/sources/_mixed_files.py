"""Files of one table whose columns or types differ: what they have in common, and what is to be said of it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb

from kullback._core import InputError
from kullback.tables._messages import Message
from kullback.tables.engines._session import Session, quote_name
from kullback.tables.engines._table import Column
from kullback.tables.sources._csv import CsvScan, Sniffed, csv_scan, explain_csv_error, is_lost

# Types of CSV columns that a wider one holds.
_WIDER = {
    frozenset({"BIGINT", "DOUBLE"}): "DOUBLE",
    frozenset({"DATE", "TIMESTAMP"}): "TIMESTAMP",
}
# For each file the types of its columns by name; None where a column holds no value that would tell.
Parts = Mapping[Path, Mapping[str, str | None]]


def csv_parts(
    session: Session, files: Sequence[Path], nulls: tuple[str, ...], /
) -> tuple[list[tuple[CsvScan, Sniffed]], Parts]:
    """How several CSV files are read: each by its own dialect, all with the same types.

    Args:
        session: Connection to read with.
        files: Two or more.
        nulls: Texts that stand for NULL besides the empty field.

    Returns:
        For each file its scan and the types to read it with; and the types that it would have by itself.

    Raises:
        InputError: If a file is broken or has no header where others have one; it names that file.
    """
    found = [_sniff(session, path, nulls) for path in files]
    without = [scan for scan, _ in found if not scan.named]
    if 0 < len(without) < len(found):
        named = next(scan for scan, _ in found if scan.named)
        raise InputError(
            f"{str(without[0].paths[0])!r} begins with a row of numbers, {str(named.paths[0])!r} with the names of its "
            "columns. Give all files of a table the same header, or none of them."
        )
    doubtful = {name for name, kinds in _kinds(sniffed.kinds for _, sniffed in found).items() if len(kinds) > 1}
    parts = {path: _own_kinds(*one, doubtful, path) for path, one in zip(files, found, strict=True)}
    common = {name: _widest(set(kinds)) for name, kinds in _kinds(parts.values()).items()}
    typed = [
        (scan, replace(sniffed, kinds={name: common.get(name, "VARCHAR") for name in sniffed.kinds}))
        for scan, sniffed in found
    ]
    return typed, parts


def _sniff(session: Session, path: Path, nulls: tuple[str, ...]) -> tuple[CsvScan, Sniffed]:
    try:
        scan = csv_scan(session, [path], nulls)
        try:
            return scan, scan.sniffed()
        except duckdb.Error as error:
            if not is_lost(error):
                raise
            scan = scan.rewritten()
            return scan, scan.sniffed()
    except duckdb.Error as error:
        raise explain_csv_error(str(path), error) from None


def _own_kinds(scan: CsvScan, sniffed: Sniffed, doubtful: set[str], path: Path) -> dict[str, str | None]:
    """The types of a file; a column without a value is sniffed as text, and no reason to take others as text."""
    kinds: dict[str, str | None] = dict(sniffed.kinds)
    texts = [name for name in doubtful if kinds.get(name) == "VARCHAR"]
    if texts:
        counts = ", ".join(f"count({quote_name(name)})" for name in texts)
        try:
            values = scan.session.rows(f"SELECT {counts} FROM {scan.typed_sql(sniffed)}")[0]
        except duckdb.Error as error:
            raise explain_csv_error(str(path), error) from None
        kinds |= {name: None for name, count in zip(texts, values, strict=True) if not count}
    return kinds


def _kinds(parts: Iterable[Mapping[str, str | None]]) -> dict[str, Counter[str]]:
    """How often each type is seen of each column."""
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for part in parts:
        for name, kind in part.items():
            if kind is not None:
                seen[name][kind] += 1
    return seen


def _widest(kinds: set[str]) -> str:
    return next(iter(kinds)) if len(kinds) == 1 else _WIDER.get(frozenset(kinds), "VARCHAR")


def with_remarks(columns: Sequence[Column], source: str, parts: Parts, /) -> tuple[Column, ...]:
    """The columns of a table with what is to be said where its files differ.

    Args:
        columns: Those of the whole table.
        source: What the user called it.
        parts: The types of the columns of each file.
    """
    folded = {path: {name.lower(): kind for name, kind in part.items()} for path, part in parts.items()}
    seen = _kinds(folded.values())
    return tuple(
        replace(column, notes=(*column.notes, *_remarks(column, source, folded, seen[column.name.lower()])))
        for column in columns
    )


def _remarks(column: Column, source: str, parts: Parts, kinds: Counter[str]) -> list[Message]:
    name = column.name.lower()
    lacking = [path for path, part in parts.items() if name not in part]
    said = []
    if lacking and len(lacking) < len(parts):
        said.append(
            Message(
                "{lacking} of the {files} files of {table} lack this column ({first}): their rows count as NULL",
                lacking=f"{len(lacking):,}",
                files=f"{len(parts):,}",
                table=source,
                first=lacking[0].name + (", …" if len(lacking) > 1 else ""),
            )
        )
    if len(kinds) > 1:
        usual, rare = kinds.most_common()[0][0], kinds.most_common()[-1][0]
        odd = next(path for path, part in parts.items() if part.get(name) == rare)
        said.append(
            Message(
                "the files of {table} differ in type: {rare} in {first}, {usual} in others; read as {common}",
                table=source,
                rare=rare,
                first=odd.name,
                usual=usual,
                common=column.native,
            )
        )
    return said
