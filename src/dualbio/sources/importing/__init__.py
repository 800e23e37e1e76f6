"""Evidence records from other formats; what is not certain is listed for a curator to decide."""
