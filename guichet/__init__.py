"""The front door: command line, composition root. Nothing imports it."""
