"""Accounts, profiles, wallet: who the citizens are. So far, the addresses they write from."""

from citizens.identities import enter, known, newcomer, verify
from citizens.models import CitizenRow, IdentityRow

__all__ = ["CitizenRow", "IdentityRow", "enter", "known", "newcomer", "verify"]
