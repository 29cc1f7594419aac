"""The one rule language: CEL (https://cel.dev), through ``common-expression-language``."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from core.errors import BadInput

MAX_LENGTH = 2_000  # characters of one expression
_POSITION = re.compile(r"<input>:(\d+):(\d+): (.*)")


class Rule:
    """A compiled expression. Build it with :func:`compile_rule`."""

    def __init__(self, expression: str, program: Any) -> None:
        self.expression = expression
        self._program = program

    def evaluate(self, variables: Mapping[str, Any]) -> Any:
        """The value of the expression.

        Raises
        ------
        BadInput
            When the variables do not have what the expression asks for.
        """
        try:
            return self._program.execute(dict(variables))
        except (KeyError, TypeError, RuntimeError, ValueError) as problem:
            raise BadInput(str(problem), where=self.expression) from problem

    def holds(self, variables: Mapping[str, Any]) -> bool:
        """Whether the expression is true; one that cannot be evaluated does not hold."""
        try:
            return self.evaluate(variables) is True
        except BadInput:
            return False


@lru_cache(maxsize=1024)
def compile_rule(expression: str) -> Rule:
    """Compile once, evaluate often.

    Raises
    ------
    BadInput
        With the reason, and ``where`` as ``line:column``, when the expression is not CEL.
    """
    if len(expression) > MAX_LENGTH:
        raise BadInput(f"the rule is longer than {MAX_LENGTH} characters", where="1:1")
    import cel

    try:
        return Rule(expression, cel.compile(expression))
    except ValueError as problem:
        found = _POSITION.search(str(problem))
        where, reason = (f"{found[1]}:{found[2]}", found[3]) if found else ("1:1", str(problem))
        raise BadInput(reason, where=where) from problem
