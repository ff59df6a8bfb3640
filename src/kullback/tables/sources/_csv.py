"""Reading CSV strictly: the dialect comes from the first line, and a broken line is an error that names it."""

import csv
import gzip
import re
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from kullback._core import InputError
from kullback.tables.engines._session import Session, glob_literal, quote_text

_HEADER_LINES = 100
_DELIMITERS = ",;\t|"
_BYTE_ORDER_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


# What DuckDB says when it cannot follow a file, without saying where.
_LOST = ("sniffing", "invalid state")


@dataclass(frozen=True)
class Sniffed:
    """The columns of a CSV file.

    Attributes:
        kinds: Type of each by name, in order.
        formats: How dates and times are written, where that was found out.
    """

    kinds: dict[str, str]
    formats: dict[str, str]


@dataclass(frozen=True)
class CsvScan:
    """How files of one layout are read.

    Attributes:
        session: Connection to read with.
        paths: The files.
        header: The fields of the first row.
        named: Whether that row names the columns.
        delimiter: What separates fields.
        encoding: Of the bytes, where it is not UTF-8.
        nulls: Texts that stand for NULL besides the empty field.
        skip: Lines above the header: blank ones, and Excel's ``sep=;``.
    """

    session: Session
    paths: list[Path]
    header: list[str]
    named: bool
    delimiter: str
    encoding: str | None
    nulls: tuple[str, ...]
    skip: int = 0

    @property
    def names(self) -> list[str] | None:
        """The exact names of the columns; None where they must come from the reader."""
        return self.header if self.named and len(self.paths) == 1 else None

    @property
    def _dialect(self) -> str:
        options = [
            f"delim = {quote_text(self.delimiter)}",
            "quote = '\"'",
            "escape = '\"'",
            f"header = {str(self.named).lower()}",
            f"skip = {self.skip}",
            "comment = ''",
            "strict_mode = true",
            "null_padding = false",
            f"nullstr = [{', '.join(quote_text(text) for text in ('', *self.nulls))}]",
        ]
        if self.encoding:
            options.append(f"encoding = '{self.encoding}'")
        return ", ".join(options)

    def sql(self) -> str:
        """What stands behind FROM. Types come from all rows: guessed from the first, they would round later ones."""
        if len(self.paths) > 1:
            files = ", ".join(quote_text(glob_literal(path)) for path in self.paths)
            return f"read_csv([{files}], {self._dialect}, union_by_name = true, sample_size = -1)"
        return self.typed_sql(self.sniffed())

    def sniffed(self) -> "Sniffed":
        """What the columns of a single file are, by all of its rows."""
        file = quote_text(glob_literal(self.paths[0]))
        columns, date, timestamp = self.session.rows(
            f"SELECT Columns, DateFormat, TimestampFormat FROM sniff_csv({file}, {self._dialect}, sample_size = -1)"
        )[0]
        # Whether 01/02/20 is in January, in February or in 2001 is a guess that may differ between the two tables: only
        # dates written year first are taken as dates.
        formats = {kind: pattern for kind, pattern in (("DATE", date), ("TIMESTAMP", timestamp)) if pattern}
        as_text = {kind for kind, pattern in formats.items() if not pattern.startswith("%Y")}
        kinds = {column["name"]: "VARCHAR" if column["type"] in as_text else column["type"] for column in columns}
        return Sniffed(kinds, {kind: pattern for kind, pattern in formats.items() if kind not in as_text})

    def typed_sql(self, sniffed: "Sniffed", /) -> str:
        """What stands behind FROM for a single file with columns of these types."""
        types = ", ".join(f"{quote_text(name)}: {quote_text(kind)}" for name, kind in sniffed.kinds.items())
        formats = "".join(
            f", {kind.lower()}format = {quote_text(pattern)}" for kind, pattern in sniffed.formats.items()
        )
        file = quote_text(glob_literal(self.paths[0]))
        return f"read_csv({file}, {self._dialect}, auto_detect = false, columns = {{{types}}}{formats})"

    def rewritten(self) -> "CsvScan":
        """The same rows with one kind of line end, checked on the way: slow, exact, and rarely needed.

        Raises:
            InputError: With the line that breaks a file.
        """
        return replace(self, paths=[self._rewrite(path) for path in self.paths], encoding=None, skip=0)

    def _rewrite(self, path: Path) -> Path:
        if path.suffix.lower() == ".zst":
            raise InputError(f"cannot read {str(path)!r} as CSV: some line breaks it. Decompress it to learn which.")
        target = self.session.fresh_file(".csv")
        opened = gzip.open if path.suffix.lower() == ".gz" else open
        with (
            opened(path, "rt", encoding=self.encoding or "utf-8-sig", newline="") as source,
            target.open("w", encoding="utf-8", newline="") as copy,
        ):
            for _ in range(self.skip):
                source.readline()
            reader = csv.reader(source, delimiter=self.delimiter, strict=True)
            writer = csv.writer(copy, delimiter=self.delimiter, lineterminator="\n")
            line = 1 + self.skip
            try:
                for row in reader:
                    if row and len(row) != len(self.header):
                        raise _wrong_fields(str(path), line, len(row), len(self.header))
                    if row:
                        writer.writerow(row)
                    line = reader.line_num + 1 + self.skip
            except (csv.Error, UnicodeDecodeError) as error:
                raise InputError(
                    f"cannot read {str(path)!r} as CSV: line {line}: {error}. A quote that is never closed does this, "
                    "and so do bytes that are not UTF-8."
                ) from None
        return target


