from collections.abc import Iterator

import pytest

from tests.channels.web.account.building import VIEWERS
from tests.channels.web.account.conftest import accounts, cheap_passwords

__all__ = ["accounts", "cheap_passwords"]  # fixtures


@pytest.fixture(scope="session", autouse=True)
def _viewers() -> Iterator[None]:
    yield
    VIEWERS.close()
