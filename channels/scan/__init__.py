"""Scanned letters: from watched folders and from the desk."""

from channels.scan.arrival import scan_arrival, scan_problem

__all__ = ["scan_arrival", "scan_problem"]
