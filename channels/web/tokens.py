"""Signed tokens (https://itsdangerous.palletsprojects.com): form nonces and short-lived grants.

Nothing is stored for them, so a page can be asked for any number of times at no cost.
"""

from dataclasses import dataclass
from typing import Literal

from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import Response

from core.security import new_token

NONCE_LIFE = 2 * 24 * 3600  # seconds
GRANT_LIFE = 3600  # seconds

Purpose = Literal["thanks", "track", "draft"]


class Nonces:
    """What makes one rendering of the form known again when it is sent."""

    def __init__(self, secret: bytes) -> None:
        self._signer = URLSafeTimedSerializer(secret, salt="guichet.web.nonce")

    def new(self) -> str:
        return str(self._signer.dumps(new_token()))

    def read(self, token: str) -> str | None:
        """The nonce, or None when the token is not ours or too old."""
        try:
            return str(self._signer.loads(token, max_age=NONCE_LIFE))
        except BadData:
            return None


@dataclass(frozen=True, slots=True)
class Grant:
    """Leave to read one page about one reference."""

    purpose: Purpose
    reference: str
    email: str = ""
    """Where the receipt goes, for the page that thanks."""


class Grants:
    """Grants as cookies that the browser sends to their own page alone."""

    def __init__(self, secret: bytes, *, https_only: bool) -> None:
        self._signer = URLSafeTimedSerializer(secret, salt="guichet.web.grant")
        self._https_only = https_only

    def give(self, response: Response, grant: Grant, path: str, *, life: int = GRANT_LIFE) -> None:
        """``life`` in seconds."""
        response.set_cookie(
            f"guichet_{grant.purpose}",
            str(self._signer.dumps([grant.purpose, grant.reference, grant.email])),
            max_age=life,
            path=path,
            secure=self._https_only,
            httponly=True,
            samesite="lax",
        )

    def read(
        self, request: Request, purpose: Purpose, reference: str, *, life: int = GRANT_LIFE
    ) -> Grant | None:
        """The grant that the request brings, if it was given for this page not too long ago."""
        token = request.cookies.get(f"guichet_{purpose}", "")
        try:
            granted = self._signer.loads(token, max_age=life)
        except BadData:
            return None
        grant = Grant(*granted)
        return grant if (grant.purpose, grant.reference) == (purpose, reference) else None
