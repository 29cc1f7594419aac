"""One connection to one mailbox. Everything here blocks, and is called in a thread of its own.

A mail that was accepted is marked with a keyword of ours, or moved; until then it looks as it did,
because it is fetched with BODY.PEEK (RFC 3501, section 6.4.5).
"""

import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Any
from urllib.parse import unquote, urlsplit

from imapclient import SEEN, IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientError

from channels.email.clients import is_loopback
from channels.email.imap.token import access_token
from core.settings import ImapMailbox

KEYWORD = b"GuichetAccepted"
"""Of a mail that was accepted; other programs show it as a label."""
TOO_LARGE = b"GuichetTooLarge"
TIMEOUT = SocketTimeout(15, 60)  # seconds to connect, and for an answer
PORTS = {"imap": 143, "imaps": 993}

AWAY = (OSError, IMAPClientError)
"""What a server that is away, or says no, raises."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A mail, or only the head of one that is too large."""

    uid: int
    raw: bytes
    size: int
    """Bytes of the whole mail."""
    received_at: datetime
    """When the server got it (INTERNALDATE)."""


class ImapSession:
    """``open`` first; after an error of :data:`AWAY` close it and open another."""

    def __init__(self, mailbox: ImapMailbox) -> None:
        self._mailbox = mailbox
        self._client: IMAPClient | None = None
        self._keeps_keywords = False
        self.uid_validity = 0
        self.uid_next = 1
        """What the next mail is numbered (RFC 3501, section 2.3.1.1)."""
        self.can_idle = False

    def open(self) -> None:
        """Connect, sign in and select the mailbox. Raises AWAY; LoginError when it is refused."""
        url = urlsplit(self._mailbox.url)
        secure = ssl.create_default_context()
        host, port = url.hostname or "", url.port or PORTS[url.scheme]
        client = IMAPClient(
            host, port, ssl=url.scheme == "imaps", ssl_context=secure, timeout=TIMEOUT
        )
        self._client = client
        client.normalise_times = False
        if url.scheme == "imap" and not _is_here(host):
            client.starttls(secure)
        self._sign_in(client, unquote(url.username or ""))
        if self._mailbox.move_to and not client.folder_exists(self._mailbox.move_to):
            client.create_folder(self._mailbox.move_to)
        selected = client.select_folder(unquote(url.path.strip("/")) or "INBOX")
        self.uid_validity = int(selected[b"UIDVALIDITY"])
        self.uid_next = int(selected.get(b"UIDNEXT", 1))
        self._keeps_keywords = b"\\*" in selected.get(b"PERMANENTFLAGS", ())
        self.can_idle = client.has_capability("IDLE")

    def waiting(self, *, since: int, after: int) -> list[int]:
        """The UIDs that are to be fetched, oldest first: from ``since`` on, and of those before
        what nobody has read, unless all old ones are wanted.

        ``after`` is the highest that was accepted, where neither a keyword nor the folder tells.
        """
        criteria: list[Any] = ["UNDELETED"]
        if self._keeps_keywords:
            criteria += ["UNKEYWORD", KEYWORD, "UNKEYWORD", TOO_LARGE]
        if not self._mailbox.old:
            criteria += ["OR", "UNSEEN", ["UID", f"{since}:*"]]
        found = sorted(self._open_client.search(criteria))
        if self._keeps_keywords or self._mailbox.move_to:
            return found
        return [uid for uid in found if uid > after]

    def sizes(self, uids: Sequence[int]) -> dict[int, int]:
        """Bytes of each that is still there."""
        found = self._open_client.fetch(list(uids), ["RFC822.SIZE"])
        return {uid: int(told[b"RFC822.SIZE"]) for uid, told in found.items()}

    def fetch(self, uid: int, *, whole: bool) -> Fetched | None:
        """The mail, or its head alone; None when somebody has taken it away."""
        part = "BODY.PEEK[]" if whole else "BODY.PEEK[HEADER]"
        told = self._open_client.fetch([uid], [part, "RFC822.SIZE", "INTERNALDATE"]).get(uid)
        if not told:
            return None
        raw = told.get(part.replace(".PEEK", "").encode()) or b""
        moment = told[b"INTERNALDATE"]
        received = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return Fetched(uid, raw, int(told[b"RFC822.SIZE"]), received)

    def mark(self, uid: int) -> None:
        """It is accepted: move it, or mark it as seen."""
        client = self._open_client
        if self._keeps_keywords:
            client.add_flags([uid], [KEYWORD], silent=True)
        if not self._mailbox.move_to:
            client.add_flags([uid], [SEEN], silent=True)
        elif client.has_capability("MOVE"):
            client.move([uid], self._mailbox.move_to)
        else:
            client.copy([uid], self._mailbox.move_to)
            client.delete_messages([uid])
            if client.has_capability("UIDPLUS"):
                client.uid_expunge([uid])

    def mark_too_large(self, uid: int) -> None:
        """It stays where it is, flagged for people to see."""
        flags = [b"\\Flagged", *([TOO_LARGE] if self._keeps_keywords else [])]
        self._open_client.add_flags([uid], flags, silent=True)

    def begin_idle(self) -> None:
        self._open_client.idle()

    def heard(self, seconds: float) -> bool:
        """Whether the server told of anything within so many seconds, between the two others."""
        began = monotonic()
        told = self._open_client.idle_check(timeout=seconds)
        # The library takes the end of the connection for silence that came early.
        if not told and monotonic() - began < 0.9 * seconds:
            raise OSError("the server ended the connection")
        return bool(told)

    def end_idle(self) -> None:
        self._open_client.idle_done()

    def stay(self) -> None:
        """Say that we are there, and hear what is new."""
        self._open_client.noop()

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(*AWAY):
                client.shutdown()

    @property
    def _open_client(self) -> IMAPClient:
        if self._client is None:
            raise OSError("the connection is closed")
        return self._client

    def _sign_in(self, client: IMAPClient, user: str) -> None:
        token = self._mailbox.token
        if token is None:
            client.login(user, self._mailbox.password.get_secret_value())
        elif token.mechanism == "oauthbearer":
            client.oauthbearer_login(user, access_token(token))
        else:
            client.oauth2_login(user, access_token(token))


def _is_here(host: str) -> bool:
    return host == "localhost" or is_loopback(host)
