"""One connection to one mailbox. Everything here blocks, and is called in a thread of its own.

A mail that was accepted is marked with a keyword of ours, or moved; until then it looks as it did,
because it is fetched with BODY.PEEK (RFC 3501, section 6.4.5).
"""

import ssl
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from urllib.parse import unquote, urlsplit

from imapclient import SEEN, IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from channels.email.clients import is_loopback
from channels.email.imap.token import access_token
from core.settings import ImapMailbox

KEYWORD = b"GuichetAccepted"
"""Of a mail that was accepted; other programs show it as a label."""
TOO_LARGE = b"GuichetTooLarge"
LEFT = b"GuichetLeft"
"""Of a mail that people had read before Guichet came: it is theirs, however it is numbered."""
GROUP = 500  # mails named in one command
HEAD = 65_536  # bytes of the head of a mail that is too large
TIMEOUT = SocketTimeout(15, 60)  # seconds to connect, and for an answer
PORTS = {"imap": 143, "imaps": 993}

AWAY = (OSError, IMAPClientError)
"""What a server that is away, or says no, raises."""


UNMARKED = [part for mark in (KEYWORD, TOO_LARGE, LEFT) for part in ("UNKEYWORD", mark)]
"""Searches what bears no mark of ours."""


class Unreadable(Exception):
    """The server has the mail, and does not give it out."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A mail, or only the head of one that is too large."""

    uid: int
    raw: bytes
    size: int
    """Bytes of the whole mail."""
    received_at: datetime
    """When the server got it (INTERNALDATE)."""
    is_whole: bool


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

    def open(self, *, to_look: bool = False) -> None:
        """Connect, sign in and select the mailbox; ``to_look`` changes nothing there.

        Raises AWAY; LoginError when it is refused.
        """
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
        move_to = self._mailbox.move_to
        if move_to and not to_look and not client.folder_exists(move_to):
            client.create_folder(move_to)
        folder = unquote(url.path.strip("/")) or "INBOX"
        selected = client.select_folder(folder, readonly=to_look)
        self.uid_validity = int(selected[b"UIDVALIDITY"])
        self.uid_next = int(selected.get(b"UIDNEXT", 1))
        self._keeps_keywords = b"\\*" in selected.get(b"PERMANENTFLAGS", ())
        self.can_idle = client.has_capability("IDLE")

    def waiting(self, *, since: int, after: int) -> list[int]:
        """The UIDs that are to be fetched, oldest first: from ``since`` on, and of those before
        what nobody has read, unless all old ones are wanted.

        ``after`` is the highest that was accepted, where neither a keyword nor the folder tells.
        """
        client = self._open_client
        # A server may search what it told us of last (RFC 3501, section 7): have it tell us first.
        client.noop()
        if self._keeps_keywords:
            return sorted(client.search(["UNDELETED", *UNMARKED]))
        found = {*client.search(["UNDELETED"])}
        if not self._mailbox.old:
            unseen = {*client.search(["UNDELETED", "UNSEEN"])}
            found = {uid for uid in found if uid >= since or uid in unseen}
        return sorted(uid for uid in found if self._mailbox.move_to or uid > after)

    def leave_old(self) -> None:
        """Mark what people have read by now, so that it is theirs for ever."""
        if not self._keeps_keywords or self._mailbox.old:
            return
        seen = self._open_client.search(["SEEN", *UNMARKED])
        for uids in _groups([uid for uid in seen if uid < self.uid_next]):
            self._open_client.add_flags(uids, [LEFT], silent=True)

    def fetch(self, uid: int, most: int) -> Fetched | None:
        """The mail, or its head alone when it has more than ``most`` bytes; None when somebody has
        taken it away.

        Raises Unreadable when the server has it and does not give it out.
        """
        try:
            size = self._open_client.fetch([uid], ["RFC822.SIZE"]).get(uid, {}).get(b"RFC822.SIZE")
            if size is None:
                return None
            part = "BODY.PEEK[]" if size <= most else f"BODY.PEEK[HEADER]<0.{HEAD}>"
            told = self._open_client.fetch([uid], [part, "INTERNALDATE"]).get(uid)
        except IMAPClientAbortError:
            raise
        except IMAPClientError as problem:
            raise Unreadable(str(problem)) from problem
        if not told:
            return None
        raw = next((value for key, value in told.items() if key.startswith(b"BODY[")), b"")
        if not raw:
            raise Unreadable("the server gave nothing")
        moment = told[b"INTERNALDATE"]
        received = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return Fetched(uid, raw, int(size), received, is_whole=size <= most)

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
            password = self._mailbox.password.get_secret_value()
            # LOGIN knows ASCII alone (RFC 3501, section 6.2.3).
            if client.has_capability("AUTH=PLAIN"):
                client.plain_login(user, password)
            else:
                client.login(user, password)
        elif token.mechanism == "oauthbearer":
            client.oauthbearer_login(user, access_token(token))
        else:
            client.oauth2_login(user, access_token(token))


def _groups(uids: Sequence[int]) -> Iterator[list[int]]:
    """No more in one command than any server takes."""
    for start in range(0, len(uids), GROUP):
        yield list(uids[start : start + GROUP])


def _is_here(host: str) -> bool:
    return host == "localhost" or is_loopback(host)
