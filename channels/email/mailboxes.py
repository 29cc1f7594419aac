"""The addresses that we receive mail for."""

from collections.abc import Iterable


class Mailboxes:
    """An allow-list of addresses; ``@town.example`` stands for every mailbox of a domain.

    A +tag counts as the mailbox before it (RFC 5233), and ``postmaster`` is always there
    (RFC 5321, section 4.5.1) for every domain in the list, and without one.
    """

    def __init__(self, addresses: Iterable[str]) -> None:
        self._addresses = frozenset(address.strip().lower() for address in addresses)
        self._domains = frozenset(address.rpartition("@")[2] for address in self._addresses)

    def has(self, address: str) -> bool:
        mailbox, at, domain = address.strip().lower().rpartition("@")
        if not at:
            return domain == "postmaster" and bool(self._domains)
        if domain not in self._domains:
            return False
        plain = mailbox.partition("+")[0]
        return (
            plain == "postmaster"
            or f"{plain}@{domain}" in self._addresses
            or f"@{domain}" in self._addresses
        )
