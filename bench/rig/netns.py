"""Network namespaces and TUN devices by system calls alone; nothing here leaves a name behind.

The namespaces have no name: a descriptor keeps each alive, others enter it through `/proc/PID/fd/N`, and the
kernel removes it with its devices when the last process in it is gone, whatever way that process ended.
Called by `tun_relay`, and by tests that want a socket inside a namespace.
Source: namespaces(7), netdevice(7), Linux Documentation/networking/tuntap.rst.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MTU_BYTES = 1400

_CLONE_NEWNET = 0x40000000
_TUNSETIFF = 0x400454CA
_IFF_TUN_NO_PI = 0x0001 | 0x1000
_SIOCADDRT = 0x890B
_SIOCGIFFLAGS = 0x8913
_SIOCSIFFLAGS = 0x8914
_SIOCSIFADDR = 0x8916
_SIOCSIFNETMASK = 0x891C
_SIOCSIFMTU = 0x8922
_IFF_UP = 0x1
_ROUTE_UP_VIA_GATEWAY = 0x1 | 0x2
_OWN = Path("/proc/thread-self/ns/net")

_libc = ctypes.CDLL(None, use_errno=True)


@contextmanager
def entered(namespace: str | Path) -> Iterator[None]:
    """Run the block's thread inside the namespace; sockets made there stay there.

    Raises:
        OSError: the namespace is gone or entering is not permitted.
    """
    target = os.open(namespace, os.O_RDONLY | os.O_CLOEXEC)
    try:
        with _returning():
            _call("setns", target, _CLONE_NEWNET)
            yield
    finally:
        os.close(target)


def new_namespace() -> int:
    """A descriptor that keeps a new network namespace alive, its loopback up.

    Raises:
        OSError: namespaces are not permitted here.
    """
    with _returning():
        _call("unshare", _CLONE_NEWNET)
        _up("lo")
        return os.open(_OWN, os.O_RDONLY | os.O_CLOEXEC)


def enter_new() -> None:
    """Move the calling thread, which must be the process's only one, into a new namespace with nothing but loopback.

    Raises:
        OSError: namespaces are not permitted here.
    """
    _call("unshare", _CLONE_NEWNET)
    _up("lo")


def open_tun(pattern: str, address: str, *, gateway: str | None = None) -> int:
    """A non-blocking descriptor of a new TUN device in the calling thread's namespace, configured and up.

    Each read gives one IP packet of at most `MTU_BYTES`. The device goes away with the descriptor.

    Args:
        pattern: the device's name, `%d` standing for the next free number.
        address: its IPv4 address, in a /24.
        gateway: where the default route points, if there is to be one.

    Raises:
        OSError: TUN devices are not permitted here.
    """
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        request = struct.pack("16sH22x", pattern.encode(), _IFF_TUN_NO_PI)
        device = fcntl.ioctl(tun, _TUNSETIFF, request)[:16].rstrip(b"\0").decode()
        _configure(device, address)
        if gateway is not None:
            _default_route(gateway)
    except OSError:
        os.close(tun)
        raise
    return tun


def change_address(device: str, address: str, *, gateway: str) -> None:
    """Give a device of the calling thread's namespace another address in its /24, as a new Wi-Fi does.

    Raises:
        OSError: there is no such device, or it is not permitted.
    """
    _configure(device, address)
    _default_route(gateway)


@contextmanager
def _returning() -> Iterator[None]:
    own = os.open(_OWN, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield
    finally:
        _call("setns", own, _CLONE_NEWNET)
        os.close(own)


def _call(name: str, *arguments: int) -> None:
    if getattr(_libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def _configure(device: str, address: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for request, value in ((_SIOCSIFADDR, address), (_SIOCSIFNETMASK, "255.255.255.0")):
            fcntl.ioctl(control, request, struct.pack("16s16s8x", device.encode(), _sockaddr(value)))
        fcntl.ioctl(control, _SIOCSIFMTU, struct.pack("16si20x", device.encode(), MTU_BYTES))
    _up(device)


def _up(device: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        answer = fcntl.ioctl(control, _SIOCGIFFLAGS, struct.pack("16sh22x", device.encode(), 0))
        flags = struct.unpack("16sh22x", answer)[1] | _IFF_UP
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sh22x", device.encode(), flags))


def _default_route(gateway: str) -> None:
    # struct rtentry of <linux/route.h>: pad, destination, gateway, mask, flags, and the rest zero.
    anywhere = _sockaddr("0.0.0.0")
    route = struct.pack("@L16s16s16sH", 0, anywhere, _sockaddr(gateway), anywhere, _ROUTE_UP_VIA_GATEWAY).ljust(
        120, b"\0"
    )
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, _SIOCADDRT, route)


def _sockaddr(address: str) -> bytes:
    return struct.pack("=HH4s8x", socket.AF_INET, 0, socket.inet_aton(address))
