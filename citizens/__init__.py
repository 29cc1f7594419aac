"""Accounts, profiles, wallets: who the citizens are, the addresses they write from, and what
reception finds them by."""

from citizens.accounts import Account, Name, account, account_id_of
from citizens.identities import (
    claim,
    enter,
    former,
    known,
    move_house,
    newcomer,
    remember,
    verify,
)
from citizens.models import AccountRow, CitizenRow, IdentityRow
from citizens.phones import TextSender
from citizens.profile import Category, PostalAddress, Profile, read_profile, variables_of
from citizens.search import Citizen, citizen_of, find, there

__all__ = [
    "Account",
    "AccountRow",
    "Category",
    "Citizen",
    "CitizenRow",
    "IdentityRow",
    "Name",
    "PostalAddress",
    "Profile",
    "TextSender",
    "account",
    "account_id_of",
    "citizen_of",
    "claim",
    "enter",
    "find",
    "former",
    "known",
    "move_house",
    "newcomer",
    "read_profile",
    "remember",
    "there",
    "variables_of",
    "verify",
]
