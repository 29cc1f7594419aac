"""A town of several processes, each of them known by a name: started, killed and started again."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import httpx

from guichet.demo import demo_password
from tests.e2e.ground import Ground
from tests.e2e.process import Process
from tests.e2e.settling import wait_until
from tests.ports import free_ports

READY = 60.0  # seconds for Kafka to give a worker its partitions


@dataclass(frozen=True)
class CountyDesk:
    url: str
    password: str


class County(Ground):
    """``settings`` are of all processes; those of the services are among them."""

    def __init__(self, data: Path, **settings: str) -> None:
        super().__init__(data, settings)
        self._processes: dict[str, Process] = {}
        self._ports: dict[str, int] = {}

    def serve(self, name: str) -> Process:
        """The web alone."""
        return self._add(name, "serve", port="http_port")

    def mail(self, name: str) -> Process:
        """The mail server alone."""
        return self._add(name, "mail", port="smtp_port")

    def worker(self, name: str, *stages: str) -> Process:
        """All stages when none is named."""
        options = [option for stage in stages for option in ("--stage", stage)]
        return self._add(name, "worker", *options, port="health_port")

    def desk(self, name: str) -> "CountyDesk":
        """What one of the web's processes shows."""
        password = demo_password((self.data / "secret").read_bytes())
        return CountyDesk(f"http://127.0.0.1:{self.port(name)}", password)

    def __getitem__(self, name: str) -> Process:
        return self._processes[name]

    def port(self, name: str) -> int:
        """Of HTTP, SMTP, or of what machines ask a worker."""
        return self._ports[name]

    def start(self, *names: str) -> Self:
        """All at once, or these; returns when each is ready, and has its partitions."""
        chosen = names or self.names
        for name in chosen:
            self._processes[name].launch()
        for name in chosen:
            self._processes[name].wait_until_ready()
        self.until_at_work(*chosen)
        return self

    def until_at_work(self, *names: str) -> None:
        """Until each of the workers among them is given events by Kafka."""
        for name in names or self._running():
            if name.startswith("worker"):
                wait_until(lambda: self.is_at_work(name), within=READY)  # noqa: B023 - at once

    def is_at_work(self, name: str) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port(name)}/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def kill(self, *names: str) -> None:
        """SIGKILL, as a power cut; all when none is named."""
        for name in names or self.names:
            self._processes[name].kill()

    def stop(self, *names: str) -> None:
        """As an orderly restart does."""
        for name in names:
            assert self._processes[name].stop() == 0, self._processes[name].output

    @property
    def output(self) -> str:
        """All that each of them has ever printed."""
        return "\n".join(
            f"=== {name}\n{''.join(one.history)}{one.output}"
            for name, one in self._processes.items()
        )

    @property
    def names(self) -> Sequence[str]:
        return tuple(self._processes)

    @property
    def doors(self) -> list[int]:
        """The ports of all mail servers."""
        return [self._ports[name] for name in self._processes if name.startswith("mail")]

    @property
    def are_all_running(self) -> bool:
        return all(process.is_running for process in self._processes.values())

    def handled(self, name: str) -> int:
        """How many events this worker has handled."""
        answer = httpx.get(f"http://127.0.0.1:{self.port(name)}/metrics").raise_for_status()
        counts = re.findall(r"^guichet_events_handled_total\{.*\} (\S+)$", answer.text, re.M)
        return int(sum(map(float, counts)))

    def _running(self) -> Iterable[str]:
        return [name for name, process in self._processes.items() if process.is_running]

    def _add(self, name: str, *arguments: str, port: str) -> Process:
        (self._ports[name],) = free_ports(1)
        environment = self.environment_with(**{port: str(self._ports[name])})
        ready = f"guichet {arguments[0]} is ready"
        self._processes[name] = Process(*arguments, environment=environment, ready=ready)
        return self._processes[name]
