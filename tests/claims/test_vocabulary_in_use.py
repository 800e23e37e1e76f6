"""Terms of the vocabulary are there because something in the data says them."""

from __future__ import annotations

from collections.abc import Callable

Ask = Callable[[str], list[tuple[str, ...]]]

#: Classes that may be empty, and why.
EMPTY = {
    "dualbio:InferredLesson": "no lesson rests on an inference alone at present, and none should",
    "dualbio:MemoryLevelRow": "rows that nobody has read are withdrawn, so that it stays empty",
}
#: Properties that no curated record fills, and why.
IDLE = {
    "dualbio:assessesRow": "the judgements of a risk of bias that were seen are of whole studies",
    "dualbio:stars": "no stars of the Newcastle-Ottawa scale were seen printed by study",
    "dualbio:toolVersion": "the pages that were seen print no version of the tool",
}


def test_no_property_is_without_a_use(ask: Ask) -> None:
    """A newcomer's query with a property of ours finds something; forms of a number as printed may all be as computed.

    The end of a window (`…Max`) and a number as printed (`…Printed`) need a use of the property they belong to.
    """
    declared = {
        name
        for (name,) in ask(
            """SELECT ?p { VALUES ?kind { owl:ObjectProperty owl:DatatypeProperty owl:AnnotationProperty } ?p a ?kind
               FILTER (STRSTARTS(STR(?p), STR(dualbio:))) }"""
        )
    }
    used = {name for (name,) in ask("SELECT DISTINCT ?p { ?s ?p ?o }")}
    bases = {name: name.removesuffix("Printed").removesuffix("Max") for name in declared}
    idle = {name for name in declared - used if bases[name] not in used and f"{bases[name]}Min" not in used}
    assert set(IDLE) == idle
    assert len(declared & used) > 200


def test_no_class_is_without_a_member_but_for_a_reason(ask: Ask) -> None:
    """A class of ours has a member in the release, or a reason to be empty."""
    idle = ask(
        """SELECT ?c { ?c a owl:Class FILTER (STRSTARTS(STR(?c), STR(dualbio:)))
           FILTER NOT EXISTS { ?thing a ?c } }"""
    )
    assert set(EMPTY) == {name for (name,) in idle}