def is_lost(error: duckdb.Error, /) -> bool:
    """Whether DuckDB gave up without naming a line: mixed line ends do that, and broken lines near the top."""
    return any(word in str(error) for word in _LOST)


def csv_scan(session: Session, paths: list[Path], nulls: tuple[str, ...], /) -> CsvScan:
    """How the files are to be read.

    Guessing the dialect from the whole content would turn a broken file into one wide column; here the first line
    decides, the first row names the columns unless all of it is numbers, and every row must have as many fields.

    Args:
        session: Connection to read with.
        paths: Files of one layout.
        nulls: Texts that stand for NULL besides the empty field.

    Raises:
        InputError: If there is nothing in the first file, or its first row cannot be read.
    """
    first = paths[0]
    encoding = _encoding(first)
    lines = _first_lines(session, first, encoding)
    declared = re.fullmatch(r"sep=(.)\s*", lines[0])
    skip = 1 if declared else 0
    while skip < len(lines) and not lines[skip].strip():
        skip += 1
    lines = lines[skip:]
    delimiter = declared[1] if declared else _delimiter(lines)
    try:
        header = next(csv.reader(lines, delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        raise InputError(
            f"cannot read {str(first)!r} as CSV: line 1: {error}. Is a quote in the header never closed?"
        ) from None
    named = not all(_is_number(field) for field in header if field)
    return CsvScan(session, paths, header, named, delimiter, encoding, nulls, skip)


def _wrong_fields(name: str, line: int | str, found: int | str, wanted: int | str) -> InputError:
    return InputError(
        f"cannot read {name!r} as CSV: line {line}: {found} fields where the header has {wanted}. "
        "Mend the line (a field that holds the delimiter needs quotes) or remove it."
    )


def explain_csv_error(name: str, error: duckdb.Error, /) -> InputError:
    """What DuckDB says of a CSV file, as one sentence with the line and what to do."""
    text = str(error)
    line = re.search(r"CSV Error on Line: (\d+)", text)
    where = f"line {line[1]}: " if line else ""
    fields = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", text)
    if fields:
        return _wrong_fields(name, line[1] if line else "?", fields[2], fields[1])
    if "unicode" in text or "not utf-8" in text:
        return InputError(
            f"cannot read {name!r} as CSV: {where}the bytes are not UTF-8. Convert the file first, for example with "
            "iconv -f LATIN1 -t UTF-8."
        )
    if "unterminated quote" in text.lower():
        return InputError(f"cannot read {name!r} as CSV: {where}a quote is never closed. Close it or double it.")
    if "maximum line size" in text.lower():
        return InputError(f"cannot read {name!r} as CSV: {where}the line is longer than 2 MB. Is a quote never closed?")
    detail = next(
        (
            part
            for part in text.splitlines()
            if part and not part.startswith(("Original Line", "Invalid Input Error: CSV"))
        ),
        text,
    )
    return InputError(f"cannot read {name!r} as CSV: {where}{detail.strip()}")


def _encoding(path: Path) -> str | None:
    with path.open("rb") as file:
        return _BYTE_ORDER_MARKS.get(file.read(2))


def _first_lines(session: Session, path: Path, encoding: str | None) -> list[str]:
    """The first lines as they are: names in a header may hold line breaks."""
    options = f", encoding = '{encoding}'" if encoding else ""
    try:
        # A delimiter that no text holds gives whole lines, decompressed; several threads would give any lines.
        found = session.rows(
            f"SELECT line FROM read_csv({quote_text(glob_literal(path))}, auto_detect = false, header = false, "
            f"delim = '\x02', quote = '', escape = '', columns = {{'line': 'VARCHAR'}}, strict_mode = false, "
            f"parallel = false{options}) LIMIT {_HEADER_LINES}"
        )
    except duckdb.Error as error:
        raise explain_csv_error(str(path), error) from None
    if not any(line for (line,) in found):
        raise InputError(f"{str(path)!r} is empty: a CSV file needs a line of column names and at least one row.")
    lines = [f"{'' if line is None else line}\n" for (line,) in found]
    return [lines[0].removeprefix("\ufeff"), *lines[1:]]


def _delimiter(lines: list[str]) -> str:
    outside = re.sub(r'"[^"]*"', "", "".join(lines)).partition("\n")[0]
    return max(_DELIMITERS, key=lambda mark: (outside.count(mark), -_DELIMITERS.index(mark)))


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True
