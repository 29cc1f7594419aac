"""Every table of every room, for migrations: importing this module fills ``Base.metadata``."""

import agent_api.models
import cases.agents
import cases.audit
import cases.callbacks
import cases.consents
import cases.models
import cases.of_citizen
import cases.procedures.models
import cases.procedures.proposals
import cases.telephone
import cases.wanted
import channels.email.models
import channels.web.contact_files
import citizens.models
import core.blobs
import feeds.models
import feeds.subscriptions.models
import ingest.models
import notify.campaigns
import notify.devices
import notify.models
import notify.optouts
import notify.suppressions

__all__ = ["agent_api", "cases", "channels", "citizens", "core", "feeds", "ingest", "notify"]
