"""A sample of whole rows that is the same whatever the order of the rows.

A row is chosen by a hash of what it holds, of a seed, and of its number among equal rows: the table decides, not the
order in which an engine reads it. All rows are equally likely; weights come along.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kullback.tables.counts._reading import Reading
from kullback.tables.engines._session import quote_text
from kullback.tables.engines._table import Fetched

# Between the columns of a row, and in place of NULL.
BETWEEN, MISSING = "\x1f", "\x1e"


def sample_sql(
    source: str, images: Sequence[str], readings: Sequence[Reading], weight: str | None, size: int, seed: str, /
) -> str:
    """SQL for the chosen rows: columns `c0`, `c1` and so on, `w` with weights, and `copies`.

    The first scan groups hashes of rows, which spills to disk if it must, and keeps the `size` smallest; the second
    fetches the rows that they stand for.

    Args:
        source: What stands behind FROM.
        images: SQL for the image of each column.
        readings: How each column is read.
        weight: SQL for the weight of a row; None without weights.
        size: Rows to choose.
        seed: Text that goes into every hash.
    """
    texts = [
        f"coalesce(CAST({f'c{place} + 0.0' if reading.image == 'float' else f'c{place}'} AS VARCHAR), chr(30))"
        for place, reading in enumerate(readings)
    ]
    named = [f"{image} AS c{place}" for place, image in enumerate(images)]
    if weight is not None:
        named.append(f"{weight} AS w")
        texts.append("CAST(w + 0.0 AS VARCHAR)")
    text = f"concat_ws(chr(31), {', '.join([quote_text(seed), *texts])})"
    hashed = f"(SELECT *, md5_number_lower({text}) AS h FROM (SELECT {', '.join(named)} FROM {source}))"
    copy = "CASE WHEN k = 0 THEN h ELSE md5_number_lower(concat_ws(':', CAST(h AS VARCHAR), CAST(k AS VARCHAR))) END"
    chosen = (
        f"SELECT h, count(*) AS copies, min(u) AS u FROM (SELECT h, {copy} AS u FROM ("
        f"SELECT h, unnest(range(n)) AS k FROM (SELECT h, count(*) AS n FROM {hashed} GROUP BY h)) "
        f"ORDER BY u, h LIMIT {size}) GROUP BY h"
    )
    columns = [f"first(c{place}) AS c{place}" for place in range(len(images))]
    if weight is not None:
        columns.append("first(w) AS w")
    # The order is that of the hashes.
    return (
        f"SELECT {', '.join(columns)}, first(copies) AS copies FROM {hashed} JOIN ({chosen}) USING (h) "
        "GROUP BY h ORDER BY first(u), h"
    )


def repeated(fetched: Fetched, copies: NDArray[np.int64], /) -> Fetched:
    """Rows as often as they were chosen."""
    places = np.repeat(np.arange(len(copies)), copies)
    columns = [(values[places], missing[places]) for values, missing in fetched.columns]
    return Fetched(columns, None if fetched.weights is None else fetched.weights[places])


def sample_fetched(fetched: Fetched, readings: Sequence[Reading], size: int, seed: str, /) -> Fetched:
    """The same rows out of columns in memory."""
    texts = [
        [MISSING if gone else _text(value, reading) for value, gone in zip(*map(list, column), strict=True)]
        for column, reading in zip(fetched.columns, readings, strict=True)
    ]
    if fetched.weights is not None:
        texts.append([repr(weight) for weight in (fetched.weights + 0.0).tolist()])
    hashes = [_hashed(BETWEEN.join((seed, *row))) for row in zip(*texts, strict=True)]
    place = {hashed: index for index, hashed in reversed(list(enumerate(hashes)))}
    pairs = sorted(
        (hashed if copy == 0 else _hashed(f"{hashed}:{copy}"), hashed)
        for hashed, count in Counter(hashes).items()
        for copy in range(count)
    )
    chosen = Counter(hashed for _, hashed in pairs[:size])
    rows = np.array([place[hashed] for hashed in chosen], dtype=np.int64)
    picked = Fetched(
        [(values[rows], missing[rows]) for values, missing in fetched.columns],
        None if fetched.weights is None else fetched.weights[rows],
    )
    return repeated(picked, np.array(list(chosen.values()), dtype=np.int64))


def _text(value: object, reading: Reading) -> str:
    return repr(float(value) + 0.0) if reading.image == "float" else str(value)  # type: ignore[arg-type]


def _hashed(text: str) -> int:
    digest = hashlib.md5(text.encode("utf-8", "replace"), usedforsecurity=False).digest()
    return int.from_bytes(digest[8:], "little")
