"""The town's own telephone exchange: what it tells of calls, and what missed calls become."""

from channels.cti.ami import Manager
from channels.cti.asterisk import Asterisk
from channels.cti.linking import CallLinks
from channels.cti.routes import Exchange, routes
from channels.cti.signature import Signatures
from channels.cti.taking import Calls

__all__ = [
    "Asterisk",
    "CallLinks",
    "Calls",
    "Exchange",
    "Manager",
    "Signatures",
    "routes",
]
