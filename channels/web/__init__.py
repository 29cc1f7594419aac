"""The citizen portal: the contact form, which is a channel, and the tracking page.

Imports nothing: the processes that normalize need not load what serves pages.
"""
