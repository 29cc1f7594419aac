"""Reading a raw intake that a channel of ours has written down as JSON."""

import json
from typing import Any

from core.errors import BadInput


def json_object(raw: bytes) -> dict[str, Any]:
    """Raises BadInput when it is no JSON object."""
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError) as problem:
        raise BadInput(f"not JSON: {problem}", where="raw") from problem
    if not isinstance(found, dict):
        raise BadInput("not a JSON object", where="raw")
    return found
