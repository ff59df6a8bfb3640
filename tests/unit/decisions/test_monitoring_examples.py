import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def printed(name, picture):
    """The lines that a quick run of an example prints."""
    command = [sys.executable, ROOT / "examples" / "decisions" / f"{name}.py", "--quick", "--output", picture]
    text = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout
    assert picture.read_bytes().startswith(b"\x89PNG")
    return text.splitlines()


def test_watch_a_stream(tmp_path, require):
    for name in ("matplotlib", "pyarrow", "pandas"):
        require(name)
    rows = {line[:36].strip(): line[36:].split() for line in printed("watch_a_stream", tmp_path / "out.png")[2:6]}
    assert rows["watch"][:2] == ["0%", "100%"]
    assert rows["G-test every day, 5 %"][0] == "100%"


def test_out_of_distribution(tmp_path, require):
    for name in ("matplotlib", "sklearn"):
        require(name)
    lines = printed("out_of_distribution", tmp_path / "out.png")
    scores = {line.split()[0]: float(line[22:].split()[0]) for line in lines[2:11]}
    assert min(scores.values()) > 0.8
    assert any("worse than chance" in line for line in lines)


def test_score_forecasts(tmp_path, require):
    for name in ("matplotlib", "sklearn", "pyarrow", "pandas"):
        require(name)
    lines = printed("score_forecasts", tmp_path / "out.png")[2:6]
    score, uncertainty, resolution, miscalibration, _ = zip(
        *(map(float, line[26:].split()) for line in lines), strict=True
    )
    assert score[2] < uncertainty[2]
    assert miscalibration[3] > 0.05
    assert abs(resolution[2] - resolution[3]) < 2e-4
