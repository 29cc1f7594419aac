"""Single fields of a form, read as an address or a number."""

from core.contacts import MAX_ADDRESS, email_address, phone_number

__all__ = ["MAX_ADDRESS", "email_address", "phone_number"]
