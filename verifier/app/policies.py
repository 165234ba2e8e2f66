"""Reads the operator's policy file. One rule: it may tighten the shipped limits and name itself, nothing else."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

from verifier.core.policy import FORMER, SHIPPED, Policy, PolicyBook
from verifier.errors import PolicyInvalid


def load(path: Path | None) -> PolicyBook:
    """The shipped policy, or the operator's tightened one with the shipped one as an earlier version.

    Raises:
        PolicyInvalid: unreadable, unknown or wrongly typed fields, no version of its own, or looser than shipped.
    """
    if path is None:
        return PolicyBook()
    try:
        values = tomllib.loads(path.read_text())
    except OSError as error:
        raise PolicyInvalid(f"Cannot read the policy {path}: {error.strerror}.") from None
    except ValueError as error:
        # ValueError: not UTF-8, not TOML, or an integer of more digits than Python converts.
        raise PolicyInvalid(f"The policy {path} is not TOML: {error}.") from None
    known = {field.name: field for field in fields(Policy)}
    for name, value in values.items():
        if name not in known:
            raise PolicyInvalid(f"{name} is not a limit of the policy.", field=name)
        if not _fits(value, known[name].default):
            raise PolicyInvalid(f"{name} has the wrong type of value.", field=name)
    if values.get("version", "").strip() in {"", SHIPPED.version, *(former.version for former in FORMER)}:
        raise PolicyInvalid("A policy of your own needs a version of its own.", field="version")
    lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    return PolicyBook(current=Policy(**{**values, **lists}), earlier=(SHIPPED, *FORMER))


def _fits(value: Any, shipped: Any) -> bool:
    if isinstance(shipped, tuple):
        return isinstance(value, list) and all(isinstance(inner, str) for inner in value)
    if isinstance(shipped, str):
        return isinstance(value, str)
    if isinstance(value, bool) or isinstance(shipped, bool):
        return isinstance(value, bool) and isinstance(shipped, bool)
    return isinstance(value, int) if isinstance(shipped, int) else isinstance(value, (int, float))
