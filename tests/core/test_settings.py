from pathlib import Path

import pytest
from pydantic import ValidationError

from core.errors import BadInput
from core.settings import Settings, town_secret


def test_the_secret_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "var")
    secret = town_secret(settings)
    assert len(secret) == 32
    assert town_secret(settings) == secret
    assert (settings.data / "secret").stat().st_mode & 0o077 == 0
    assert [path.name for path in settings.data.iterdir()] == ["secret"]


def test_half_a_secret_is_none(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"")
    with pytest.raises(BadInput, match="is no secret"):
        town_secret(Settings(data=tmp_path))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("smtp_port", 99_999),
        ("time_zone", "Paris"),
        ("time_zone", "../etc/passwd"),
        ("trusted_proxies", "foo"),
        ("mailboxes", "foo"),
        ("main_mailbox", "foo"),
        ("public_url", "town.example"),
        ("smtp_tls_certificate", "/nowhere/town.pem"),
        ("smtp_require_tls", True),
        ("stream", "kafka"),
        ("cti_secrets", "short"),
        ("cti_window", 1),
        ("asterisk_url", "http://pbx.town.example"),
        ("asterisk_url", "ami://guichet:password@pbx.town.example"),
    ],
)
def test_a_setting_that_cannot_work_is_refused(name: str, value: object) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({name: value})


def test_lists_are_written_with_commas() -> None:
    settings = Settings.model_validate({"mailboxes": "Mairie@town.example, @school.example"})
    assert settings.mailboxes == ("mairie@town.example", "@school.example")
