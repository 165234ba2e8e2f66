"""Both kinds of network with real sockets: what the test asked for happens to real packets, live."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.rig.impairment import OUTAGE, Impairment
from bench.rig.netns import entered
from bench.rig.network import Kind, NamespaceNetwork, Network, RigError, open_network

PATIENCE_S = 10.0
"""How long a packet is waited for that must come; a packet that must not come is never waited for."""


@dataclass(frozen=True)
class Line:
    """A participant's socket and a server's socket, with the network between them."""

    network: Network
    name: str
    participant: socket.socket
    server: socket.socket
    server_as_seen: tuple[str, int]

    def up(self, *packets: bytes) -> None:
        for packet in packets:
            self.participant.sendto(packet, self.server_as_seen)

    def received(self) -> bytes:
        return self.server.recvfrom(2000)[0]

    def settled(self, offered: int) -> None:
        """Wait until the relay has seen `offered` packets upwards and has decided the fate of each."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            counts = self.network.counts(self.name).up
            if counts.offered >= offered and counts.in_flight == 0:
                return
        raise AssertionError(f"not settled: {self.network.counts(self.name).up}")

    def seen(self, offered: int) -> None:
        """Wait until the relay has seen `offered` packets upwards."""
        deadline = time.monotonic() + PATIENCE_S
        while (counts := self.network.counts(self.name).up).offered < offered:
            assert time.monotonic() < deadline, counts


def udp() -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.settimeout(PATIENCE_S)
    # A burst must not be lost in the receiver's own buffer, where nobody counts it.
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_000_000)
    return opened


@contextlib.contextmanager
def a_line(network: Network, name: str = "freelancer") -> Iterator[Line]:
    with udp() as server, contextlib.ExitStack() as stack:
        server.bind((network.server_address, 0))
        host, port = server.getsockname()
        if isinstance(network, NamespaceNetwork):
            with entered(network.namespaces[name]):
                participant = stack.enter_context(udp())
        else:
            port = network.forward(name, host, port)
            participant = stack.enter_context(udp())
        yield Line(network, name, participant, server, (host, port))


def opened(kind: Kind) -> Network:
    try:
        return open_network("freelancer", "interviewer", seed=3, kind=kind)
    except RigError as error:
        pytest.skip(f"namespaces are not permitted here, the journeys use the proxy: {error}")


@pytest.fixture(params=[pytest.param("namespaces", marks=pytest.mark.netns), "proxy"])
def network(request: pytest.FixtureRequest) -> Iterator[Network]:
    with opened(request.param) as either:
        yield either


@pytest.fixture
def namespaces() -> Iterator[Network]:
    with opened("namespaces") as only:
        yield only


@pytest.fixture
def line(network: Network) -> Iterator[Line]:
    with a_line(network) as opened:
        yield opened


def burst(count: int, size: int = 100) -> list[bytes]:
    return [number.to_bytes(4, "big").ljust(size, b".") for number in range(count)]


def test_packets_arrive_unchanged_and_answers_find_their_way_back(line):
    packet = os.urandom(1200)
    line.up(packet)
    received, sender = line.server.recvfrom(2000)
    line.server.sendto(received[::-1], sender)
    assert received == packet
    assert line.participant.recvfrom(2000) == (packet[::-1], line.server_as_seen)


def test_packets_are_dropped_at_the_imposed_rate(line):
    line.network.impair("freelancer", up=Impairment(loss=0.25))
    # Written in small bursts, so that none is lost in a buffer of the system, where nobody counts it.
    for number in range(1, 21):
        line.up(*burst(50))
        line.settled(50 * number)
    counts = line.network.counts("freelancer").up
    line.server.settimeout(0)
    arrived = 0
    with contextlib.suppress(BlockingIOError):
        while line.received():
            arrived += 1
    assert counts.offered == 1000
    assert 0.19 < counts.lost / 1000 < 0.31
    assert arrived == counts.passed == 1000 - counts.lost


def test_packets_are_delayed_by_the_imposed_delay(line):
    line.network.impair("freelancer", up=Impairment(delay_ms=120))
    for _ in range(10):
        line.up(str(time.monotonic_ns()).encode())
    spent_ms = [(-int(line.received()) + time.monotonic_ns()) / 1e6 for _ in range(10)]
    assert min(spent_ms) >= 120
    assert sorted(spent_ms)[5] < 620
    assert 120 <= line.network.counts("freelancer").up.mean_delay_ms < 620


def test_an_outage_passes_nothing_and_ends_when_told(line):
    line.network.impair("freelancer", up=OUTAGE)
    line.up(*burst(50))
    line.settled(50)
    line.network.restore("freelancer")
    line.up(b"after")
    assert line.received() == b"after"
    assert line.network.counts("freelancer").up.blacked_out == 50


