"""Which files a path stands for, and what is in them."""

import glob
import re
from difflib import SequenceMatcher
from pathlib import Path

from kullback._core import InputError

_FORMATS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".jsonl": "json",
    ".ndjson": "json",
    ".json": "json",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
    ".duckdb": "duckdb",
    ".ddb": "duckdb",
    ".db": "duckdb",
}
_COMPRESSED = (".gz", ".zst")
# Names of a folder that an error lists.
_SHOWN = 4
KNOWN = "CSV, Parquet, JSON lines, Arrow/Feather, a folder or glob of one of these, or database.duckdb::table"


def find_files(source: str, /) -> list[Path]:
    """The files behind a path: itself, those of a folder and its folders, or those that a pattern matches.

    Raises:
        InputError: If there are none, or the path is a URL.
    """
    source = source.partition("::")[0]
    if not source.strip():
        raise InputError("the path of a table is empty: name a file, a folder or a pattern.")
    if re.match(r"^[A-Za-z][A-Za-z0-9+.-]+://", source):
        raise InputError(
            f"{source!r} is a URL, and kullback reads no network. Download it first, or pass a data frame."
        )
    path = Path(source).expanduser().absolute()
    if path.is_dir():
        inside = (file for file in path.rglob("*") if _known(file) and not _hidden(file, path))
        found = sorted(file for file in inside if _is_there(file))
        if not found:
            raise InputError(f"the folder {source!r} holds no table. Known formats: {KNOWN}.")
        return found
    if path.exists():
        return [path]
    # Not Path.glob: it takes no absolute pattern.
    matches = glob.glob(source, recursive=True) if glob.has_magic(source) else []  # noqa: PTH207
    files = sorted(Path(match).absolute() for match in matches if _is_there(Path(match)))
    if not files:
        raise InputError(f"there is no file {source!r}.{_nearby(path)}")
    return files


def common_format(files: list[Path], source: str, /) -> str:
    """The one format of all files: csv, parquet, json, arrow or duckdb.

    Raises:
        InputError: If they have several, or one cannot be told or read.
    """
    formats = sorted({_format(path) for path in files})
    if len(formats) > 1:
        raise InputError(
            f"{source!r} holds files of several formats ({', '.join(formats)}). Name one, as in '{source}/*.csv'."
        )
    return formats[0]


def _format(path: Path) -> str:
    try:
        with path.open("rb") as file:
            start = file.read(12)
    except OSError as error:
        raise InputError(f"cannot read {str(path)!r}: {error.strerror or error}.") from None
    # The content decides where it is unmistakable, so that a wrong ending does no harm.
    if start.startswith(b"PAR1"):
        return "parquet"
    if start.startswith(b"ARROW1"):
        return "arrow"
    if start[8:12] == b"DUCK":
        return "duckdb"
    suffix = _suffix(path)
    if suffix not in _FORMATS:
        raise InputError(f"cannot tell the format of {str(path)!r} from its name. Known formats: {KNOWN}.")
    if not start:
        raise InputError(f"{str(path)!r} is empty: 0 bytes.")
    return _FORMATS[suffix]


def _nearby(path: Path) -> str:
    if not path.parent.is_dir():
        return f" The folder {str(path.parent)!r} does not exist."
    names = sorted(file.name for file in path.parent.iterdir() if _known(file))
    # The names that look most like the one asked for: it was probably mistyped.
    alike = sorted(names, key=lambda name: -SequenceMatcher(None, name, path.name).ratio())[:_SHOWN]
    return f" Beside it are: {', '.join(alike)}." if alike else ""


def _is_there(file: Path) -> bool:
    """Whether it is a file; a part of a table must not be missing without a word."""
    if file.is_symlink() and not file.exists():
        raise InputError(f"{str(file)!r} is a link to a file that is not there. Mend it or remove it.")
    return file.is_file()


def _hidden(file: Path, folder: Path) -> bool:
    return any(part.startswith((".", "_")) for part in file.relative_to(folder).parts)


def _known(file: Path) -> bool:
    return _suffix(file) in _FORMATS


def _suffix(path: Path) -> str:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in _COMPRESSED:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""
