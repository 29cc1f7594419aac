"""What every room stands on: database, blobs, clock, ids, references, rules, languages, pages."""
