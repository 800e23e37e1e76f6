"""HTTP for every route: replies, the cache, limits, headers, problems, languages, access log, metrics, links."""
