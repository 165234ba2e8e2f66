"""Settings: one reader of the environment, one clear line for whatever does not fit."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from verifier import config
from verifier.app import federation
from verifier.config import load
from verifier.core.model import StaffRole
from verifier.errors import ConfigurationInvalid


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(config.PREFIX)]:
        monkeypatch.delenv(name)


def test_the_defaults_bind_to_this_machine_alone() -> None:
    settings = config.load()
    assert (settings.host, settings.port, settings.origin) == ("127.0.0.1", 8080, "http://localhost:8080")
    assert settings.listens_on_loopback
    settings.require_loopback()


def test_arguments_win_over_the_environment_and_that_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('port = 1111\nhost = "127.0.0.2"\nlog_format = "console"\n')
    assert config.load(file).port == 1111
    monkeypatch.setenv("VERIFIER_PORT", "2222")
    assert config.load(file).port == 2222
    settings = config.load(file, port=3333, host=None)
    assert (settings.port, settings.host, settings.log_format) == (3333, "127.0.0.2", "console")


@pytest.mark.parametrize(
    "values",
    [
        {"port": 0},
        {"port": 70_000},
        {"port": "many"},
        {"tls_cert": "/x.pem"},
        {"media_ports": "1"},
        {"media_ports": "9-1"},
        {"media_ports": "80-90"},
        {"media_ports": "30000-70000"},
        {"trusted_proxies": "everybody"},
        {"trusted_proxies": "10.0.0.1, 0.0.0.0/0"},
        {"trusted_proxies": "::/0"},
        {"public_url": "verify.example.org"},
        {"public_url": "ftp://verify.example.org"},
        {"public_url": "https://"},
        {"public_url": "https://verify.example.org/verify"},
        {"public_url": "https://verify.example.org?x=1"},
        {"public_url": "https://verify.example.org#x"},
        {"public_url": "https://me:secret@verify.example.org"},
        {"public_url": "https://verify.example.org:99999"},
        {"stun_urls": "turn:turn.example.org"},
        {"turn_urls": "turn:turn.example.org"},
        {"turn_secret": "shared"},
        {"turn_urls": "stun:turn.example.org", "turn_secret": "shared"},
        {"turn_urls": "turn://turn.example.org", "turn_secret": "shared"},
        {"turn_urls": "turn:turn.example.org?transport=sctp", "turn_secret": "shared"},
        {"turn_urls": "turn:me@turn.example.org", "turn_secret": "shared"},
        {"turn_urls": "turn:turn.example.org", "turn_secret": "shared", "turn_valid_s": 60},
        {"relay_only": True},
        {"relay_only": True, "stun_urls": "stun:stun.example.org"},
        {"log_level": "loud"},
        {"log_format": "xml"},
        {"unheard_of": 1},
    ],
)
def test_a_value_that_does_not_fit_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ConfigurationInvalid):
        config.load(**values)  # type: ignore[arg-type]


def test_settings_that_contradict_each_other_are_told_by_the_names_that_people_set() -> None:
    with pytest.raises(ConfigurationInvalid) as refused:
        config.load(public_url="ftp://verify.example.org")
    assert refused.value.detail == "VERIFIER_PUBLIC_URL is https://HOST or https://HOST:PORT, without a path"


def test_an_unknown_setting_in_the_environment_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VERIFIER_PROT", "1")
    with pytest.raises(ConfigurationInvalid, match="VERIFIER_PROT"):
        config.load()


@pytest.mark.parametrize("content", [b"port = ", b"\xff\xfe", b"port = 1" + b"0" * 5_000])
def test_a_file_that_is_not_toml_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "settings.toml"
    file.write_bytes(content)
    with pytest.raises(ConfigurationInvalid):
        config.load(file)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationInvalid, match="Cannot read"):
        config.load(tmp_path / "nothing.toml")


@pytest.mark.parametrize(
    "values",
    [
        {"host": "0.0.0.0"},
        {"host": "192.0.2.7"},
        {"public_url": "https://verify.example.org"},
        {"public_url": "http://127.0.0.1.example.org"},
        {"trusted_proxies": "127.0.0.1/32"},
    ],
)
def test_demo_mode_runs_on_loopback_only(values: dict[str, object]) -> None:
    with pytest.raises(ConfigurationInvalid, match="loopback"):
        config.load(**values).require_loopback()  # type: ignore[arg-type]


def test_the_help_names_every_setting() -> None:
    assert all(f"VERIFIER_{name.upper()}" in config.help_text() for name in config.Settings.model_fields)


OIDC = {"oidc_issuer": "https://id.example.org", "oidc_client_id": "verifier"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"oidc_client_id": "verifier"}, "go together"),
        ({"oidc_issuer": "https://id.example.org"}, "go together"),
        (OIDC | {"oidc_issuer": "http://id.example.org"}, "https"),
        (OIDC | {"oidc_issuer": "https://id.example.org/?x=1"}, "without query"),
        (OIDC | {"oidc_issuer": "https://"}, "https"),
        (OIDC | {"oidc_role_claim": "groups"}, "go together"),
        (OIDC | {"oidc_role_claim": "groups", "oidc_roles": "reviewers"}, "GROUP=ROLE"),
    ],
)
def test_a_provider_that_cannot_be_meant_is_refused(wrong: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigurationInvalid, match=said):
        load(**wrong)


def test_a_provider_is_https_or_on_this_machine_and_its_secret_is_not_shown() -> None:
    assert load(**OIDC).oidc_issuer and load(**OIDC | {"oidc_issuer": "http://127.0.0.1:9/realm"}).oidc_issuer
    assert "hidden" not in repr(load(**OIDC, oidc_client_secret="hidden"))
    assert federation.name(load(**OIDC)) == "id.example.org" and federation.name(load(**OIDC, oidc_name="A")) == "A"


def test_groups_are_mapped_to_roles_that_exist() -> None:
    mapped = load(**OIDC, oidc_role_claim="groups", oidc_roles="cn=staff=interviewer, admins=administrator")
    assert federation.role_map(mapped).roles == {
        "cn=staff": StaffRole.INTERVIEWER,
        "admins": StaffRole.ADMINISTRATOR,
    }
    with pytest.raises(ConfigurationInvalid, match="judge"):
        federation.role_map(load(**OIDC, oidc_role_claim="groups", oidc_roles="staff=judge"))


def test_relays_are_set_by_urls_and_a_secret_that_is_never_shown() -> None:
    urls = "turn:turn.example.org, turn:[2001:db8::1]:3478?transport=tcp,turns:192.0.2.7:5349?transport=tcp"
    settings = config.load(turn_urls=urls, turn_secret="s3cret", relay_only=True)
    assert len(settings.turn_urls) == 3 and settings.turn_valid_s == 12 * 3_600
    assert "s3cret" not in repr(settings)
