"""A portal with accounts for every test that wants one."""

import pytest

from tests.channels.web.account.building import Accounts
from tests.channels.web.building import Portal


@pytest.fixture
def accounts(portal: Portal) -> Accounts:
    return Accounts(portal)
