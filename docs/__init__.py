"""The descriptions that are written by ``make docs``: OpenAPI and AsyncAPI."""
