"""A profile: what is kept of a table, small and without its rows, and its file."""

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from kullback._core import InputError, write_whole
from kullback.tables.counts._columns import ColumnCounts
from kullback.tables.profiles._kept_pairs import KeptPairs, read_pairs, write_pairs
from kullback.tables.profiles._privacy import Privacy
from kullback.tables.profiles._profile_columns import read_column, size, write_column

FORMAT = "kullback-profile"
SCHEMA = 2
_READABLE = (1, 2)
# Cells of an ordered column that a profile keeps, unless asked otherwise.
PROFILE_CELLS = 256
MOST_CELLS = 4_096
_GZIP = b"\x1f\x8b"
# No profile is so large; what unpacks to more is none.
_MOST_BYTES = 2**31


@dataclass(frozen=True, eq=False)
class Profile:
    """Counts of every column of a table: stands in for the table in `compare`.

    Ordered columns are kept as some 256 cells of about equal weight whose bounds are values of the table, texts as the
    counts of up to 10,000 distinct values, keys as their number and shapes. No row is kept, but values are: a profile
    of confidential data is confidential, unless it was made with the options that suppress rare values.

    Attributes:
        name: What the table was called.
        rows: Its rows.
        weight: Sum of its row weights, or its rows.
        effective_rows: Kish's effective number of rows.
        columns: The counts of its columns.
        privacy: What was suppressed.
        by: By what `groups` were counted; None without groups.
        groups: A profile of each group of rows on the same cells, by what the group is called.
        pairs: The rows by the cells of two columns, for the pairs that were asked for.
    """

    name: str
    rows: int
    weight: float
    effective_rows: float
    columns: tuple[ColumnCounts, ...]
    privacy: Privacy = field(default_factory=Privacy)
    by: str | None = None
    groups: Mapping[str, "Profile"] = field(default_factory=dict)
    pairs: KeptPairs = field(default_factory=KeptPairs)

    def __iter__(self) -> Iterator[str]:
        """The names of the columns."""
        return (column.name for column in self.columns)

    def __len__(self) -> int:
        """Number of columns."""
        return len(self.columns)

    def __repr__(self) -> str:
        """Name, rows and columns."""
        return f"Profile of {self.name!r}: {self.rows:,} rows, {len(self.columns)} columns"

    @property
    def uncertainty(self) -> dict[str, float]:
        """How exact the counts are: the largest share of rows by which one may be off, for each column.

        For an ordered column a count is that of all values up to the end of a cell, for a category that of a value. All
        are 0 unless profiles with different cells were merged.
        """
        unknown = {column.name: getattr(column.body, "unknown", None) for column in self.columns}
        return {name: 0.0 if off is None else float(off.max()) / self.weight for name, off in unknown.items()}

    def save(self, path: str | Path, /) -> None:
        """Write the profile as JSON (UTF-8), compressed if the name ends in ``.gz``.

        The format is described in the documentation. An interrupted save leaves no half-written profile.
        """
        document = {
            "format": FORMAT,
            "schema": SCHEMA,
            "name": self.name,
            "rows": self.rows,
            "weight": self.weight,
            "effective_rows": self.effective_rows,
            **self.privacy.to_dict(),
            "columns": [write_column(column) for column in self.columns],
            **({} if self.by is None else {"by": self.by, "groups": [group.plain() for group in self.groups.values()]}),
            **write_pairs(self.pairs),
        }
        text = json.dumps(document, ensure_ascii=True, allow_nan=False, separators=(",", ":")) + "\n"
        data = text.encode("ascii")
        # Without the time, so that the same profile gives the same bytes.
        write_whole(path, gzip.compress(data, mtime=0) if str(path).endswith(".gz") else data)

    def plain(self) -> dict[str, Any]:
        """What stands in the file of a profile for a group of its rows."""
        return {
            "name": self.name,
            "rows": self.rows,
            "weight": self.weight,
            "effective_rows": self.effective_rows,
            "columns": [write_column(column) for column in self.columns],
        }

    @classmethod
    def load(cls, path: str | Path, /) -> "Profile":
        """Read a profile that `save` wrote, of this or an older version, compressed or not.

        Raises:
            InputError: If the file is missing, is no profile, or comes from a newer version.
        """
        document = _read_document(Path(path))
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise InputError(f"{str(path)!r} is not a profile. Make one with kullback profile TABLE -o F.")
        if document.get("schema") not in _READABLE:
            raise InputError(
                f"the profile {str(path)!r} has schema {document.get('schema')!r}, this version reads "
                f"{' and '.join(str(schema) for schema in _READABLE)}. Make it again, or install the version of "
                "kullback that wrote it."
            )
        try:
            whole = _read_counts(document, Privacy.from_dict(document.get("privacy")))
            groups = [_read_counts(group, whole.privacy) for group in document.get("groups", ())]
            by = document.get("by")
            pairs = read_pairs(document.get("pairs"), whole.columns, whole.weight)
            named = {group.name: group for group in groups}
            return replace(whole, by=None if by is None else str(by), groups=named, pairs=pairs)
        except (KeyError, TypeError, ValueError, IndexError, OverflowError, AttributeError) as error:
            raise InputError(
                f"the profile {str(path)!r} is damaged: {type(error).__name__}: {error}. Make it again."
            ) from None


def _read_counts(plain: dict[str, Any], privacy: Privacy) -> Profile:
    sizes = [size(plain[name], least=1e-300) for name in ("rows", "weight", "effective_rows")]
    columns = tuple(read_column(column, sizes[1]) for column in plain["columns"])
    return Profile(str(plain["name"]), int(sizes[0]), sizes[1], sizes[2], columns, privacy)


def is_profile_file(path: Path, /) -> bool:
    """Whether a file begins as profiles do."""
    try:
        with path.open("rb") as file:
            packed = file.read(2) == _GZIP
        with gzip.open(path) if packed else path.open("rb") as file:
            return file.read(64).startswith(f'{{"format":"{FORMAT}"'.encode())
    except (OSError, EOFError, zlib.error):
        return False


def profile_files(path: str | Path, /) -> list[Path]:
    """The file itself, or the profiles in a folder in the order of their names.

    Raises:
        InputError: If the folder holds none.
    """
    folder = Path(path).expanduser()
    if not folder.is_dir():
        return [folder]
    found = sorted(file for file in folder.iterdir() if file.is_file() and is_profile_file(file))
    if not found:
        raise InputError(f"the folder {str(path)!r} holds no profile. Make them with kullback profile TABLE... -o DIR.")
    return found


def _read_document(path: Path) -> Any:
    try:
        data = path.read_bytes()
        if data.startswith(_GZIP):
            with gzip.open(path) as file:
                data = file.read(_MOST_BYTES)
        return json.loads(data.decode("utf-8"))
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise InputError(f"{str(path)!r} is not a profile: it is cut off or damaged. Make it again.") from None
    except OSError as error:
        raise InputError(f"cannot read the profile {str(path)!r}: {error.strerror or error}.") from None
    except (ValueError, RecursionError):
        raise InputError(
            f"{str(path)!r} is not a profile: it is not valid JSON. Make one with kullback profile TABLE -o F."
        ) from None
