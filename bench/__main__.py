"""``python -m bench [NAME …]``: run the benchmarks and print one JSON object."""

import argparse
import json
import sys

from bench import alerts, intake, live, ocr, stream, webhooks

BENCHMARKS = {
    "alerts": alerts.run,
    "intake": intake.run,
    "live": live.run,
    "ocr": ocr.run,
    "stream": stream.run,
    "webhooks": webhooks.run,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("names", nargs="*", help=f"some of: {', '.join(BENCHMARKS)}")
    parser.add_argument("--mails", type=int, default=3_000, help="mails in each measurement")
    options = parser.parse_args()
    results = {}
    for name in options.names or BENCHMARKS:
        sys.stderr.write(f"{name} …\n")
        results[name] = BENCHMARKS[name](options.mails)
    sys.stdout.write(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
