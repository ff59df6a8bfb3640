"""The scores that `docs/how-to/coming-from-other-tools.md` quotes: every contender on seven columns of the flights."""

import tempfile
from pathlib import Path

import pyarrow.parquet as pq

from bench.answers import CONTENDERS, answer
from bench.peers import ROOT, Contender

HALVES = ("flights-2013-h1", "flights-2013-h2")
COLUMNS = ["carrier", "origin", "dest", "dep_delay", "air_time", "distance", "flight"]


def flights() -> str:
    """A row for each column; what a contender calls drift is bold."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{half}.parquet" for half in HALVES]
        for half, path in zip(HALVES, paths, strict=True):
            pq.write_table(pq.read_table(ROOT / "examples" / "data" / f"{half}.parquet", columns=COLUMNS), path)
        shown = {contender.name: _scores(contender, paths) for contender in CONTENDERS}
    lines = [["column", *shown], ["---"] * (len(shown) + 1)]
    lines += [[name, *(scores[name] for scores in shown.values())] for name in COLUMNS]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _scores(contender: Contender, paths: list[Path]) -> dict[str, str]:
    found = answer(contender, paths)
    if isinstance(found, str):
        return dict.fromkeys(COLUMNS, found)
    scores = {name: found["scores"].get(name) for name in COLUMNS}
    texts = {name: "none" if score is None else f"{score:.3g}" for name, score in scores.items()}
    return {name: f"**{text}**" if name in found["flagged"] else text for name, text in texts.items()}
