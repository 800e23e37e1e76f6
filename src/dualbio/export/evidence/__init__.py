"""Contrasts and pools in the forms of evidence-based medicine: FHIR (EBMonFHIR), and Cochrane's PICO ontology."""
