"""Contrasts and pools as FHIR (EBMonFHIR), and contrasts in Cochrane's PICO ontology."""