def test_an_outage_stops_the_packets_on_their_way(line):
    line.network.impair("freelancer", up=Impairment(delay_ms=500))
    line.up(*burst(5))
    line.seen(5)
    line.network.impair("freelancer", up=OUTAGE)
    line.settled(5)
    counts = line.network.counts("freelancer").up
    assert (counts.passed, counts.blacked_out) == (0, 5)


def test_an_impairment_of_one_direction_leaves_the_other_alone(line):
    line.network.impair("freelancer", down=OUTAGE)
    line.up(b"question")
    received, sender = line.server.recvfrom(2000)
    line.server.sendto(b"lost answer", sender)
    line.network.restore("freelancer")
    line.server.sendto(b"answer", sender)
    assert received == b"question"
    assert line.participant.recvfrom(2000)[0] == b"answer"


def test_an_impairment_of_one_participant_leaves_the_other_alone(network):
    network.impair("freelancer", up=OUTAGE, down=OUTAGE)
    with a_line(network, "interviewer") as line:
        line.up(b"hello")
        assert line.received() == b"hello"
    assert network.counts("interviewer").up.passed == 1


def test_a_narrow_link_drops_at_the_tail_of_its_queue(line):
    line.network.impair("freelancer", up=Impairment(rate_bps=200_000, queue_ms=100))
    for number in range(1, 6):
        line.up(*burst(40, size=1000))
        line.seen(40 * number)
    line.settled(200)
    counts = line.network.counts("freelancer").up
    # 40 ms each at 200 kb/s: the queue of 100 ms holds three, plus what left while the burst was written.
    assert 3 <= counts.passed < 50
    assert counts.overflowed == 200 - counts.passed


def test_an_unknown_participant_is_refused(network):
    with pytest.raises(RigError, match="nobody"):
        network.impair("nobody", up=OUTAGE)
    with pytest.raises(RigError, match="nobody"):
        network.place("nobody")


def test_two_networks_at_once_do_not_meet(network):
    with open_network("freelancer", kind=network.kind) as other, a_line(other) as line:
        line.up(b"hello")
        assert line.received() == b"hello"
        assert network.counts("freelancer").up.offered == 0


@pytest.mark.netns
def test_a_stream_of_tcp_passes_a_lossy_namespace(namespaces):
    network = namespaces
    network.impair("freelancer", up=Impairment(loss=0.02, delay_ms=10), down=Impairment(delay_ms=10))
    with socket.create_server((network.server_address, 0)) as server:
        with entered(network.namespaces["freelancer"]):
            client = socket.socket()
        with client:
            client.settimeout(PATIENCE_S)
            client.connect(server.getsockname())
            accepted, _ = server.accept()
            with accepted:
                accepted.settimeout(PATIENCE_S)
                client.sendall(bytes(50_000))
                client.shutdown(socket.SHUT_WR)
                received = 0
                while chunk := accepted.recv(65536):
                    received += len(chunk)
    assert received == 50_000


@pytest.mark.netns
def test_a_namespace_reaches_nothing_but_the_server(namespaces):
    network = namespaces
    with a_line(network) as line:
        line.participant.sendto(b"out", (network.addresses["interviewer"], 9))
        line.participant.sendto(b"out", ("198.19.0.1", 9))
        line.up(b"in")
        assert line.received() == b"in"
        assert network.counts("freelancer").up.offered == 1


@pytest.mark.netns
def test_participants_that_may_meet_meet_over_both_connections(namespaces):
    network = namespaces
    network.let_participants_meet()
    with entered(network.namespaces["interviewer"]):
        there = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with there, a_line(network) as line:
        there.bind((network.addresses["interviewer"], 0))
        there.settimeout(PATIENCE_S)
        line.participant.sendto(b"hello", there.getsockname())
        assert there.recv(64) == b"hello"
        assert network.counts("freelancer").up.passed == 1
        assert network.counts("interviewer").down.passed == 1


@pytest.mark.netns
def test_a_participant_that_moves_is_reached_at_the_new_address_alone(namespaces):
    network = namespaces
    with a_line(network) as line:
        line.up(b"from the first address")
        assert line.received() == b"from the first address"
    before = network.addresses["freelancer"]
    network.move("freelancer")
    assert network.addresses["freelancer"] != before
    with a_line(network) as line:
        line.up(b"from another")
        assert line.received() == b"from another"


@pytest.mark.netns
def test_nothing_is_left_after_a_crash_of_the_test():
    crashing = (
        "import os, signal\n"
        "from bench.rig.network import open_network\n"
        "network = open_network('freelancer', kind='namespaces')\n"
        "print(network.server_address, network.namespaces['freelancer'], flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    run = subprocess.run([sys.executable, "-c", crashing], capture_output=True, text=True, timeout=60)
    if "RigError" in run.stderr:
        pytest.skip("namespaces are not permitted here")
    address, namespace = run.stdout.split()
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and (Path(namespace).exists() or is_mine(address)):
        pass
    assert not Path(namespace).exists()
    assert not is_mine(address)


def is_mine(address: str) -> bool:
    with udp() as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
        return True
