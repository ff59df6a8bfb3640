"""Reading CSV strictly: the dialect comes from the first line, and a broken line is an error that names it."""

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

import duckdb

from kullback._core import InputError
from kullback.tables._session import Session, quote_name, quote_text

_DELIMITERS = ",;\t|"
_BYTE_ORDER_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


@dataclass(frozen=True)
class CsvScan:
    """How files of one layout are read.

    Attributes:
        sql: What stands behind FROM; one ``%s`` takes further options.
        names: Exact column names; empty where they must come from the reader.
        probes: Queries that read each file strictly as text, to find the line that breaks it.
    """

    sql: str
    names: list[str]
    probes: list[str]

    def explain(self, session: Session, name: str, error: duckdb.Error) -> InputError:
        """The error as one sentence with its line."""
        if "sniffing" in str(error):
            for probe in self.probes:
                try:
                    session.rows(probe)
                except duckdb.Error as precise:
                    return explain_csv_error(name, precise)
        return explain_csv_error(name, error)


def csv_scan(session: Session, paths: list[Path], nulls: tuple[str, ...], /) -> CsvScan:
    """How the files are to be read: SQL, and the exact names of the columns.

    Guessing the dialect from the whole content would turn a broken file into one wide column; here the first line
    decides, the first row names the columns unless all of it is numbers, and every row must have as many fields.

    Args:
        session: Connection to read with.
        paths: Files of one layout.
        nulls: Texts that stand for NULL besides the empty field.
    """
    first = paths[0]
    encoding = _encoding(first)
    line = _first_line(session, first, encoding)
    delimiter = _delimiter(line)
    try:
        header = next(csv.reader(io.StringIO(line), delimiter=delimiter), [])
    except csv.Error as error:
        raise InputError(f"cannot read {str(first)!r} as CSV: line 1: {error}.") from None
    named = not all(_is_number(field) for field in header if field)
    if named and line.count('"') % 2:
        raise InputError(
            f"cannot read {str(first)!r} as CSV: line 1: a quote in the header is never closed. "
            "Close it, or write the name on one line."
        )
    dialect = [
        f"delim = {quote_text(delimiter)}",
        "quote = '\"'",
        "escape = '\"'",
        f"header = {str(named).lower()}",
        "skip = 0",
        "comment = ''",
        "strict_mode = true",
        "null_padding = false",
    ]
    if encoding:
        dialect.append(f"encoding = '{encoding}'")
    options = [
        *dialect,
        f"nullstr = [{', '.join(quote_text(text) for text in ('', *nulls))}]",
        f"union_by_name = {str(len(paths) > 1).lower()}",
    ]
    files = ", ".join(quote_text(glob_literal(path)) for path in paths)
    columns = ", ".join(f"{quote_text(f'c{index}')}: 'VARCHAR'" for index in range(len(header)))
    probes = [
        f"SELECT count({quote_name('c0')}) FROM read_csv({quote_text(glob_literal(path))}, auto_detect = false, "
        f"columns = {{{columns}}}, {', '.join(dialect)})"
        for path in paths
    ]
    sql = f"read_csv([{files}], {', '.join(options)}"
    return CsvScan(sql.replace("%", "%%") + "%s)", header if named and len(paths) == 1 else [], probes)


def explain_csv_error(name: str, error: duckdb.Error, /) -> InputError:
    """What DuckDB says of a CSV file, as one sentence with the line and what to do."""
    text = str(error)
    line = re.search(r"CSV Error on Line: (\d+)", text)
    where = f"line {line[1]}: " if line else ""
    fields = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", text)
    if fields:
        return InputError(
            f"cannot read {name!r} as CSV: {where}{fields[2]} fields where the header has {fields[1]}. "
            "Mend the line (a field that holds the delimiter needs quotes) or remove it."
        )
    if "unicode" in text or "not utf-8" in text:
        return InputError(
            f"cannot read {name!r} as CSV: {where}the bytes are not UTF-8. Convert the file first, for example with "
            "iconv -f LATIN1 -t UTF-8."
        )
    if "unterminated quote" in text.lower():
        return InputError(f"cannot read {name!r} as CSV: {where}a quote is never closed. Close it or double it.")
    if "sniffing" in text:
        return InputError(f"cannot read {name!r} as CSV: its lines do not have the same fields. Is it a table at all?")
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


def glob_literal(path: Path, /) -> str:
    """A path in which characters that DuckDB takes for a pattern stand for themselves."""
    return re.sub(r"([*?\[])", r"[\1]", str(path))


def _encoding(path: Path) -> str | None:
    with path.open("rb") as file:
        return _BYTE_ORDER_MARKS.get(file.read(2))


def _first_line(session: Session, path: Path, encoding: str | None) -> str:
    options = f", encoding = '{encoding}'" if encoding else ""
    try:
        # A delimiter that no text holds gives whole lines, decompressed.
        found = session.rows(
            f"SELECT line FROM read_csv({quote_text(glob_literal(path))}, auto_detect = false, header = false, "
            f"delim = '\x02', quote = '', escape = '', columns = {{'line': 'VARCHAR'}}, strict_mode = false{options}) "
            "LIMIT 1"
        )
    except duckdb.Error as error:
        raise explain_csv_error(str(path), error) from None
    if not found or not found[0][0]:
        raise InputError(f"{str(path)!r} is empty: a CSV file needs a line of column names and at least one row.")
    return str(found[0][0]).removeprefix("\ufeff")


def _delimiter(line: str) -> str:
    outside = re.sub(r'"[^"]*"', "", line)
    return max(_DELIMITERS, key=lambda mark: (outside.count(mark), -_DELIMITERS.index(mark)))


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True
