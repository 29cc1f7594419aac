"""Topics and their feeds."""

from pydantic import BaseModel, field_validator


class TopicSettings(BaseModel):
    """Who is told of news in the feeds, and from where feeds are read."""

    websub_hub: str = ""
    """The WebSub hub that the feeds name and that is told of news, for readers that want them at
    once (``https://hub.example/``); empty for none."""
    outside_feeds_private: bool = False
    """Whether outside feeds may be read from private addresses, as of a server in the town hall:
    agents who set up feeds then reach what this server reaches."""

    @field_validator("websub_hub")
    @classmethod
    def _is_a_hub(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("begins with https:// or http://")
        return value
