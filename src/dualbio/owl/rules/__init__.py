"""Axioms and hand-written rules in one form, and the closure under them.

Both become the same `Rule`, so the closure (`dualbio.owl.rules.run`) and the explanation (`dualbio.why`) treat them
alike.
"""

from dualbio.owl.rules.axioms import compile_axioms
from dualbio.owl.rules.domain import read_rules
from dualbio.owl.rules.model import Pattern, Rule, RuleError, rule_from_json, rule_to_json
from dualbio.owl.rules.plan import ClosurePlan, make_plan
from dualbio.owl.rules.strata import Stratum, stratify

__all__ = [
    "ClosurePlan",
    "Pattern",
    "Rule",
    "RuleError",
    "Stratum",
    "compile_axioms",
    "make_plan",
    "read_rules",
    "rule_from_json",
    "rule_to_json",
    "stratify",
]
