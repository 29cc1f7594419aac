"""Around every request: which language to speak, and the security headers of the answer."""

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.i18n import LOCALES, pick_locale
from core.web.headers import add_security_headers

LANGUAGE_COOKIE = "guichet_language"
LANGUAGE_PARAMETER = "lang"
ONE_YEAR = 31_536_000  # seconds


class PageMiddleware:
    """Sets ``request.state.locale`` and ``.locale_chosen``; ``?lang=en`` chooses and remembers.

    A route may set ``request.state.locale`` again (the desk does, to the agent's language, when
    the visitor has not chosen).
    """

    def __init__(self, app: ASGIApp, *, language: str = "fr", https_only: bool = False) -> None:
        self._app = app
        self._language = language
        self._https_only = https_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        asked = connection.query_params.get(LANGUAGE_PARAMETER, "")
        chosen = asked if asked in LOCALES else connection.cookies.get(LANGUAGE_COOKIE, "")
        accepted = connection.headers.get("accept-language", "")
        connection.state.locale = pick_locale(accepted, chosen, default=self._language)
        connection.state.locale_chosen = chosen in LOCALES

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                add_security_headers(headers, https_only=self._https_only)
                if asked in LOCALES:
                    headers.append("Set-Cookie", self._cookie(asked))
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _cookie(self, locale: str) -> str:
        secure = "; Secure" if self._https_only else ""
        return f"{LANGUAGE_COOKIE}={locale}; Path=/; Max-Age={ONE_YEAR}; SameSite=Lax{secure}"
