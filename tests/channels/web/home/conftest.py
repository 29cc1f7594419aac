from tests.channels.web.account.conftest import accounts, cheap_passwords

__all__ = ["accounts", "cheap_passwords"]  # fixtures
