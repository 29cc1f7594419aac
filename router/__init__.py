"""From message to case: threading, identity, duplicates, rules, deadlines."""

from router.deadlines import Calendar
from router.handlers import Routing

__all__ = ["Calendar", "Routing"]
