"""Transport-wide congestion control feedback. One rule: what ``build`` writes, ``parse`` reads back.

Source: draft-holmer-rmcat-transport-wide-cc-extensions-01. Times are seconds of a monotonic clock.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping

_HEAD = struct.Struct("!HHI")
_CHUNK = struct.Struct("!H")
_DELTA = struct.Struct("!h")
_TICKS_PER_S = 4000
"""Arrival times are written in units of 250 µs."""
_TICKS_PER_REFERENCE = 256
"""The reference time is written in units of 64 ms."""
_RUN_MAX = 8191
_VECTOR = 7
"""Symbols in a vector chunk of two-bit symbols."""
_PACKETS_MAX = 400
"""Packets per feedback, so that one stays below 1,200 bytes."""
_MISSING, _SMALL, _LARGE = 0, 1, 2


def build(base: int, end: int, arrivals: Mapping[int, float], count: int) -> bytes | None:
    """Feedback about the unwrapped numbers base..end−1, padded to four bytes; None when none of them arrived.

    Args:
        base: first number reported.
        end: one past the last; at most 400 after ``base``.
        arrivals: unwrapped number to arrival time in seconds.
        count: feedback packet count, taken modulo 256.
    """
    first = next((arrivals[number] for number in range(base, end) if number in arrivals), None)
    if first is None:
        return None
    reference = int(first * _TICKS_PER_S) // _TICKS_PER_REFERENCE
    last = reference * _TICKS_PER_REFERENCE
    symbols: list[int] = []
    deltas = bytearray()
    for number in range(base, end):
        arrival = arrivals.get(number)
        if arrival is None:
            symbols.append(_MISSING)
            continue
        delta = int(arrival * _TICKS_PER_S) - last
        last += delta
        if 0 <= delta <= 0xFF:
            symbols.append(_SMALL)
            deltas.append(delta)
        else:
            symbols.append(_LARGE)
            deltas += _DELTA.pack(max(-0x8000, min(0x7FFF, delta)))
    head = _HEAD.pack(base & 0xFFFF, len(symbols), (reference & 0xFFFFFF) << 8 | count & 0xFF)
    information = head + _chunks(symbols) + deltas
    return information + bytes(-len(information) % 4)


def _chunks(symbols: list[int]) -> bytes:
    chunks, index = bytearray(), 0
    while index < len(symbols):
        run = index
        while run < len(symbols) and symbols[run] == symbols[index] and run - index < _RUN_MAX:
            run += 1
        if run - index >= _VECTOR or run == len(symbols):
            chunks += _CHUNK.pack(symbols[index] << 13 | run - index)
            index = run
            continue
        vector = 0xC000
        for place, symbol in enumerate(symbols[index : index + _VECTOR]):
            vector |= symbol << 12 - 2 * place
        chunks += _CHUNK.pack(vector)
        index += _VECTOR
    return bytes(chunks)


def parse(information: bytes) -> Iterator[tuple[int, float | None]]:
    """16-bit numbers with their arrival in seconds of the receiver's clock (None: not received), in order.

    Raises:
        ValueError: truncated, or a symbol that is reserved.
    """
    try:
        base, total, reference = _HEAD.unpack_from(information)
        symbols, position = _symbols(information, total)
        ticks = (reference >> 8) * _TICKS_PER_REFERENCE
        for index, symbol in enumerate(symbols):
            number = (base + index) & 0xFFFF
            if symbol == _MISSING:
                yield number, None
                continue
            if symbol == _SMALL:
                ticks += information[position]
                position += 1
            elif symbol == _LARGE:
                ticks += _DELTA.unpack_from(information, position)[0]
                position += 2
            else:
                raise ValueError("reserved transport feedback symbol")
            yield number, ticks / _TICKS_PER_S
    except (struct.error, IndexError) as error:
        raise ValueError("transport feedback is truncated") from error


def _symbols(information: bytes, total: int) -> tuple[list[int], int]:
    symbols: list[int] = []
    position = _HEAD.size
    while len(symbols) < total:
        (chunk,) = _CHUNK.unpack_from(information, position)
        position += 2
        if not chunk & 0x8000:
            length = chunk & _RUN_MAX
            if not length:
                raise ValueError("empty run in transport feedback")
            symbols += [chunk >> 13 & 3] * min(length, total - len(symbols))
        elif not chunk & 0x4000:
            symbols += [chunk >> 13 - bit & 1 for bit in range(14)]
        else:
            symbols += [chunk >> 12 - 2 * place & 3 for place in range(_VECTOR)]
    return symbols[:total], position


class ArrivalRecorder:
    """Collects the arrivals of one leg and turns them into feedback."""

    __slots__ = ("_arrivals", "_count", "_fresh", "_highest", "_next")

    def __init__(self) -> None:
        self._arrivals: dict[int, float] = {}
        self._highest: int | None = None
        self._next = 0
        self._count = 0
        self._fresh = False

    def add(self, number: int, now_s: float) -> None:
        """Note that the packet with this 16-bit transport-wide number arrived."""
        if self._highest is None:
            self._highest = self._next = extended = number
        elif number == (self._highest + 1) & 0xFFFF:
            extended = self._highest + 1
        else:
            extended = self._highest + ((number - self._highest + 0x8000) & 0xFFFF) - 0x8000
        if extended in self._arrivals or extended < self._highest - 1000:
            return
        self._highest = max(self._highest, extended)
        self._next = max(min(self._next, extended), self._highest - 500)
        self._arrivals[extended] = now_s
        self._fresh = True

    def take(self) -> list[bytes]:
        """Feedback about everything since the last call; late packets are reported again from their place."""
        if not self._fresh or self._highest is None:
            return []
        out, base, end = [], self._next, self._highest + 1
        while base < end:
            stop = min(end, base + _PACKETS_MAX)
            information = build(base, stop, self._arrivals, self._count)
            if information is not None:
                out.append(information)
                self._count += 1
            base = stop
        self._next, self._fresh = end, False
        if len(self._arrivals) > 2000:
            oldest = self._highest - 1000
            self._arrivals = {number: at for number, at in self._arrivals.items() if number >= oldest}
        return out
