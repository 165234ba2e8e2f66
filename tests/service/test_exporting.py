"""An export proves a case to whoever holds it, and nothing that was changed in it passes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import pytest

from tests.fakes import FakeUnits
from tests.service.histories import Histories
from verifier.app.signing import Ed25519Signer, require_signed
from verifier.core import export
from verifier.core.chain import OPERATOR, ActorKind
from verifier.core.export_proof import Proved, check
from verifier.core.model import VerificationId
from verifier.errors import InvalidInput, NotFound
from verifier.service.exporting import Exporting

SIGNER = Ed25519Signer(bytes(range(32)))
OTHER = Ed25519Signer(bytes(32))
Change = Callable[[list[str]], list[str]]


@pytest.fixture(scope="module")
def told() -> Histories:
    """One of every history."""
    histories = Histories(FakeUnits())
    asyncio.run(histories.tell())
    return histories


@pytest.fixture(scope="module")
def texts(told: Histories) -> dict[str, str]:
    """The export of each, by name."""
    exporting = Exporting(told.units, told.world.clock, SIGNER)

    async def exported() -> dict[str, str]:
        return {name: await exporting.export(id_, OPERATOR) for name, id_ in told.cases.items()}

    return asyncio.run(exported())


def proved(text: str, key: str = SIGNER.public_key) -> Proved:
    opened = export.read(text.encode())
    require_signed(opened.signed, opened.signature, key)
    return check(opened)


def signed_again(lines: list[str], signer: Ed25519Signer) -> str:
    """The lines without their signature, signed by somebody."""
    text = "\n".join(lines[:-1]) + "\n"
    return text + export.closing(signer.sign(text.encode()))


def test_every_history_can_be_exported_and_proved(told: Histories, texts: dict[str, str]) -> None:
    for name, text in texts.items():
        found = proved(text)
        assert found.verification_id == told.cases[name]
        assert found.entries == text.count('"kind":"entry"') > 1


async def test_the_export_itself_is_the_last_entry_of_the_chain_that_it_holds(
    told: Histories, texts: dict[str, str]
) -> None:
    async with told.units(read_only=True) as unit:
        head = await unit.audit.head(told.cases["upheld"])
    assert head is not None and (head.action, head.actor_kind) == ("export.read", ActorKind.OPERATOR)
    assert proved(texts["upheld"]).head == head.hash


def test_what_was_erased_says_so_and_what_was_not_is_there(texts: dict[str, str]) -> None:
    assert proved(texts["upheld"]).erased == 0
    kinds = [json.loads(line).get("kind") for line in texts["upheld"].splitlines()]
    assert {"entry", "decision", "statement", "appeal", "answer", "signature"} <= set(kinds)
    assert "Zagreb" in texts["upheld"]
    assert '"kind":"tombstone"' in texts["gone"] and "Zoë" not in texts["gone"]


def position(lines: list[str], kind: str) -> int:
    return next(place for place, line in enumerate(lines) if json.loads(line).get("kind") == kind)


def replaced(kind: str, old: str, new: str) -> Change:
    def change(lines: list[str]) -> list[str]:
        place = position(lines, kind)
        assert old in lines[place]
        return [*lines[:place], lines[place].replace(old, new), *lines[place + 1 :]]

    return change


def without(kind: str) -> Change:
    def change(lines: list[str]) -> list[str]:
        place = position(lines, kind)
        return [*lines[:place], *lines[place + 1 :]]

    return change


def swapped(lines: list[str]) -> list[str]:
    return [lines[0], lines[2], lines[1], *lines[3:]]


CHANGED: dict[str, Change] = {
    "a word of the statement": replaced("statement", "Zagreb", "Split"),
    "the result": replaced("decision", '"failed"', '"verified"'),
    "an entry": replaced("entry", '"sequence":1', '"sequence":2'),
    "an entry left out": without("entry"),
    "a decision left out": without("decision"),
    "two entries the other way round": swapped,
    "a line put in": lambda lines: [*lines[:2], lines[1], *lines[2:]],
    "the key": lambda lines: [lines[0].replace(SIGNER.public_key, OTHER.public_key), *lines[1:]],
}


@pytest.mark.parametrize("change", CHANGED.values(), ids=CHANGED.keys())
def test_a_changed_file_is_refused(texts: dict[str, str], change: Change) -> None:
    lines = change(texts["upheld"].splitlines())
    with pytest.raises(InvalidInput, match="The signature does not fit"):
        proved("\n".join(lines) + "\n")


FORGED: dict[str, tuple[Change, str]] = {
    "a word of the statement": (replaced("statement", "Zagreb", "Split"), "Fact 1 of statement"),
    "a fact's stretch": (replaced("statement", '"from_ms":1', '"from_ms":2'), "Fact 1 of statement"),
    "the result": (replaced("decision", '"failed"', '"verified"'), "Decision 1 is not the one"),
    "an entry": (replaced("entry", '"case.read"', '"case.lost"'), "broken at entry 1"),
    "an entry left out": (without("entry"), "broken at entry 1"),
    "a decision left out": (without("decision"), "a decision that is left out"),
    "two entries the other way round": (swapped, "broken at entry 1"),
    "the words of an appeal": (replaced("appeal", "I moved", "I lied"), "The words of appeal"),
    "the words of an answer": (replaced("answer", "You sent", "You never sent"), "The words of answer"),
    "an appeal under another id": (replaced("appeal", '"id":"apl_', '"id":"apl_x'), "The words of appeal"),
    "the last entries cut off": (
        lambda lines: [*lines[:3], *(line for line in lines[3:] if json.loads(line).get("kind") != "entry")],
        "does not end with the entry",
    ),
    "another case": (
        lambda lines: [lines[0].replace('"verification_id":"ver_', '"verification_id":"ver_x'), *lines[1:]],
        "that of another case",
    ),
    "something else": (
        lambda lines: [*lines[:-1], '{"kind":"gossip"}', lines[-1]],
        "no part of an export: gossip",
    ),
    "an entry without its time": (replaced("entry", '"at_ms"', '"when_ms"'), "lacks something"),
    "an invented statement": (
        lambda lines: [*lines[:-1], '{"id":"prp_x","kind":"statement"}', lines[-1]],
        "Statement prp_x is not the one",
    ),
}


@pytest.mark.parametrize(("change", "expected"), FORGED.values(), ids=FORGED.keys())
def test_even_who_could_sign_cannot_state_what_the_chain_does_not_tell(
    texts: dict[str, str], change: Change, expected: str
) -> None:
    text = signed_again(change(texts["upheld"].splitlines()), SIGNER)
    with pytest.raises(InvalidInput, match=expected):
        proved(text)


def test_a_forged_tombstone_is_refused(texts: dict[str, str]) -> None:
    lines = replaced("tombstone", '"server_rows":1', '"server_rows":2')(texts["gone"].splitlines())
    with pytest.raises(InvalidInput, match="tombstone"):
        proved(signed_again(lines, SIGNER))


@pytest.mark.parametrize(
    ("cut", "expected"),
    [
        (lambda text: text[:-1], "its last line has no end"),
        (lambda text: text[: text.rindex("\n", 0, -1) + 1], "its last line is not the signature"),
        (lambda text: text[: len(text) // 2], "cut off"),
        (lambda text: "", "cut off"),
        (lambda text: text.replace("verifier-export/1", "verifier-export/2", 1), "not an export"),
        (lambda text: "not json\n" + text, "Line 1 is not JSON"),
        (lambda text: "[1]\n" + text, "Line 1 is not an object"),
        (lambda text: text.replace(f'"key":"{SIGNER.public_key}"', '"key":1', 1), "names no key"),
    ],
)
def test_what_is_cut_off_or_no_export_is_said_clearly(
    texts: dict[str, str], cut: Callable[[str], str], expected: str
) -> None:
    with pytest.raises(InvalidInput, match=expected):
        proved(cut(texts["upheld"]))


@pytest.mark.parametrize("key", ["", "nonsense", OTHER.public_key[:-4]])
def test_a_key_that_is_none_is_said_clearly(texts: dict[str, str], key: str) -> None:
    with pytest.raises(InvalidInput, match="32 bytes in base64"):
        proved(texts["upheld"], key)


def test_another_key_did_not_sign_it(texts: dict[str, str]) -> None:
    with pytest.raises(InvalidInput, match="The signature does not fit"):
        proved(texts["upheld"], OTHER.public_key)


async def test_an_unknown_case_cannot_be_exported(told: Histories) -> None:
    with pytest.raises(NotFound):
        await Exporting(told.units, told.world.clock, SIGNER).export(VerificationId("ver_nobody"), OPERATOR)
