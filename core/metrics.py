"""What the sysadmin's Prometheus reads at ``/metrics``."""

from prometheus_client import Counter, Gauge, Histogram

ACCEPTED = Counter("guichet_intakes_accepted", "Arrivals stored durably")
PER_COMMIT = Histogram(
    "guichet_intakes_per_commit",
    "Arrivals that shared one commit",
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256),
)
REFUSED = Counter("guichet_intakes_refused", "Arrivals refused", ["channel", "reason"])
HANDLED = Counter("guichet_events_handled", "Events that a consumer has handled", ["consumer"])
RETRIED = Counter("guichet_events_retried", "Failures that will be tried again", ["consumer"])
QUARANTINED = Counter("guichet_events_quarantined", "Events given up on", ["consumer"])
HANDLING = Histogram("guichet_batch_seconds", "Time to handle one batch", ["consumer"])
LAG = Gauge("guichet_stream_lag", "Events that a consumer has yet to handle", ["consumer"])
OLDEST = Gauge(
    "guichet_stream_oldest_seconds",
    "Since what brought about the oldest event that a consumer has yet to handle; 0 without one",
    ["consumer"],
)
MAILBOX = Gauge("guichet_imap_open", "Whether an IMAP mailbox is being read", ["mailbox"])
IN_QUARANTINE = Gauge("guichet_quarantine", "Events that wait for an agent")
DELIVERIES = Counter("guichet_deliveries", "Sendings by outcome", ["medium", "outcome"])
IN_DOUBT = Counter("guichet_deliveries_in_doubt", "Deliveries that a crash left in flight")
PUBLISHED = Counter("guichet_events_published", "Events that Kafka has taken")
REPUBLISHED = Counter("guichet_events_republished", "Events that a consumer had passed over")
FOREIGN = Counter("guichet_records_foreign", "Records that are no event of ours", ["consumer"])
CALLS = Counter(
    "guichet_call_events", "What exchanges told of calls; known: nothing new", ["event", "outcome"]
)
