"""Citizens' accounts and wallets."""

from pathlib import Path

from pydantic import BaseModel, Field

from core.settings.values import MEBIBYTE


class AccountSettings(BaseModel):
    """Who may have an account, and how much a wallet holds."""

    accounts: bool = True
    """Whether citizens can open accounts; who has one keeps it."""
    breached_passwords: Path | None = None
    """Passwords that were found in breaches: one SHA-1 in capitals a line, in order, as Have I Been
    Pwned's downloader writes them (``HASH:count``); looked up on the disk, whatever its size."""
    wallet_quota: int = Field(default=100 * MEBIBYTE, ge=0)
    """Bytes of all documents in one wallet; 0 for no wallets."""
