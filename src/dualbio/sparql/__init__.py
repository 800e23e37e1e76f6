"""The words of the SPARQL standards: media types and negotiation, and the text of queries."""
