"""The rules of the house that no linter knows."""

import ast
import importlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import kullback

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"
HEAVY = ("scipy.stats", "torch", "jax", "pandas", "polars", "duckdb", "pyarrow", "narwhals", "rich", "typer")
MAY_IMPORT_ROOT = ("cli", "explorer", "labs")
# Put together here, so that this file does not find itself.
REGISTRY_HOSTS = tuple(
    ".".join(parts)
    for parts in (("pypi", "org"), ("pythonhosted", "org"), ("anaconda", "org"), ("npmjs", "org"), ("maven", "org"))
)


def test_import_is_light() -> None:
    code = f"import sys, kullback; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("name", kullback.__all__)
def test_public_name(name: str) -> None:
    assert getattr(kullback, name) is not None
    assert not name.startswith("test"), "pytest would collect it"


def test_dir_is_all() -> None:
    assert list(kullback.__all__) == sorted(set(kullback.__all__))
    shown = {name for name in dir(kullback) if not (name.startswith("__") and name.endswith("__"))}
    assert shown == {name for name in kullback.__all__ if not name.startswith("__")}


def test_unknown_name() -> None:
    with pytest.raises(AttributeError, match="no_such_verb"):
        _ = kullback.no_such_verb


def test_training_without_torch_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    for name in [name for name in sys.modules if name == "kullback.nn" or name.startswith("kullback.nn.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(vars(kullback), "nn", raising=False)  # asking for the attribute would load it
    with pytest.raises(kullback.MissingExtraError, match=r"pip install 'kullback\[torch\]'"):
        _ = kullback.nn


# What a package cannot be imported without.
NEEDS = {
    "decisions.monitoring.detectors": "sklearn",
    "nn": "torch",
    "nn.metrics": "torchmetrics",
    "nn.callbacks": "lightning",
}


@pytest.mark.parametrize("init", sorted(SOURCE.glob("kullback/**/__init__.py")), ids=lambda init: init.parent.name)
def test_packages_hand_on_their_public_names(init: Path, require: Callable[[str], object]) -> None:
    name = ".".join(init.parent.relative_to(SOURCE / "kullback").parts)
    for package, needed in NEEDS.items():
        if name == package or name.startswith(f"{package}."):
            require(needed)
    if name:
        package = importlib.import_module(f"kullback.{name}")
        missing = [one for one in getattr(package, "__all__", ()) if not hasattr(package, one)]
        assert not missing, f"{package.__name__}.__all__ names what is not there: {missing}"


def _root_imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found = any(alias.name == "kullback" for alias in node.names)
        else:
            # A package of it by name is what the floors are about; the verbs of the root are not for the house.
            found = isinstance(node, ast.ImportFrom) and node.module == "kullback"
            found = found and not all((SOURCE / "kullback" / alias.name).is_dir() for alias in node.names)
        if found:
            yield f"{file.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}"


def test_nobody_imports_the_root() -> None:
    files = [file for file in (SOURCE / "kullback").rglob("*.py") if file.parent.name != "kullback"]
    files = [file for file in files if file.relative_to(SOURCE / "kullback").parts[0] not in MAY_IMPORT_ROOT]
    assert files
    assert not [line for file in files for line in _root_imports(file)]


def _texts() -> Iterator[tuple[Path, str]]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    for name in listed.stdout.split("\0"):
        file = ROOT / name
        if file.is_file():
            try:
                yield file, file.read_text("utf-8")
            except UnicodeDecodeError:  # data
                continue


def test_no_registry_is_named() -> None:
    found = [f"{file.relative_to(ROOT)}: {host}" for file, text in _texts() for host in REGISTRY_HOSTS if host in text]
    assert not found
