"""The citizen portal: the contact form, which is a channel, and the tracking page."""
