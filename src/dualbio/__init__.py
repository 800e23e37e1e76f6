"""dualbio: an ontology of combined biologics with its evidence, and the tools to build, query and serve it."""

__all__ = ["__version__"]

__version__ = "0.1.0"
