import socket
import subprocess
import sys
import time

import pytest

from core.tracing import current, set_up, shut_down, span
from tests.collector import tracing

PARENT = f"00-{'ab' * 16}-{'cd' * 8}-01"

OFF = """
import sys
import guichet.run
from core.tracing import current, shut_down, span
with span("a block", event="1"):
    assert current() is None
shut_down()
print([name for name in sys.modules if name.startswith("opentelemetry.sdk")])
"""


def test_off_there_is_no_span_and_nothing_of_the_sdk_is_loaded() -> None:
    ended = subprocess.run([sys.executable, "-c", OFF], check=True, capture_output=True, text=True)
    assert ended.stdout == "[]\n"


def test_a_span_tells_its_ids_and_is_below_the_one_around_it() -> None:
    with tracing() as collector:
        with span("outer", event=7):
            outer = current() or ""
            with span("inner"):
                inner = current() or ""
            assert current() == outer
        assert current() is None
    assert collector.the("outer").place == outer[3:-3]
    assert collector.the("inner").place == inner[3:-3]
    assert collector.the("outer").attributes == {"guichet.event": "7"}
    assert collector.the("outer").parent == ""
    assert collector.path_to(collector.the("inner")) == ["outer", "inner"]
    assert {one.service for one in collector.spans} == {"tests"}


def test_a_parent_from_elsewhere_goes_before_the_current_span() -> None:
    with tracing() as collector, span("outer"), span("below", PARENT):
        pass
    assert collector.the("below").trace == "ab" * 16
    assert collector.the("below").parent == "cd" * 8


@pytest.mark.parametrize("parent", ["", "nonsense", f"00-{'0' * 32}-{'cd' * 8}-01", "é" * 1000])
def test_a_parent_that_is_none_begins_a_trace(parent: str) -> None:
    with tracing() as collector, span("a block", parent):
        pass
    assert collector.the("a block").parent == ""


def test_of_an_exception_only_its_kind_is_told() -> None:
    with tracing() as collector, pytest.raises(ValueError, match="Jeanne"), span("a block"):
        raise ValueError("no such citizen: Jeanne")
    assert collector.the("a block").attributes == {"error.type": "ValueError"}
    assert not any(b"Jeanne" in raw for raw in collector.raw)


def test_a_collector_that_does_not_answer_does_not_hold_up_the_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        set_up(f"http://127.0.0.1:{silent.getsockname()[1]}", "tests")
        with span("a block"):
            pass
        started = time.monotonic()
        shut_down(grace=0.2)
        assert time.monotonic() - started < 2
