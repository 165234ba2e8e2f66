"""Values as canonical JSON text. One rule: equal values give equal bytes, on every machine and database.

Used by service/auditing to compare what is stored with what follows from the rows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces; sets become sorted lists, tuples lists, enums their values.

    Raises:
        ValueError: a number is not finite.
    """
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def plain(value: Any) -> Any:
    """JSON-compatible form of a value made of dataclasses, mappings, sequences, sets, enums and scalars."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, (frozenset, set)):
        return sorted(plain(inner) for inner in value)
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    return value
