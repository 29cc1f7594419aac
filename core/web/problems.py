"""Errors as answers: problem details (RFC 9457) for programs, a friendly page for people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from core.database import is_unavailable
from core.errors import BadInput, Conflict, GuichetError, Later, NotNow, NotThere, Refused
from core.ratelimit import TooMany
from core.web.csrf import FormExpired
from core.web.pages import Pages

MEDIA_TYPE = "application/problem+json"
_log = structlog.get_logger()


class SignedOut(GuichetError):
    """A form came from somebody whose session has ended: ``kept`` is what they had typed."""

    def __init__(self, kept: str, login: str) -> None:
        super().__init__("signed out")
        self.kept = kept
        self.login = login


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """What ``core/error.html`` shows."""

    status: int
    reason: str = ""
    """What exactly, where we know more than the status says."""
    retry_after: int = 0
    """Seconds; 0 when trying again would not help."""
    form_expired: bool = False
    kept: str = ""
    """What was typed, to be copied before it is lost."""
    login: str = ""
    """Where to sign in again."""


def problem(
    status: int, detail: str = "", *, headers: Mapping[str, str] | None = None, **more: Any
) -> JSONResponse:
    """A problem-details answer; ``more`` are its extension members."""
    content = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    if detail:
        content["detail"] = detail
    return JSONResponse(
        {**content, **more}, status, media_type=MEDIA_TYPE, headers=dict(headers or {})
    )


def install_problems(app: FastAPI, pages: Pages) -> None:
    """Let ``app`` answer every error in the form that the asker reads."""

    async def on_our_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, GuichetError)  # noqa: S101 - tells the type checker
        return _answer_ours(request, pages, error)

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101
        detail = "" if error.detail == HTTPStatus(error.status_code).phrase else error.detail
        if error.status_code < 400:
            return Response(status_code=error.status_code, headers=error.headers)
        return _answer(request, pages, ErrorPage(error.status_code, detail), error.headers)

    async def on_validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101
        errors = [{"where": _where(item["loc"]), "reason": item["msg"]} for item in error.errors()]
        return _answer(request, pages, ErrorPage(422), errors=errors)

    async def on_store(request: Request, error: Exception) -> Response:
        if not isinstance(error, PoolTimeout) and not is_unavailable(error):
            raise error
        _log.warning("store.unavailable", path=request.url.path, error=str(error))
        return _answer_ours(request, pages, Later("the store is not available"))

    async def on_fault(request: Request, error: Exception) -> Response:
        _log.error("request.failed", path=request.url.path, exc_info=error)
        return _answer(request, pages, ErrorPage(500))

    app.add_exception_handler(GuichetError, on_our_error)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(DBAPIError, on_store)
    app.add_exception_handler(PoolTimeout, on_store)
    app.add_exception_handler(Exception, on_fault)


def _answer_ours(request: Request, pages: Pages, error: GuichetError) -> Response:
    more: dict[str, Any] = {}
    page = ErrorPage(500)
    match error:
        case SignedOut():
            page = ErrorPage(401, kept=error.kept, login=error.login)
        case NotThere():
            page = ErrorPage(404)
        case Conflict():
            page = ErrorPage(412 if "if-match" in request.headers else 409, error.reason)
            more = {"current": error.current}
        case NotNow():
            page = ErrorPage(409, error.reason)
        case BadInput():
            page = ErrorPage(422 if error.where else 400, error.reason)
            more = {"where": error.where} if error.where else {}
        case Refused():
            expired = isinstance(error, FormExpired)
            page = ErrorPage(403, error.reason, form_expired=expired)
        case TooMany():
            page = ErrorPage(429, retry_after=_seconds(error.retry_after))
        case Later():
            page = ErrorPage(503, error.reason, _seconds(error.retry_after))
    return _answer(request, pages, page, **more)


def _answer(
    request: Request,
    pages: Pages,
    page: ErrorPage,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    headers = dict(headers or {})
    if page.retry_after:
        headers["Retry-After"] = str(page.retry_after)
    if _wants_json(request):
        return problem(page.status, page.reason, headers=headers, **more)
    return pages.render(request, "core/error.html", page, status=page.status, headers=headers)


def _wants_json(request: Request) -> bool:
    if request.url.path.startswith(("/api/", "/hooks/")):
        return True
    accepted = request.headers.get("accept", "")
    return "json" in accepted and "text/html" not in accepted


def _where(place: Sequence[object]) -> str:
    """A place in the request; the names in it are the asker's, and may be no text at all."""
    return ".".join(map(str, place)).encode("utf-8", "replace").decode()


def _seconds(retry_after: float) -> int:
    return max(1, round(retry_after))
