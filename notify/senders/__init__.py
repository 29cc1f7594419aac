"""Ways out: one file a provider, each against the small contract in ``contract.py``."""
