"""Topics and their entries, for everybody: pages and feeds."""
