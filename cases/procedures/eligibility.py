"""Who may use a procedure, and why not."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cases.procedures.definition import Procedure, is_open
from cases.procedures.form import Surroundings
from cases.procedures.texts import say
from core.rules import compile_rule

Answer = Literal["yes", "no", "sign-in", "closed"]


@dataclass(frozen=True, slots=True)
class Leave:
    """``sign-in``: only with an account; ``closed``: not now."""

    answer: Answer
    reasons: Sequence[str] = ()
    """In the reader's language, from the author."""

    @property
    def given(self) -> bool:
        return self.answer == "yes"


def leave_for(procedure: Procedure, around: Surroundings, locale: str) -> Leave:
    """Whether this citizen may use it now.

    Of somebody unknown the rules of eligibility cannot be asked: where anonymous use is allowed,
    the form must ask by itself what it depends on.
    """
    if not is_open(procedure.opening, around.place.today):
        closed = say(procedure.opening.closed_message, locale)
        return Leave("closed", [closed] if closed else [])
    variables = around.variables
    signed_in = variables["citizen"]["signed_in"]
    if not signed_in:
        return Leave("sign-in" if procedure.anonymous == "forbidden" else "yes")
    reasons = [
        say(check.message, locale)
        for check in procedure.eligibility
        if not compile_rule(check.rule).holds(variables)
    ]
    return Leave("no", reasons) if reasons else Leave("yes")
