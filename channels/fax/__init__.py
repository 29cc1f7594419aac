"""Faxes: by mail from a gateway, and from the folder of a HylaFAX server."""
