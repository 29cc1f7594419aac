"""What went wrong with a form, for the page that shows it again."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """One mistake: shown at its field and, as a link to it, in the summary on top."""

    field: str
    """The ``name`` of the field."""
    message: str
    """Says what to do, in the reader's language."""
