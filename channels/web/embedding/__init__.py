"""The catalogue on the town's own site: as JSON, by a script, by oEmbed. No frame is needed."""
