"""The few errors that mean something to a caller. Everything else is a fault of ours."""


class GuichetError(Exception):
    """The common ground of the errors below."""


class Later(GuichetError):
    """It cannot be done now, but may be tried again (disk full, database locked, provider busy)."""

    def __init__(self, reason: str, *, retry_after: float = 30.0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after
        """Seconds to wait before the next try."""


class Refused(GuichetError):
    """It will never be done, for a reason that a person can read."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class BadInput(GuichetError):
    """What was given cannot be used; ``where`` names the place (a field, a position)."""

    def __init__(self, reason: str, *, where: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.where = where


class NotNow(BadInput):
    """It makes sense, but not in the state that the thing is in."""


class NotThere(GuichetError):
    """No such thing, or none that the asker may see: the two look alike on purpose."""


class Conflict(GuichetError):
    """Somebody else changed the thing meanwhile; ``current`` is the version it has now."""

    def __init__(self, reason: str, *, current: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.current = current
