"""Forms that only our own pages can send (OWASP: signed double-submit cookie, session-bound).

A page's form carries a token signed by the town's secret over a random cookie and the session
cookie, so that neither a foreign site nor a planted cookie can make one.
"""

import hashlib
import secrets

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import Response

from core.errors import Refused

COOKIE = "guichet_form"
SESSION_COOKIE = "guichet_session"
"""An agent's; browsers send it to the desk alone."""
ACCOUNT_COOKIE = "guichet_account"
"""A citizen's."""
FIELD = "csrf"
HEADER = "x-csrf-token"
MAX_AGE = 12 * 3600  # seconds, a session's length


class FormExpired(Refused):
    """The form was not made for this browser and session, or too long ago."""

    def __init__(self) -> None:
        super().__init__("the form has expired, or did not come from our own page")


class Csrf:
    """Makes and checks the tokens of forms."""

    def __init__(self, secret: bytes, *, https_only: bool = False) -> None:
        self._serializer = URLSafeTimedSerializer(secret, salt="guichet.csrf")
        self._https_only = https_only

    def token(self, request: Request) -> str:
        """For the hidden field of a form on the page that answers ``request``."""
        return str(self._serializer.dumps(self._binding(request)))

    def set_cookie(self, request: Request, response: Response) -> None:
        """Give the browser its half, when the page has a form and the browser has none yet."""
        nonce = getattr(request.state, "form_nonce", None)
        if nonce and request.cookies.get(COOKIE) != nonce:
            response.set_cookie(
                COOKIE, nonce, httponly=True, samesite="lax", secure=self._https_only
            )

    def valid(self, request: Request, given: str) -> bool:
        """Whether ``given`` is the token of a form that we made for this browser."""
        if not request.cookies.get(COOKIE):
            return False
        if request.headers.get("sec-fetch-site") == "cross-site":
            return False
        try:
            binding = self._serializer.loads(given, max_age=MAX_AGE)
        except BadSignature:
            return False
        return secrets.compare_digest(str(binding), self._binding(request))

    async def protect(self, request: Request) -> None:
        """A route's dependency. Raises FormExpired unless the form (or header) has the token."""
        given = request.headers.get(HEADER) or (await request.form()).get(FIELD)
        if not isinstance(given, str) or not self.valid(request, given):
            raise FormExpired

    def _binding(self, request: Request) -> str:
        cookies = request.cookies
        session = cookies.get(SESSION_COOKIE) or cookies.get(ACCOUNT_COOKIE, "")
        return hashlib.sha256(f"{self._nonce(request)}|{session}".encode()).hexdigest()

    def _nonce(self, request: Request) -> str:
        nonce = request.cookies.get(COOKIE) or getattr(request.state, "form_nonce", "")
        request.state.form_nonce = nonce or secrets.token_urlsafe(32)
        return str(request.state.form_nonce)
