"""Accounts, profiles, wallet: who the citizens are. So far, the addresses they write from, and
what reception finds them by."""

from citizens.identities import enter, known, move_house, newcomer, remember, verify
from citizens.models import CitizenRow, IdentityRow
from citizens.search import Citizen, citizen_of, find, there

__all__ = [
    "Citizen",
    "CitizenRow",
    "IdentityRow",
    "citizen_of",
    "enter",
    "find",
    "known",
    "move_house",
    "newcomer",
    "remember",
    "there",
    "verify",
]
