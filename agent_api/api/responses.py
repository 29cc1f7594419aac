"""What goes wrong, as the OpenAPI document tells it: always problem details."""

from http import HTTPStatus
from typing import Any

from core.web.problems import MEDIA_TYPE

Responses = dict[int | str, dict[str, Any]]

PROBLEM_SCHEMA = {"$ref": "#/components/schemas/Problem"}
_SAYS = {
    401: "No token, or one that is not valid.",
    403: "The agent's roles do not allow it.",
    404: "No such thing, or none that the agent may see.",
    409: "Somebody was faster (`current` is the version it has now), or its state forbids it.",
    412: "Somebody was faster, when asked with If-Match.",
    413: "Too large.",
    422: "Something in the request is wrong: `where` or `errors` say what.",
    503: "The store is not available: try again after Retry-After.",
}


def problems(*statuses: int) -> Responses:
    return {
        status: {
            "description": _SAYS.get(status, HTTPStatus(status).phrase),
            "content": {MEDIA_TYPE: {"schema": PROBLEM_SCHEMA}},
        }
        for status in statuses
    }


ACTION_PROBLEMS = problems(400, 401, 404, 409, 412, 413, 422, 503)

FILE: Responses = {
    200: {
        "description": "The file, as a download.",
        "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
    }
}
