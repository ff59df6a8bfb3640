"""What a comparison costs, beside named peers and beside reading the same tables at all."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.data import make_pair
from bench.measure import Cost, measure, script
from bench.peers import BY_HAND, FLOORS, HERE, OURS, PEERS, SILENT, Contender, python_of

LIMIT = 120.0
ROUNDS = 3


@dataclass(frozen=True)
class Case:
    """A size that is raced on; `limit` is for peers, in seconds, and `pages` are written where it says so."""

    rows: int
    columns: int
    peers: tuple[Contender, ...] = PEERS
    limit: float = LIMIT
    pages: bool = False


CASES = (
    Case(100_000, 20, pages=True),
    Case(1_000_000, 20),
    Case(10_000_000, 10, peers=()),
    Case(1_000, 5_000, limit=LIMIT / 2),
)
ROWS, COLUMNS = (100_000, 1_000_000, 10_000_000), (50, 500, 5_000)


def run(contender: Contender, paths: list[Path], *more: str, limit: float = LIMIT) -> Cost | str:
    """One run of a contender on two tables."""
    python = python_of(contender)
    if isinstance(python, str):
        return python
    arguments = [*map(str, paths), *contender.arguments, *more]
    return measure(script(str(python), str(HERE / contender.script), *arguments), limit=limit, environment=SILENT)


def best(contender: Contender, paths: list[Path], rounds: int, *more: str, limit: float = LIMIT) -> Cost | str:
    """The least of several runs, each figure by itself; slow ones and refusals once."""
    runs = []
    for _ in range(rounds):
        one = run(contender, paths, *more, limit=limit)
        if isinstance(one, str):
            return one
        runs.append(one)
        if one.wall > LIMIT / 4:
            break
    least = [min(getattr(one, field) for one in runs) for field in ("wall", "cpu", "peak_mb")]
    return Cost(*least, runs[0].answer)


def race(rounds: int = ROUNDS) -> str:
    """A table for each case."""
    return "\n\n".join(_race(case, rounds) for case in CASES)


def _race(case: Case, rounds: int) -> str:
    with tempfile.TemporaryDirectory() as folder:
        paths = make_pair(Path(folder), case.rows, case.columns)
        size = sum(path.stat().st_size for path in paths) / 1e6
        page = str(Path(folder) / "page.html")
        found: dict[str, Cost | str] = {}
        for contender in (OURS, *FLOORS, BY_HAND, *case.peers):
            own = contender in case.peers
            limits = {"limit": case.limit} if own else {}
            found[contender.name] = best(contender, paths, 1 if own else rounds, **limits)
            if case.pages and contender.page:
                found[f"{contender.name}, with its page"] = best(contender, paths, 1, page, **limits)
    title = f"{case.rows:,} rows x {case.columns:,} columns, two tables of {size:.0f} MB Parquet together"
    lines = [title, "", "| | wall s | CPU s | peak MB | CPU / kullback |", "|---|---|---|---|---|"]
    return "\n".join([*lines, *(_line(name, cost, found[OURS.name]) for name, cost in found.items())])


def _line(name: str, cost: Cost | str, ours: Cost | str) -> str:
    if isinstance(cost, str):
        return f"| {name} | {cost} | | | |"
    ratio = "–" if isinstance(ours, str) else f"{cost.cpu / ours.cpu:.2f}"
    return f"| {name} | {cost.wall:.2f} | {cost.cpu:.2f} | {cost.peak_mb:.0f} | {ratio} |"


def scaling() -> str:
    """Whether cost is linear in rows and in columns: ten times the values in each row of a half of the table."""
    lines = ["| rows | columns | wall s | CPU s | peak MB | CPU µs per 1,000 values | CPU / row above |"]
    lines += ["|---|---|---|---|---|---|---|"]
    for sizes in ([(rows, 10) for rows in ROWS], [(1_000, columns) for columns in COLUMNS]):
        above = None
        for rows, columns in sizes:
            with tempfile.TemporaryDirectory() as folder:
                cost = best(OURS, make_pair(Path(folder), rows, columns), 2)
            if isinstance(cost, str):
                lines.append(f"| {rows:,} | {columns:,} | {cost} | | | | |")
                continue
            each = 1e9 * cost.cpu / (2 * rows * columns)
            growth = f"{cost.cpu / above:.1f}" if above else ""
            figures = f"{cost.wall:.2f} | {cost.cpu:.2f} | {cost.peak_mb:.0f} | {each:,.0f} | {growth}"
            lines.append(f"| {rows:,} | {columns:,} | {figures} |")
            above = cost.cpu
    return "\n".join(lines)
