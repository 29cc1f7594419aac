"""Procedures as citizens use them: the catalogue, the form page by page, sending it."""
