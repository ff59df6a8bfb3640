"""What a comparison costs, beside named peers and beside reading the same tables at all."""

import tempfile
from pathlib import Path

from bench.data import make_pair
from bench.measure import Cost, measure, script
from bench.peers import BY_HAND, FLOORS, HERE, OURS, PEERS, Contender, python_of

LIMIT = 120.0
ROUNDS = 3
# Rows, columns, the peers that are asked, and the seconds that they have.
CASES = (
    (100_000, 20, PEERS, LIMIT),
    (1_000_000, 20, PEERS, LIMIT),
    (10_000_000, 10, (), LIMIT),
    (1_000, 5_000, PEERS, LIMIT / 2),
)
ROWS, COLUMNS = (100_000, 1_000_000, 10_000_000), (50, 500, 5_000)


def run(contender: Contender, paths: list[Path], *more: str, limit: float = LIMIT) -> Cost | str:
    """One run of a contender on two tables."""
    python = python_of(contender)
    if python is None:
        return "did not install"
    arguments = [*map(str, paths), *contender.arguments, *more]
    return measure(script(python, str(HERE / contender.script), *arguments), limit=limit)


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
    parts = []
    for rows, columns, peers, limit in CASES:
        with tempfile.TemporaryDirectory() as folder:
            paths = make_pair(Path(folder), rows, columns)
            size = sum(path.stat().st_size for path in paths) / 1e6
            page = str(Path(folder) / "page.html")
            found: list[tuple[str, Cost | str]] = [
                ("kullback", best(OURS, paths, rounds)),
                ("kullback, with its page", best(OURS, paths, 1, page)),
            ]
            found += [(contender.name, best(contender, paths, rounds)) for contender in (*FLOORS, BY_HAND)]
            for contender in peers:
                found.append((contender.name, best(contender, paths, 1, limit=limit)))
                if contender.page and contender.name == "evidently":
                    found.append((f"{contender.name}, with its page", best(contender, paths, 1, page, limit=limit)))
        ours = found[0][1]
        lines = [f"{rows:,} rows x {columns:,} columns, two tables of {size:.0f} MB Parquet together", ""]
        lines += ["| | wall s | CPU s | peak MB | CPU / kullback |", "|---|---|---|---|---|"]
        for name, cost in found:
            if isinstance(cost, str) or isinstance(ours, str):
                lines.append(f"| {name} | {cost} | | | |")
            else:
                ratio = cost.cpu / ours.cpu
                lines.append(f"| {name} | {cost.wall:.2f} | {cost.cpu:.2f} | {cost.peak_mb:.0f} | {ratio:.2f} |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def scaling() -> str:
    """Whether cost is linear in rows and in columns."""
    lines = ["| rows | columns | wall s | CPU s | peak MB | CPU µs per 1,000 values |", "|---|---|---|---|---|---|"]
    for rows, columns in [*((rows, 10) for rows in ROWS), *((1_000, columns) for columns in COLUMNS)]:
        with tempfile.TemporaryDirectory() as folder:
            cost = best(OURS, make_pair(Path(folder), rows, columns), 2)
        if isinstance(cost, str):
            lines.append(f"| {rows:,} | {columns:,} | {cost} | | | |")
            continue
        each = 1e9 * cost.cpu / (2 * rows * columns)
        lines.append(
            f"| {rows:,} | {columns:,} | {cost.wall:.2f} | {cost.cpu:.2f} | {cost.peak_mb:.0f} | {each:,.0f} |"
        )
    return "\n".join(lines)
