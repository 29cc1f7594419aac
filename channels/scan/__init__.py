"""Scanned letters: from watched folders and from the desk."""

from channels.scan.arrival import DeskScans, scan_arrival, scan_problem

__all__ = ["DeskScans", "scan_arrival", "scan_problem"]
