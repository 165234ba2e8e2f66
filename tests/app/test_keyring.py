"""The ring of master keys: the newest seals, each opens, and a key that does not fit stops the server in one line."""

from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest

from verifier import config
from verifier.app.keyring import derived_keys, master_keys, sealer
from verifier.errors import ConfigurationInvalid, SealBroken

OLD, NEW = (base64.b64encode(bytes([value]) * 32).decode() for value in (1, 2))


def ring(*keys: str) -> config.Settings:
    return config.load(master_key=",".join(keys))


def test_the_master_key_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    settings = config.load(data_dir=tmp_path / "data")
    (key,) = master_keys(settings)
    assert len(key) == 32 and master_keys(settings) == (key,)
    file = tmp_path / "data" / "keys" / "master.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert master_keys(config.load(data_dir=tmp_path / "other")) != (key,)


def test_several_keys_stand_in_the_setting_or_one_a_line_in_the_file(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "master.key").write_text(f"{NEW}\n{OLD}\n")
    assert master_keys(config.load(data_dir=tmp_path)) == master_keys(ring(NEW, OLD)) == (b"\2" * 32, b"\1" * 32)


@pytest.mark.parametrize("text", ["short", "A" * 43, "!" * 44, "QUJD", "ä" * 10, f"{OLD},short", f"{OLD},", ","])
def test_a_master_key_of_another_shape_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationInvalid) as refused:
        master_keys(config.load(master_key=text))
    assert text not in refused.value.detail


def test_the_same_key_twice_is_refused() -> None:
    with pytest.raises(ConfigurationInvalid, match="twice"):
        master_keys(ring(OLD, NEW, OLD))


def test_every_purpose_has_keys_of_its_own_in_the_order_of_the_ring() -> None:
    sealing, links = derived_keys(ring(NEW, OLD), "sealing"), derived_keys(ring(NEW, OLD), "case-links")
    assert len({*sealing, *links, *master_keys(ring(NEW, OLD))}) == 6
    assert sealing == (*derived_keys(ring(NEW), "sealing"), *derived_keys(ring(OLD), "sealing"))


def test_a_rotated_ring_opens_what_the_old_key_sealed_and_seals_with_the_new_one() -> None:
    before = sealer(ring(OLD)).seal(b"secret", "here")
    rotated = sealer(ring(NEW, OLD))
    assert rotated.open(before, "here") == b"secret"
    after = rotated.seal(b"secret", "here")
    assert sealer(ring(NEW)).open(after, "here") == b"secret"
    with pytest.raises(SealBroken):
        sealer(ring(OLD)).open(after, "here")
