"""Signed tokens (https://itsdangerous.palletsprojects.com): form nonces and short-lived grants.

Nothing is stored for them, so a page can be asked for any number of times at no cost.
"""

from datetime import timedelta
from typing import Literal

from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import Response

from core.security import new_token

NONCE_LIFE = timedelta(days=2)
GRANT_LIFE = timedelta(hours=1)

Purpose = Literal["thanks", "track"]


class Nonces:
    """What makes one rendering of the form known again when it is sent."""

    def __init__(self, secret: bytes) -> None:
        self._signer = URLSafeTimedSerializer(secret, salt="guichet.web.nonce")

    def new(self) -> str:
        return str(self._signer.dumps(new_token()))

    def read(self, token: str) -> str | None:
        """The nonce, or None when the token is not ours or too old."""
        try:
            return str(self._signer.loads(token, max_age=NONCE_LIFE.total_seconds()))
        except BadData:
            return None


class Grants:
    """Leave to read one page about one reference: a cookie that the browser sends there alone."""

    def __init__(self, secret: bytes, *, https_only: bool) -> None:
        self._signer = URLSafeTimedSerializer(secret, salt="guichet.web.grant")
        self._https_only = https_only

    def give(self, response: Response, purpose: Purpose, reference: str, path: str) -> None:
        response.set_cookie(
            f"guichet_{purpose}",
            str(self._signer.dumps([purpose, reference])),
            max_age=int(GRANT_LIFE.total_seconds()),
            path=path,
            secure=self._https_only,
            httponly=True,
            samesite="lax",
        )

    def allows(self, request: Request, purpose: Purpose, reference: str) -> bool:
        """Whether the request brings leave that was given for this page less than an hour ago."""
        token = request.cookies.get(f"guichet_{purpose}", "")
        try:
            granted = self._signer.loads(token, max_age=GRANT_LIFE.total_seconds())
        except BadData:
            return False
        return bool(granted == [purpose, reference])
