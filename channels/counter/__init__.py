"""The counter: what an agent files for a citizen who stands there, or is on the telephone.

The page is the desk's (``agent_api/desk/counter.py``); the composition root hands it
:class:`channels.counter.filing.DeskCounter`. Imports nothing, for the processes that normalize.
"""
