"""The account of what citizens sent, what is in the store, and what they were sent."""

import json
import sys
from collections import Counter
from collections.abc import Mapping

from tests.e2e.ground import Ground
from tests.e2e.mailserver import MailServer
from tests.faults.senders import Outcome


def check_accounts(
    town: Ground,
    outside: MailServer,
    outcome: Outcome,
    *,
    mails: int,
    most_in_doubt: int = 0,
    quarantined: int = 0,
    facts: Mapping[str, object] | None = None,
) -> None:
    """Print the counts, and fail when anything is lost or doubled.

    What may be sent again, under the same Message-ID, is what was in doubt.

    Parameters
    ----------
    most_in_doubt
        How many deliveries may have been in flight when somebody was killed.
    facts
        Of this test, to be printed as well.
    """
    subjects = Counter(subject for (subject,) in town.query("SELECT subject FROM cases"))
    references = {row[0].lower() for row in town.query("SELECT reference FROM cases")}
    in_doubt = town.scalar("SELECT coalesce(sum(in_doubt), 0) FROM deliveries")
    in_quarantine = town.scalar("SELECT count(*) FROM quarantine")
    receipts = Counter(str(mail["message-id"]) for mail in outside.received)
    told = {
        mail["reply-to"].addresses[0].username.partition("+")[2].lower()
        for mail in outside.received
    }
    doubled = receipts.total() - len(receipts)
    counts = {
        "mails": mails,
        **(facts or {}),
        "accepted": len(outcome.accepted),
        "refused": len(outcome.refused),
        "answers that put off": outcome.put_off.total(),
        "connections that died unanswered": outcome.unanswered.total(),
        "intakes": town.scalar("SELECT count(*) FROM intakes"),
        "cases": subjects.total(),
        "receipts": len(receipts),
        "receipts sent again under the same Message-ID": doubled,
        "deliveries in doubt": int(in_doubt),
        "in quarantine": in_quarantine,
    }
    sys.stdout.write(json.dumps(counts, indent=2) + "\n")
    assert outcome.accepted.keys() | outcome.refused == set(range(mails))
    assert counts["intakes"] == len(outcome.accepted)
    assert subjects.total() == len(outcome.accepted) - quarantined
    assert set(subjects) <= {f"Fault {number}" for number in outcome.accepted}
    assert len(subjects) == subjects.total()
    assert references == told
    assert len(receipts) == len(references)
    assert doubled <= in_doubt <= most_in_doubt
    assert in_quarantine == quarantined
