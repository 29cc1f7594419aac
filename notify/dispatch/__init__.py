"""The dispatcher: from what is queued to the providers, and back with their answers."""

from notify.dispatch.dispatcher import Dispatcher
from notify.dispatch.lanes import Limits

__all__ = ["Dispatcher", "Limits"]
