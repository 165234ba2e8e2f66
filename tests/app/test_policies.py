"""The operator's policy file: it tightens and names itself; everything else is one clear refusal."""

from __future__ import annotations

from pathlib import Path

import pytest

from verifier.app import policies
from verifier.core.policy import SHIPPED
from verifier.errors import PolicyInvalid


def load(folder: Path, text: str | bytes) -> policies.PolicyBook:
    file = folder / "policy.toml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return policies.load(file)


def test_without_a_file_the_shipped_policy_holds() -> None:
    assert policies.load(None).current == SHIPPED


def test_a_tightened_policy_keeps_the_shipped_one_for_older_interviews(tmp_path: Path) -> None:
    book = load(tmp_path, 'version = "ours-1"\naudio_window_max = 0.05\nface_min_fps = 10\n')
    assert (book.current.version, book.current.audio_window_max, book.current.face_min_fps) == ("ours-1", 0.05, 10)
    assert book.pinned(SHIPPED.version) == SHIPPED


@pytest.mark.parametrize(
    "text",
    [
        "min_coverage = 0.9",
        "audio_window_max = 0.5",
        "audio_window_max = nan",
        "min_coverage = inf",
        "min_coverage = nan",
        "leg_loss_max = nan",
        "audio_window_max = -inf",
        "audio_window_max = -0.1",
        "min_coverage = true",
        'min_coverage = "1.0"',
        "min_coverage = [1.0]",
        "max_unknown_run_s = 0.5",
        "min_usable_frames = 5.5",
        "min_coverage = 1" + "0" * 400,
        "min_coverage = 1" + "0" * 5_000,
        "speech_min_ms = 0",
        "unheard_of = 1",
        "tests = []",
        'tests = "coverage"',
        "tests = [1]",
        "absent_tests = []",
        "min_coverage = 1979-05-27",
        "[min_coverage]",
        "min_coverage",
        b"\xff\xfe",
    ],
)
def test_what_does_not_tighten_is_refused_in_one_line(tmp_path: Path, text: str | bytes) -> None:
    head = b'version = "ours-1"\n'
    with pytest.raises(PolicyInvalid) as refused:
        load(tmp_path, head + (text.encode() if isinstance(text, str) else text))
    assert refused.value.detail and "Traceback" not in refused.value.detail


@pytest.mark.parametrize(
    "version", ["", 'version = ""', 'version = " "', f'version = "{SHIPPED.version}"', "version = 1"]
)
def test_a_policy_of_ones_own_needs_a_name_of_its_own(tmp_path: Path, version: str) -> None:
    with pytest.raises(PolicyInvalid, match="version"):
        load(tmp_path, f"{version}\nmin_coverage = 1.0\n")


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(PolicyInvalid, match="Cannot read"):
        policies.load(tmp_path / "nothing.toml")
