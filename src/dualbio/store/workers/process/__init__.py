"""What every worker process needs: limits, spool files, the wire protocol, and why it ended."""
