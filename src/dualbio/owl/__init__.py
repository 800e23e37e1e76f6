"""Axioms, indexed by subject, property and value, and printed in Manchester syntax."""
