"""What the tools answer on the same data, by their defaults."""

import tempfile
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from bench.data import HOSTILE, SHIFTS, cauchy_twins, make_pair, shifted_table, unchanged_categories, write_pair
from bench.measure import Cost
from bench.peers import OURS, PEERS, Contender
from bench.speed import run

CONTENDERS = (OURS, *PEERS)


def answer(contender: Contender, paths: list[Path], *more: str) -> dict | str:
    """Flagged columns and scores, or why there are none."""
    cost = run(contender, paths, *more)
    if isinstance(cost, Cost):
        return cost.answer or "no answer"
    return cost


@dataclass(frozen=True)
class Questions:
    """The pairs of tables that every contender is asked about."""

    mixed: list[Path]
    even: dict[int, list[Path]]
    twins: list[Path]
    wide: list[Path]
    hostile: list[Path]


def _questions(folder: Path) -> Questions:
    hostile = {HOSTILE: shifted_table(1000, 1, shifted=False)["same_location"]}
    return Questions(
        write_pair(folder, "mixed", [shifted_table(100_000, seed, shifted=seed == 2) for seed in (1, 2)]),
        {
            k: write_pair(folder, f"even-{k}", [unchanged_categories(1000, k, 40, seed) for seed in (1, 2)])
            for k in (10, 100, 1000)
        },
        write_pair(folder, "twins", [cauchy_twins(100_000, seed, shifted=seed == 2) for seed in (1, 2)]),
        make_pair(folder, 100_000, 20),
        write_pair(folder, "hostile", [hostile, hostile]),
    )


def answers() -> str:
    """A row for each contender."""
    with tempfile.TemporaryDirectory() as folder:
        asked = _questions(Path(folder))
        rows = [_row(contender, asked, Path(folder) / "page.html") for contender in CONTENDERS]
    titles = ["", "found of 10 shifted", "false of 10 unshifted", "missed or false"]
    titles += [*(f"flagged of 40 unchanged, k = {k:,}" for k in asked.even)]
    titles += ["Cauchy × 1.2 (D = .00830 nats)", "its unshifted twin", "that score"]
    titles += ["page of 20 columns, kB", "a column named </script>… in it"]
    lines = [" | ".join(titles), "|".join(["---"] * len(titles)), *(" | ".join(row) for row in rows)]
    return "\n".join(f"| {line} |" for line in lines)


def _row(contender: Contender, asked: Questions, page: Path) -> list[str]:
    row = [contender.name, *_shifts(answer(contender, asked.mixed))]
    for paths in asked.even.values():
        found = answer(contender, paths)
        row.append(found if isinstance(found, str) else str(len(found["flagged"])))
    found = answer(contender, asked.twins)
    scores = {} if isinstance(found, str) else found["scores"]
    row += [found if isinstance(found, str) else _number(scores.get("wider")), _number(scores.get("same"))]
    row.append(contender.score)
    if not contender.page:
        return [*row, "–", "–"]
    found = answer(contender, asked.wide, str(page))
    row.append(found if isinstance(found, str) else f"{page.stat().st_size / 1000:,.0f}")
    found = answer(contender, asked.hostile, str(page))
    if isinstance(found, str):
        return [*row, found]
    return [*row, "runs" if runs_hostile(page.read_text("utf-8")) else "inert"]


def runs_hostile(page: str) -> bool:
    """Whether a page holds, as an element of its own, the script that the hostile name tries to smuggle in."""
    reader = _Scripts()
    reader.feed(page)
    return "alert(1)" in reader.scripts


class _Scripts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the base's
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "script":
            self.scripts[-1] += data


def _shifts(found: dict | str) -> list[str]:
    if isinstance(found, str):
        return [found, "", ""]
    flagged = set(found["flagged"])
    missed = [kind for kind in SHIFTS if f"shifted_{kind}" not in flagged]
    false = [kind for kind in SHIFTS if f"same_{kind}" in flagged]
    remarks = [f"missed {', '.join(missed)}"] * bool(missed) + [f"false: {', '.join(false)}"] * bool(false)
    return [str(len(SHIFTS) - len(missed)), str(len(false)), "; ".join(remarks) or "–"]


def _number(score: float | None) -> str:
    return "–" if score is None else f"{score:.5f}"
