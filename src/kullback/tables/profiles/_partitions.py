"""Many tables of one kind, days or parts, each as a profile of its own on cells that all share."""

import glob
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kullback._core import InputError
from kullback.tables.counts._counting import Progress
from kullback.tables.profiles._profile import Profile
from kullback.tables.profiles._profiling import profile

ENDING = ".profile.json"


def profile_each(
    tables: Sequence[str | Path],
    folder: str | Path,
    /,
    *,
    like: Profile | str | Path | None = None,
    compress: bool = False,
    progress: Progress | None = None,
    **options: Any,
) -> list[Path]:
    """One profile for each file, on one grid, so that they can be compared and merged exactly.

    Args:
        tables: Paths of files; a folder or a pattern stands for its files, in the order of their names.
        folder: Where the profiles go, as ``NAME.profile.json`` for each ``NAME.parquet``; made if it does not exist.
        like: A profile whose cells all use; by default the first file's own.
        compress: Write ``NAME.profile.json.gz``.
        progress: Called as ``progress(done, total, file)`` before each file.
        options: As in `profile`, for all files.

    Returns:
        The paths of the profiles, in the order of the files.

    Raises:
        InputError: If a file cannot be profiled; the error names it. Files before it have their profiles then.

    Note:
        Each profile is written whole or not at all, so that a run that was interrupted leaves nothing half-written.

    Example:
        >>> import kullback as kl, tempfile
        >>> from kullback.tables import profile_each
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     kept = profile_each(["examples/data/penguins.csv"], folder)
        ...     kl.Profile.load(kept[0]).rows
        344
    """
    files = _files(tables)
    target = Path(folder)
    targets = _targets(files, target, ENDING + (".gz" if compress else ""))
    target.mkdir(parents=True, exist_ok=True)
    grid = Profile.load(like) if isinstance(like, (str, Path)) else like
    for done, (file, path) in enumerate(zip(files, targets, strict=True)):
        if progress is not None:
            progress(done, len(files), file.name)
        try:
            made = profile(file, like=grid, **options)
        except InputError as error:
            written = f" {done} of {len(files)} files have their profiles in {str(target)!r}." if done else ""
            raise InputError(f"{str(file)!r}: {error}{written}") from None
        made.save(path)
        if grid is None:
            grid = made
            # What the first one settled, the others take from it.
            options = {name: value for name, value in options.items() if name not in ("cells", "roles")}
    return targets


def _files(tables: Sequence[str | Path]) -> list[Path]:
    found: list[Path] = []
    for table in tables:
        path = Path(table).expanduser()
        if path.is_dir():
            inside = sorted(file for file in path.iterdir() if file.is_file() and not file.name.startswith("."))
        elif path.exists():
            inside = [path]
        else:
            inside = sorted(Path(file) for file in glob.glob(str(path), recursive=True))  # noqa: PTH207 - absolute ones
        if not inside:
            raise InputError(f"there is no file {str(table)!r} to profile.")
        found += inside
    if not found:
        raise InputError("no file came to be profiled: give at least one.")
    return found


def _targets(files: Sequence[Path], folder: Path, ending: str) -> list[Path]:
    targets = [folder / (file.name.split(".")[0] + ending) for file in files]
    if len(set(targets)) < len(targets):
        # Such as v1.2.parquet beside v1.3.parquet.
        targets = [folder / (file.stem + ending) for file in files]
    seen: dict[Path, Path] = {}
    for file, target in zip(files, targets, strict=True):
        if target in seen:
            raise InputError(
                f"{str(seen[target])!r} and {str(file)!r} would both be kept as {str(target)!r}: give them different "
                "names, or profile them into different folders."
            )
        seen[target] = file
    return targets
