"""Security headers of every answer; an answer that sets one by itself keeps its own."""

from starlette.datastructures import MutableHeaders

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
MAIL_SECURITY_POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'; "
    "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
)
"""For a citizen's HTML: no script, no form, nothing loaded from elsewhere.

``allow-same-origin`` without ``allow-scripts`` runs nothing; it lets the mail's own images be
fetched with the agent's session and the page around it measure its height.
"""
TWO_YEARS = 63_072_000  # seconds


def add_security_headers(headers: MutableHeaders, *, https_only: bool) -> None:
    headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
    if https_only:
        headers.setdefault("Strict-Transport-Security", f"max-age={TWO_YEARS}")


def policy_with_images(source: str) -> str:
    """Our policy for a page that also shows pictures from ``source`` (``https://host``)."""
    return CONTENT_SECURITY_POLICY.replace("img-src 'self'", f"img-src 'self' {source}")
