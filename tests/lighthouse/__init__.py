"""Lighthouse on the citizens' pages: ``make lighthouse``."""
