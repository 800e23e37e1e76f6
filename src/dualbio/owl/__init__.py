"""Everything about OWL: axioms, their syntaxes, the rules compiled from them, and the gate."""
