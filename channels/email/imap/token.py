"""Access tokens of OAuth 2, for servers that take no password (RFC 6749, section 6)."""

import json
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from core.errors import Later
from core.settings import ImapToken

TIMEOUT = 20.0  # seconds
MAX_ANSWER = 64 * 1024  # bytes


def access_token(settings: ImapToken) -> str:
    """A fresh access token. Blocks; raises Later when none is given."""
    asked = {
        "grant_type": "refresh_token",
        "client_id": settings.client_id,
        "client_secret": settings.client_secret.get_secret_value(),
        "refresh_token": settings.refresh_token.get_secret_value(),
        "scope": settings.scope,
    }
    form = urlencode({name: value for name, value in asked.items() if value}).encode()
    if not settings.url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        raise Later("the address for tokens is no https://")
    try:
        with urlopen(Request(settings.url, data=form), timeout=TIMEOUT) as answer:  # noqa: S310
            token = json.loads(answer.read(MAX_ANSWER))["access_token"]
    except (URLError, OSError, ValueError, KeyError, TypeError) as problem:
        raise Later(f"no access token: {problem}") from problem
    return str(token)
