"""Subscribing to topics and choosing what comes, with or without an account."""
