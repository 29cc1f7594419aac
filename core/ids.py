"""Identifiers: time-ordered where we choose them, derived where a replay must choose the same."""

from uuid import UUID, uuid5

import uuid_utils.compat


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562, section 5.7): its order is the order of creation."""
    return uuid_utils.compat.uuid7()


def derived_id(parent: UUID, step: str) -> UUID:
    """A UUIDv5 of the parent and the step: the same step of the same parent is the same thing."""
    return uuid5(parent, step)
