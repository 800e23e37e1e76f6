"""RDF terms and quads, under their standard names."""

from __future__ import annotations

import pyoxigraph as ox

__all__ = ["GroundTerm", "Resource", "Term", "VarOrTerm"]

#: What can be the subject of a triple: an IRI or a blank node (RDF 1.1 Concepts, section 3.1).
Resource = ox.NamedNode | ox.BlankNode
#: What can be its object (RDF 1.1 Concepts, section 3.1).
Term = Resource | ox.Literal
#: A term that means the same in every graph, as in the rows of `VALUES` (SPARQL 1.1, DataBlockValue).
GroundTerm = ox.NamedNode | ox.Literal
#: What can stand in a pattern (SPARQL 1.1, VarOrTerm), blank nodes left out.
VarOrTerm = GroundTerm | ox.Variable
