"""What every test shares: reproducible examples, no network, and optional libraries that CI must have."""

import importlib
import ipaddress
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import settings

# What a test may ask for beside modules.
PROGRAMS = ("chromium", "java", "postgres")
# Debian keeps the programs of PostgreSQL out of the path.
_PATH = os.pathsep.join([os.environ["PATH"], *map(str, Path("/usr/lib/postgresql").glob("*/bin"))])
# The array libraries that every verb must serve alike.
LIBRARIES = ("numpy", "array_api_strict", "torch", "jax")
ON_CI = os.environ.get("CI", "").lower() not in {"", "0", "false"}

# No deadline: time is measured in bench/, not in tests. CI draws the same examples each time.
settings.register_profile("kullback", deadline=None, derandomize=ON_CI)
settings.load_profile("kullback")


def _require(name: str) -> ModuleType | None:
    if name in PROGRAMS:
        found, module = (
            shutil.which(name, path=_PATH) is not None or (name == "java" and "JAVA_HOME" in os.environ),
            None,
        )
    else:
        try:
            found, module = True, importlib.import_module(name)
        except ImportError:
            found, module = False, None
    if not found and ON_CI:
        pytest.fail(f"CI must run this test, but {name} is not installed", pytrace=False)
    if not found:
        pytest.skip(f"{name} is not installed")
    return module


@pytest.fixture(scope="session")
def require() -> Callable[[str], ModuleType | None]:
    """`require("polars")` gives the module, or skips on a user's machine and fails on CI; so does each program."""
    return _require


@pytest.fixture(params=LIBRARIES)
def xp(request: pytest.FixtureRequest, require: Callable[[str], ModuleType | None]) -> Iterator[Any]:
    """The functions of each array library in turn; JAX in 64 bits, and only while the test runs."""
    module: Any = require(request.param)
    if request.param == "jax":
        with module.enable_x64(True):  # noqa: FBT003 - it takes no name
            yield module.numpy
    else:
        yield module


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests that need Spark in one worker, so that one session serves them all."""
    for item in items:
        if item.get_closest_marker("spark"):
            item.add_marker(pytest.mark.xdist_group("spark"))


def _is_local(address: Any) -> bool:
    if not isinstance(address, tuple):  # a path: a socket of the file system
        return True
    try:
        return ipaddress.ip_address(address[0]).is_loopback
    except ValueError:
        return address[0] in {"localhost", socket.gethostname()}


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    """A test that calls out fails; Spark and browsers on this machine may talk."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any, /) -> None:
        if not _is_local(address):
            self.close()
            pytest.fail(f"a test called out to {address}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield
