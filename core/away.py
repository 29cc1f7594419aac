"""A store that is away, told to those who only know that it may be tried again."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError

from core.database import is_unavailable
from core.errors import Later


@contextmanager
def later_when_away() -> Iterator[None]:
    """Raises Later where the store is away, locked or full."""
    try:
        yield
    except (SQLAlchemyError, OSError) as problem:
        if is_unavailable(problem):
            raise Later("the store is not available") from problem
        raise
