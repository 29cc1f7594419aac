"""A citizen's personal space: their cases, and what they do to them."""
