"""What schemathesis cannot know by itself."""

from itertools import count
from typing import Any

import schemathesis

_numbers = count(1)


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    headers = case.headers or {}
    positive = case.meta is None or case.meta.generation.mode.is_positive
    for name, value in list(headers.items()):
        if name.lower() == "idempotency-key" and value.isascii() and value.isalnum():
            # A key stands for one request: used again with another it is refused, rightly.
            headers[name] = f"{value[:200]}-{next(_numbers)}"
        if name.lower() == "if-match" and positive and value.isdigit():
            # Schemathesis 4.32 takes the quotes off the ETag that it has made.
            headers[name] = f'"{value}"'
