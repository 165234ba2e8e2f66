"""Equal values give equal bytes."""

from __future__ import annotations

import json
import math
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.rows import PROPERTY
from verifier.core.canonical import canonical, plain
from verifier.core.model import Claim, ClaimId, ClaimKind, StaffRole

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def test_dataclasses_enums_sets_and_tuples_have_one_form() -> None:
    claim = Claim(ClaimId("c"), ClaimKind.SKILL, "skill", "Zürich")
    assert canonical(claim) == '{"field":"skill","id":"c","kind":"skill","value":"Zürich"}'
    assert canonical(frozenset(StaffRole)) == canonical(sorted(StaffRole))
    assert canonical((1, [2])) == "[1,[2]]" and canonical(MappingProxyType({1: 2})) == '{"1":2}'


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_not_finite_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical({"a": [value]})


@given(st.dictionaries(st.text(), _VALUES))
@PROPERTY
def test_the_order_of_keys_does_not_matter_and_nothing_is_lost(value: dict[str, object]) -> None:
    assert canonical(dict(reversed(list(value.items())))) == canonical(value)
    assert json.loads(canonical(value)) == plain(value)
