"""A citizen's own documents: put in, looked at, taken along."""
