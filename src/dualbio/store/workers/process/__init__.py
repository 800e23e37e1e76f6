"""Infrastructure of every worker process: limits, spool files, wire protocol, exit reasons."""
