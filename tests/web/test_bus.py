"""A slow reader never holds up a call and never grows without bound."""

from __future__ import annotations

from verifier.web.bus import QUEUE_LENGTH, SNAPSHOTS, InProcessBus, Mailbox


def drained(box: Mailbox) -> list[object]:
    return [box.queue.get_nowait() for _ in range(box.queue.qsize())]


def test_messages_of_a_topic_arrive_in_order_and_end_with_the_block() -> None:
    bus, box = InProcessBus(), Mailbox()
    with bus.subscribed(box, "a", "b"):
        bus.publish("a", {"type": "log", "n": 1})
        bus.publish("c", {"type": "log", "n": 2})
        bus.publish("b", {"type": "log", "n": 3})
    bus.publish("a", {"type": "log", "n": 4})
    assert drained(box) == [{"type": "log", "n": 1}, {"type": "log", "n": 3}]
    assert not bus._boxes


def test_every_subscriber_gets_its_copy() -> None:
    bus, boxes = InProcessBus(), [Mailbox(), Mailbox()]
    with bus.subscribed(boxes[0], "a"), bus.subscribed(boxes[1], "a"):
        bus.publish("a", {"type": "chat"})
    assert [drained(box) for box in boxes] == [[{"type": "chat"}]] * 2


def test_a_full_mailbox_drops_snapshots_and_stays_open() -> None:
    box = Mailbox()
    for number in range(QUEUE_LENGTH + 1_000):
        box.put({"type": sorted(SNAPSHOTS)[number % 3], "n": number})
    assert box.queue.qsize() == QUEUE_LENGTH and not box.overflowed


def test_a_full_mailbox_that_would_lose_a_fact_closes_its_socket() -> None:
    box = Mailbox()
    for number in range(QUEUE_LENGTH + 1_000):
        box.put({"type": "log", "n": number})
    left = drained(box)
    assert len(left) == QUEUE_LENGTH and left[-1] is None and box.overflowed


def test_what_was_queued_before_the_close_is_still_sent() -> None:
    bus, box = InProcessBus(), Mailbox()
    with bus.subscribed(box, "a", "b"):
        bus.publish("a", {"type": "ended"})
        bus.close_all()
        bus.publish("a", {"type": "chat"})
        assert drained(box)[:2] == [{"type": "ended"}, None]
