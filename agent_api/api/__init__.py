"""The agents' REST API under ``/api/v1``, described by its own OpenAPI document."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from agent_api.api import case_actions, cases, intakes, quarantine
from agent_api.api.responses import PROBLEM_SCHEMA
from agent_api.api.schemas import Problem
from core.web.problems import MEDIA_TYPE
from ingest.outside import ApiIntake

PREFIX = "/api/v1"
ABOUT = """\
What an agent may do at the desk, a program may do here with the agent's personal access token.

* Every error is a problem-details document (RFC 9457).
* Lists come in pages: pass `next` on as `cursor`.
* Changes take the `version` that you have seen, as `If-Match` or in the body; when somebody was
  faster the answer is 412 or 409 and nothing is done.
* With an `Idempotency-Key` a request can be sent again until it is answered.
"""


def build_api() -> FastAPI:
    """The application to mount at :data:`PREFIX`; its ``state.context`` is set by the caller."""
    api = _Described(
        title="Guichet",
        version="1",
        description=ABOUT,
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    for part in (cases, case_actions, intakes, quarantine):
        api.include_router(part.routes)
    return api


def describe_api() -> dict[str, Any]:
    """The OpenAPI document."""
    return build_api().openapi()


class _Described(FastAPI):
    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = _described(self)
        return self.openapi_schema


def _described(api: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=api.title,
        version=api.version,
        description=api.description,
        routes=api.routes,
        servers=[{"url": PREFIX}],
        license_info={"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
    )
    schemas = document["components"]["schemas"]
    template = "#/components/schemas/{model}"
    for model in (Problem, ApiIntake):
        schema = model.model_json_schema(ref_template=template)
        schemas.update(schema.pop("$defs", {}))
        schemas[model.__name__] = schema
    # FastAPI's own form of a validation error, which we do not answer with.
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for path in document["paths"].values():
        for operation in path.values():
            _use_problems(operation)
            _without_null(operation)
    return document


def _use_problems(operation: dict[str, Any]) -> None:
    for status, response in operation["responses"].items():
        if status >= "400":
            response["content"] = {MEDIA_TYPE: {"schema": PROBLEM_SCHEMA}}


def _without_null(operation: dict[str, Any]) -> None:
    """A header may be left out; none can be null, whatever FastAPI makes of ``str | None``."""
    for parameter in operation.get("parameters", ()):
        schema = parameter["schema"]
        given = [one for one in schema.pop("anyOf", ()) if one != {"type": "null"}]
        if given:
            (only,) = given
            schema.update(only)
