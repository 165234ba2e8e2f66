"""Between frozen values of core and flat rows. One rule: the dataclass fields are the only list of what is stored.

A nested dataclass becomes columns with its field's name as prefix (``audio_ssrc``); collections become JSON. What is
not a number (NaN) was not measured: it becomes None. Called by every repository; tables/samples.py builds its columns
from the same walk.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

from verifier.errors import InvalidInput

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Leaf:
    """One stored field: its column, its type without ``None`` and without NewType, and whether it may be None."""

    column: str
    kind: Any
    nullable: bool


@dataclass(frozen=True, slots=True)
class _Conversion:
    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]


def leaves(kind: type, prefix: str = "") -> Iterator[Leaf]:
    """Every stored field of ``kind`` in order, nested dataclasses flattened."""
    hints = get_type_hints(kind)
    for field in fields(kind):
        inner, nullable = _plain(hints[field.name])
        if isinstance(inner, type) and is_dataclass(inner):
            yield from leaves(inner, f"{prefix}{field.name}_")
        else:
            yield Leaf(f"{prefix}{field.name}", inner, nullable)


class RowCodec(Generic[T]):
    """Turns a ``T`` into a row and back; ``decode(encode(value)) == value``.

    Args:
        kind: a frozen dataclass.
        omit: fields that live elsewhere; ``decode`` takes them as keywords.
    """

    def __init__(self, kind: type[T], omit: Collection[str] = ()) -> None:
        self._kind = kind
        self._nested: dict[str, RowCodec[Any]] = {}
        self._leaves: dict[str, _Conversion] = {}
        hints = get_type_hints(kind)
        for field in fields(kind):  # type: ignore[arg-type]
            if field.name in omit:
                continue
            inner, _ = _plain(hints[field.name])
            if isinstance(inner, type) and is_dataclass(inner):
                self._nested[field.name] = RowCodec(inner)
            else:
                self._leaves[field.name] = _conversion(hints[field.name])

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that ``encode`` fills."""
        nested = (f"{name}_{column}" for name, codec in self._nested.items() for column in codec.columns)
        return (*self._leaves, *nested)

    def encode(self, value: T, prefix: str = "") -> dict[str, Any]:
        """One value per column, ready to be bound. Raises InvalidInput for a text that PostgreSQL cannot hold."""
        row = {prefix + name: conversion.encode(getattr(value, name)) for name, conversion in self._leaves.items()}
        for name, codec in self._nested.items():
            row.update(codec.encode(getattr(value, name), f"{prefix}{name}_"))
        return row

    def decode(self, row: Mapping[str, Any], prefix: str = "", /, **elsewhere: Any) -> T:
        """The value of a row; ``elsewhere`` gives the omitted fields."""
        found = {name: conversion.decode(row[prefix + name]) for name, conversion in self._leaves.items()}
        for name, codec in self._nested.items():
            found[name] = codec.decode(row, f"{prefix}{name}_")
        return self._kind(**found, **elsewhere)


def _plain(hint: Any) -> tuple[Any, bool]:
    """The type without NewType and None, and whether None was allowed."""
    nullable = False
    if get_origin(hint) in (Union, UnionType):
        (hint,) = (part for part in get_args(hint) if part is not type(None))
        nullable = True
    while hasattr(hint, "__supertype__"):
        hint = hint.__supertype__
    return hint, nullable


def _same(value: Any) -> Any:
    return value


def _number(value: Any) -> Any:
    return None if value != value else value


def _text(value: Any) -> Any:
    if value and "\0" in value:
        raise InvalidInput("A text contains a NUL character.")
    return value


@cache
def _conversion(hint: Any) -> _Conversion:
    inner, nullable = _plain(hint)
    conversion = _of_collection(inner) or _of_single(inner)
    if not nullable or conversion.encode is _same:
        return conversion
    return _Conversion(
        lambda value: None if value is None else conversion.encode(value),
        lambda value: None if value is None else conversion.decode(value),
    )


def _of_collection(inner: Any) -> _Conversion | None:
    origin = get_origin(inner)
    if origin is tuple:
        each = _conversion(get_args(inner)[0])
        return _Conversion(
            lambda value: [each.encode(one) for one in value], lambda value: tuple(each.decode(one) for one in value)
        )
    if origin is frozenset:
        each = _conversion(get_args(inner)[0])
        return _Conversion(
            lambda value: sorted(each.encode(one) for one in value),
            lambda value: frozenset(each.decode(one) for one in value),
        )
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _Conversion(dict, dict)
    return None


def _of_single(inner: Any) -> _Conversion:
    if isinstance(inner, type) and issubclass(inner, Enum):
        return _Conversion(lambda value: inner(value).value, inner)
    if isinstance(inner, type) and is_dataclass(inner):
        codec: RowCodec[Any] = RowCodec(inner)
        return _Conversion(codec.encode, codec.decode)
    return _Conversion({float: _number, str: _text}.get(inner, _same), _same)
