"""Every table of every room, for migrations: importing this module fills ``Base.metadata``."""

import agent_api.models
import cases.agents
import cases.audit
import cases.models
import cases.of_citizen
import channels.email.models
import citizens.models
import core.blobs
import ingest.models
import notify.models

__all__ = ["agent_api", "cases", "channels", "citizens", "core", "ingest", "notify"]
