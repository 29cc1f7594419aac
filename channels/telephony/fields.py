"""The fields of a webhook, which anybody's telephone has had a part in."""

import re
from collections.abc import Mapping

_COUNT = re.compile(r"[0-9]{1,6}")


def count_of(fields: Mapping[str, str], name: str) -> int | None:
    """A number of files, seconds or tries; None where there is none."""
    given = fields.get(name, "")
    return int(given) if _COUNT.fullmatch(given) else None
