"""What came to the sinks beside what had to come: nobody missed, nobody told what is not theirs."""

from collections.abc import Collection, Mapping

from bench.alerts.sinks import Arrival, Sinks

Results = dict[str, object]


def compare(
    sinks: Sinks, expected: Mapping[str, Collection[str]], most_repeated: int
) -> tuple[Results, list[str]]:
    """The counts, and what is wrong with them.

    Parameters
    ----------
    expected
        Who is to get what: recipients by what is told, as ``sinks`` has it.
    most_repeated
        How many mails may have come twice.
    """
    missed, twice, unknown, repeated = 0, 0, 0, {"mails": 0, "sms": 0}
    problems = []
    for tells, recipients in expected.items():
        came = sinks.came[tells]
        lost = set(recipients) - came.keys()
        if lost:
            problems.append(f"{tells!r} missed {len(lost)}, {sorted(lost)[:3]} among them")
        missed += len(lost)
        unknown += len(came.keys() - set(recipients))
        for recipient, arrivals in came.items():
            kind = "mails" if "@" in recipient else "sms"
            repeated[kind] += len(arrivals) - 1
            twice += len(_ids(arrivals)) > 1
    unknown += sum(len(sinks.came[tells]) for tells in sinks.came if tells not in expected)
    for wrong, what in ((twice, "under two Message-IDs"), (unknown, "that nobody expects")):
        if wrong:
            problems.append(f"{wrong} came {what}: {list(sinks.came)}")
    if repeated["mails"] > most_repeated:
        problems.append(f"{repeated['mails']} mails came again, at most {most_repeated} may")
    if repeated["sms"]:
        problems.append(f"{repeated['sms']} SMS came again")
    return {
        "expected": sum(map(len, expected.values())),
        "missed": missed,
        "mails_repeated": repeated["mails"],
        "mails_repeated_at_most": most_repeated,
        "mails_under_two_message_ids": twice,
        "sms_repeated": repeated["sms"],
        "sms_looked_up": sinks.looked_up,
        "sms_refused_for_coming_too_fast": sinks.refused,
        "not_expected": unknown,
    }, problems


def _ids(arrivals: Collection[Arrival]) -> set[str]:
    return {one.id for one in arrivals}
