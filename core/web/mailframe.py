"""A citizen's HTML, answered so that it can be shown in a frame and do nothing."""

from starlette.responses import HTMLResponse

from core.web.headers import MAIL_SECURITY_POLICY
from core.web.static import StaticFiles

_PAGE = (
    '<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
    '<meta name="color-scheme" content="light"><title>{title}</title>'
    '<base target="_blank"><link rel="stylesheet" href="{style}"></head>'
    "<body>{html}</body></html>"
)


def mail_frame(
    html: str, static: StaticFiles, *, language: str = "", title: str = "Message"
) -> HTMLResponse:
    """``html`` must be sanitised already; its images by ``cid:`` replaced by our own addresses."""
    page = _PAGE.format(
        language=language if language.isalpha() else "und",
        title=title,
        style=static.url("mail.css"),
        html=html,
    )
    headers = {
        "Content-Security-Policy": MAIL_SECURITY_POLICY,
        "Cache-Control": "private, no-cache",
        "Referrer-Policy": "no-referrer",
    }
    return HTMLResponse(page, headers=headers)
