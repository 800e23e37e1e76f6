"""The process that writes user graphs."""
