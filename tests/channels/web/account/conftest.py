"""A portal with accounts for every test that wants one."""

import pytest
from argon2 import PasswordHasher

import core.security
from tests.channels.web.account.building import Accounts
from tests.channels.web.building import Portal


@pytest.fixture
def accounts(portal: Portal) -> Accounts:
    return Accounts(portal)


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same Argon2id, with less work: it is slow on purpose."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(core.security, "_HASHER", cheap)
