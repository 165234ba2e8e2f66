"""Every field of every raw row is a column of its own and comes back equal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract import examples
from verifier.core.samples import BrowserSample, FrameSample, ServerSample
from verifier.core.verdicts import Assessment, Finding
from verifier.errors import OurError
from verifier.storage import Store
from verifier.storage.rows import RowCodec, leaves
from verifier.storage.tables.samples import browser_samples, frame_samples, server_samples

TABLES = {ServerSample: server_samples, BrowserSample: browser_samples, FrameSample: frame_samples}

st.register_type_strategy(int, st.integers(-(2**63), 2**63 - 1))
st.register_type_strategy(float, st.floats(allow_nan=False))
st.register_type_strategy(str, st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20))


@pytest.fixture
async def store(fresh: str) -> AsyncIterator[Store]:
    async with await Store.open(fresh) as store:
        async with store.units() as uow:
            await examples.add_call(uow)
        yield store


@pytest.mark.parametrize("kind", TABLES, ids=lambda kind: kind.__name__)
def test_every_field_is_a_column_and_every_column_a_field(kind: type) -> None:
    assert [leaf.column for leaf in leaves(kind)] == [column.name for column in TABLES[kind].columns]
    assert {leaf.column: leaf.nullable for leaf in leaves(kind)} == {
        column.name: column.nullable for column in TABLES[kind].columns
    }


class _EnoughError(Exception):
    """Ends the unit of work so that the next example starts from nothing."""


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(server=st.builds(ServerSample), browser=st.builds(BrowserSample), frame=st.builds(FrameSample))
async def test_any_raw_row_comes_back_equal(
    store: Store, server: ServerSample, browser: BrowserSample, frame: FrameSample
) -> None:
    mine = [replace(row, interview_id=examples.CALL) for row in (server, browser, frame)]
    with pytest.raises(_EnoughError):
        async with store.units() as uow:
            await uow.samples.add([mine[0]], [mine[1]], [mine[2]])  # type: ignore[list-item]
            rows = await uow.samples.rows(examples.CALL)
            assert [*rows.server, *rows.browser, *rows.frames] == mine
            raise _EnoughError


@given(finding=st.builds(Finding), assessment=st.builds(Assessment))
def test_any_finding_and_assessment_survives_the_codec(finding: Finding, assessment: Assessment) -> None:
    for value in (finding, assessment):
        codec = RowCodec(type(value))
        assert codec.decode(codec.encode(value)) == value


async def test_a_figure_that_is_not_a_number_never_becomes_a_server_figure(store: Store) -> None:
    async with store.units() as uow:
        with pytest.raises(OurError):
            await uow.samples.add([examples.server_sample(speech_ms=float("nan"))], [], [])
        await uow.samples.add([], [examples.browser_sample(source=_source_nan())], [])
        (row,) = (await uow.samples.rows(examples.CALL)).browser
        assert row.source.rtt_ms is None


def _source_nan() -> object:
    return replace(examples.browser_sample().source, rtt_ms=float("nan"))
