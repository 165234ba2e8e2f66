"""SRTP packet by packet. One rule: nothing is allocated for a packet but the packet.

libsrtp by way of pylibsrtp's own session, but without what its methods do anew every time: at the size of a call's
packets that costs as much as the cipher. tests/media/test_aiortc_hooks.py guards the private parts used here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pylibsrtp
from pylibsrtp import _binding

Process = Callable[[bytes], bytes]
"""Gives the packet protected or opened.

Raises:
    pylibsrtp.Error: not authentic, a replay, or no packet at all.
    ValueError: longer than libsrtp's buffer.
"""

_TRAILER_MAX = pylibsrtp.SRTP_MAX_SRTCP_TRAILER_LEN
"""Octets that protection may add; with RTP it is less."""


LONGEST = 1500
"""Octets of a datagram; longer ones exceed the buffer of libsrtp's binding and every path's MTU."""
_FIRST_RTCP, _LAST_RTCP = 192, 223
"""Second octets of RTCP. Source: RFC 5761 4."""


def is_rtcp(data: bytes) -> bool:
    """Whether an SRTP datagram is control; ``data`` has at least two octets."""
    return _FIRST_RTCP <= data[1] <= _LAST_RTCP


class Srtp:
    """Both directions of one leg."""

    __slots__ = ("protect", "protect_rtcp", "unprotect", "unprotect_rtcp")

    def __init__(self, outgoing: pylibsrtp.Session, incoming: pylibsrtp.Session) -> None:
        lib = _binding.lib
        self.protect = _process(outgoing, lib.srtp_protect, _TRAILER_MAX)
        self.protect_rtcp = _process(outgoing, lib.srtp_protect_rtcp, _TRAILER_MAX)
        self.unprotect = _process(incoming, lib.srtp_unprotect, 0)
        self.unprotect_rtcp = _process(incoming, lib.srtp_unprotect_rtcp, 0)


def _process(session: pylibsrtp.Session, function: Callable[[Any, Any, Any], int], trailer: int) -> Process:
    handle, octets, buffer = session._srtp, session._cdata, session._buffer
    length = _binding.ffi.new("int *")
    longest = len(octets) - trailer

    def process(packet: bytes) -> bytes:
        size = len(packet)
        if size > longest:
            raise ValueError("packet is too long")
        buffer[0:size] = packet
        length[0] = size
        status = function(handle[0], octets, length)
        if status:
            raise pylibsrtp.Error(pylibsrtp.ERRORS[status])
        processed: bytes = buffer[0 : length[0]]
        return processed

    return process
