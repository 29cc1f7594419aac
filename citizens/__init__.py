"""Accounts, profiles, wallets: who the citizens are, and the addresses they write from."""

from citizens.accounts import Account, account, account_id_of
from citizens.identities import claim, enter, former, known, newcomer, verify
from citizens.models import AccountRow, CitizenRow, IdentityRow
from citizens.phones import TextSender
from citizens.profile import Category, PostalAddress, Profile, read_profile, variables_of

__all__ = [
    "Account",
    "AccountRow",
    "Category",
    "CitizenRow",
    "IdentityRow",
    "PostalAddress",
    "Profile",
    "TextSender",
    "account",
    "account_id_of",
    "claim",
    "enter",
    "former",
    "known",
    "newcomer",
    "read_profile",
    "variables_of",
    "verify",
]
