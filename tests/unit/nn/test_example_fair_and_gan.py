import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def printed(name, picture):
    """The lines that a quick run of an example prints."""
    command = [sys.executable, ROOT / "examples" / "training" / f"{name}.py", "--quick", "--output", picture]
    text = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout
    assert picture.read_bytes().startswith(b"\x89PNG")
    return [line.split() for line in text.splitlines()]


def test_fair_classifier_closes_the_gap(tmp_path, require):
    require("matplotlib")
    rows = [line for line in printed("fair_classifier", tmp_path / "out.png") if line[0] == "Jensen-Shannon"]
    parity = [float(line[-2]) for line in rows if "given" not in line]
    odds = [float(line[-1]) for line in rows if "given" in line]
    assert len(parity) == len(odds) == 6
    assert parity[-1] < 0.3 * parity[0]
    assert odds[-1] < odds[0]


def test_ring_gan_prints_a_row_for_each_game(tmp_path, require):
    require("matplotlib")
    rows = printed("ring_of_gaussians_gan", tmp_path / "out.png")
    assert [line[0] for line in rows[1:4]] == ["kl", "reverse_kl", "jensen_shannon"]
