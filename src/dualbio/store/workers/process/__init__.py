"""What all worker processes share: limits, wire protocol, fair shares, spool files, exit reasons."""
