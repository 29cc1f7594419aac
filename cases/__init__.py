"""The record: cases, queues, agents, what was said and what happened."""

from cases import audit
from cases.access import (
    case_for,
    check_counter,
    check_handing_in,
    check_quarantine,
    document_for,
    message_for,
)
from cases.actions import Actions, WrittenWay
from cases.agents import Agent, Role, create_agent, create_token
from cases.callbacks import CallbackRow, Callbacks, open_callbacks, request_callback
from cases.consents import change_consents, consents_of, record_consents
from cases.history import SYSTEM, Actor, append
from cases.inbox import CaseItem, Filter, count_queues, list_cases, list_queues
from cases.joining import Opening, fingerprint, join_case, open_case
from cases.models import (
    CaseEventRow,
    CaseMessageRow,
    CaseRow,
    CaseStatus,
    JoinedBy,
    QueueRow,
    RoutingRuleRow,
)
from cases.of_citizen import (
    Holder,
    case_of_citizen,
    cases_of_citizen,
    claims_on_cases,
    has_case,
    hold_case,
    hold_cases_of,
    holders_of_case,
    keyed_case,
    let_go_of_cases,
    withdraw_case,
)
from cases.pages import Pages
from cases.queues import create_queue
from cases.reading import (
    CaseRecord,
    Tracked,
    inline_documents,
    read_case,
    record_of,
    track_case,
)
from cases.rules import create_rule
from cases.search import index_pages
from cases.wanted import given, wanted_of
from cases.ways import Way, phone_of, ways_of

__all__ = [
    "SYSTEM",
    "Actions",
    "Actor",
    "Agent",
    "CallbackRow",
    "Callbacks",
    "CaseEventRow",
    "CaseItem",
    "CaseMessageRow",
    "CaseRecord",
    "CaseRow",
    "CaseStatus",
    "Filter",
    "Holder",
    "JoinedBy",
    "Opening",
    "Pages",
    "QueueRow",
    "Role",
    "RoutingRuleRow",
    "Tracked",
    "Way",
    "WrittenWay",
    "append",
    "audit",
    "case_for",
    "case_of_citizen",
    "cases_of_citizen",
    "change_consents",
    "check_counter",
    "check_handing_in",
    "check_quarantine",
    "claims_on_cases",
    "consents_of",
    "count_queues",
    "create_agent",
    "create_queue",
    "create_rule",
    "create_token",
    "document_for",
    "fingerprint",
    "given",
    "has_case",
    "hold_case",
    "hold_cases_of",
    "holders_of_case",
    "index_pages",
    "inline_documents",
    "join_case",
    "keyed_case",
    "let_go_of_cases",
    "list_cases",
    "list_queues",
    "message_for",
    "open_callbacks",
    "open_case",
    "phone_of",
    "read_case",
    "record_consents",
    "record_of",
    "request_callback",
    "track_case",
    "wanted_of",
    "ways_of",
    "withdraw_case",
]
