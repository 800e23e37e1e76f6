"""HTTP: headers, problems, coding, caches, log, metrics, links."""
