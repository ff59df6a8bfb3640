"""Triton's decorator, with a type."""

from collections.abc import Callable
from typing import Any

import triton

# Triton ships no types: this gives strict checkers one, and the compiler the same decorator.
jit: Callable[[Callable[..., Any]], Any] = triton.jit
