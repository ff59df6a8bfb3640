"""How much memory there is to work in: of the machine, of the group of processes, and of this process."""

import os
from collections.abc import Iterator
from pathlib import Path

_MEGABYTE = 2**20
# Of what there is, the share that DuckDB may fill before it spills, and what the rest of the program takes first.
_SHARE, _PROGRAM = 0.6, 150 * _MEGABYTE
# Below this DuckDB has no room for the pages of a few columns.
_LEAST = 64 * _MEGABYTE


def memory_limit() -> int:
    """Bytes that DuckDB may use: 60 % of what is available, or less where little is, but at least 64 MiB.

    Available is the smallest of the physical memory, the limits of the control groups of this process (version 1 or 2),
    and its own limit of address space.
    """
    available = min(_limits())
    return max(_LEAST, min(int(_SHARE * available), available - 2 * _PROGRAM))


def _limits() -> Iterator[int]:
    try:
        yield os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        # Windows does not tell in this way; what DuckDB would take there on its own is what most machines have.
        yield 8 * 1024 * _MEGABYTE
    yield from _group_limits(Path("/proc/self/cgroup"), Path("/sys/fs/cgroup"))
    yield from _process_limit()


def _group_limits(membership: Path, root: Path) -> Iterator[int]:
    """The limits of the groups that this process is in, and of those above them."""
    try:
        lines = membership.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, group = line.split(":", 2)
        if controllers not in ("", "memory"):
            continue
        name, home = ("memory.max", root) if not controllers else ("memory.limit_in_bytes", root / "memory")
        place = Path(os.path.normpath(f"{home}/{group}"))
        # In a container the path is that of the host and is not there, but its group is the root.
        for folder in (place, *place.parents):
            if folder == home.parent or not folder.is_relative_to(home):
                break
            yield from _read_limit(folder / name)


def _read_limit(file: Path) -> Iterator[int]:
    try:
        yield int(file.read_text())
    except (OSError, ValueError):
        # Not there, or "max".
        return


def _process_limit() -> Iterator[int]:
    try:
        import resource  # noqa: PLC0415 - there is none on Windows
    except ImportError:
        return
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    if soft != resource.RLIM_INFINITY:
        yield soft
