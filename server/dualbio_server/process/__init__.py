"""The processes of a service: start, listen, replace, stop."""
