"""Rules: what the build may infer, as axioms compiled to SPARQL and as hand-written SPARQL CONSTRUCT files.

Both become the same `Rule`, so the closure (`dualbio.build.infer`) and the explanation (`dualbio.why`) treat them
alike.
"""

from dualbio.rules.axioms import compile_axioms
from dualbio.rules.domain import read_rules
from dualbio.rules.model import Pattern, Rule, RuleError, as_update, rule_from_json, rule_to_json
from dualbio.rules.plan import Plan, make_plan
from dualbio.rules.remote import infer_elsewhere
from dualbio.rules.strata import Stratum, stratify

__all__ = [
    "Pattern",
    "Plan",
    "Rule",
    "RuleError",
    "Stratum",
    "as_update",
    "compile_axioms",
    "infer_elsewhere",
    "make_plan",
    "read_rules",
    "rule_from_json",
    "rule_to_json",
    "stratify",
]
