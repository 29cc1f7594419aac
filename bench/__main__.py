"""``python -m bench [NAME …]``: run the benchmarks and print one JSON object."""

import argparse
import json
import signal
import sys
from collections.abc import Callable
from functools import partial

from bench import alerts, intake, live, ocr, portal, sending, stream, webhooks

NAMES = ("alerts", "intake", "live", "ocr", "portal", "sending", "stream", "webhooks")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("names", nargs="*", help=f"some of: {', '.join(NAMES)}")
    parser.add_argument("--mails", type=int, default=3_000, help="mails in each measurement")
    parser.add_argument(
        "--subscribers", type=int, default=alerts.SUBSCRIBERS, help="of the entry that is told"
    )
    parser.add_argument(
        "--engine", action="append", choices=alerts.ENGINES, help="of alerts; both when left out"
    )
    parser.add_argument("--pages", type=int, default=ocr.EACH, help="of each kind that are read")
    parser.add_argument("--seed", type=int, default=ocr.SEED, help="of the pages that are read")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is stopped, too
    benchmarks: dict[str, Callable[[], dict[str, object]]] = {
        "alerts": partial(alerts.run, options.subscribers, options.engine or ()),
        "intake": partial(intake.run, options.mails),
        "live": partial(live.run, options.mails),
        "ocr": partial(ocr.run, options.pages, options.seed),
        "portal": portal.run,
        "sending": partial(sending.run, options.mails),
        "stream": partial(stream.run, options.mails),
        "webhooks": partial(webhooks.run, options.mails),
    }
    results = {}
    for name in options.names or NAMES:
        sys.stderr.write(f"{name} …\n")
        results[name] = benchmarks[name]()
    sys.stdout.write(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
