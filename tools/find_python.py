"""Prints a Python of the version asked for that works: python tools/find_python.py 3.13.

A name on the PATH proves little: version managers put every name there, whether or not that version is switched on, and
some systems leave out what makes an environment. So each candidate is started and asked.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

QUESTION = "import ensurepip, ssl, sys, venv; print('%d.%d' % sys.version_info[:2])"


def candidates(version: str) -> Iterator[Path]:
    """This interpreter, those on the PATH, those that pyenv keeps."""
    yield Path(sys.executable)
    for folder in os.get_exec_path():
        yield Path(folder) / f"python{version}"
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    yield from versions.glob(f"{version}.*/bin/python{version}")


def works(python: Path, version: str) -> bool:
    """Whether it starts, is of that version, and can make an environment."""
    try:
        answer = subprocess.run([python, "-c", QUESTION], capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and answer.stdout.strip() == version


def main() -> None:
    version = sys.argv[1]
    found = next((python for python in candidates(version) if works(python, version)), None)
    if found is None:
        sys.exit(f"no Python {version} that works was found on the PATH or among those of pyenv. Install one.")
    print(found)


if __name__ == "__main__":
    main()
