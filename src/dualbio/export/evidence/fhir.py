"""Contrasts, pools and judgements of bias as resources of FHIR R5: Evidence, EvidenceVariable, Citation and so on.

Sources: FHIR R5 (https://hl7.org/fhir/R5/evidence.html) and the implementation guide EBMonFHIR of HL7
(https://build.fhir.org/ig/HL7/ebm/).  Codes are of the code systems `statistic-type`, `attribute-estimate-type`,
`synthesis-type` and `variable-role`; where these have none, as for designs, the text stands alone.  The bundle is a
collection: each resource is named by the IRI of what it describes, and refers to others by theirs.  No certainty is
rated: what a reader must know beside a number stands in the notes, and what others judged of a risk of bias under the
certainty of that kind, without a rating.  Each of these judgements is an ArtifactAssessment by the profile RiskOfBias
of the guide, with codes of SEVCO where our terms are mapped to them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, BinaryIO

from dualbio.export.evidence.findings import (
    Cited,
    Contrasted,
    Findings,
    Judged,
    Measured,
    PooledFinding,
    Termed,
    Thing,
)
from dualbio.model.namespaces import BASE, kind_of
from dualbio.synthesis.pooling.result import NOTICE

__all__ = ["fhir_bundle", "fhir_json", "write_fhir"]

_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem/"
#: Measures as the code system `statistic-type` calls them; it has none for a difference of rates.
_STATISTICS = {
    "or": ("C16932", "Odds Ratio"),
    "rr": ("C93152", "Relative Risk"),
    "hr": ("C93150", "Hazard Ratio"),
    "rd": ("0000424", "Risk Difference"),
    "md": ("0000457", "Mean Difference"),
    "smd": ("0000100", "Standardized Mean Difference"),
    "rate-ratio": ("rate-ratio", "Incidence Rate Ratio"),
    "proportion": ("C44256", "Proportion"),
}
_TEXTS = {
    "rate-difference": "Rate difference",
    "ratio-of-geometric-means": "Ratio of geometric means",
}
#: What describes a pool beside its interval: code, display and the scale that it stands in.
_SPREAD = {
    "iSquared": ("0000420", "I-squared"),
    "tauSquared": ("0000421", "Tau squared"),
    "cochranQ": ("0000419", "Cochran's Q statistic"),
}
_POOLED = ("std-MA", "summary data meta-analysis")
#: What says that a contrast is of one study.
_NOT_POOLED = ("NotApplicable", "not applicable")
_INTERVAL = ("C53324", "Confidence interval")
_P = ("C44185", "P-value")
_RISK_OF_BIAS = ("http://hl7.org/fhir/certainty-type", "RiskOfBias", "Risk of bias")
_RATING_SYSTEM = ("https://fevir.net/resources/CodeSystem/179423", "rating-system", "Rating System")
_SEVCO = "https://fevir.net/sevco"
_TOOLS_SYSTEM = "http://hl7.org/fhir/uv/ebm/CodeSystem/evidence-rating-system-classifier-codesystem"
#: Tools as the guide calls them.
_TOOLS = {
    "rob-1": ("CochraneRoB", "Cochrane RoB"),
    "rob-2": ("CochraneRoB2", "Cochrane RoB 2"),
    "robins-i": ("ROBINSI", "ROBINS-I"),
    "newcastle-ottawa": ("NewcastleOttawa", "Newcastle-Ottawa Scale"),
}
_ROLES = {
    "population": "population",
    "exposure": "exposure",
    "referenceExposure": "reference exposure",
    "measuredVariable": "measured variable",
}
#: What stands with a contrast, of which nothing is pooled.
_NOTICE = "A research tool: numbers as a report prints them, or worked out from those. Not medical advice."
Resource = dict[str, Any]


def fhir_bundle(findings: Findings, release: str) -> Resource:
    """Return findings as a bundle of FHIR R5, plain data for JSON.

    Args:
        findings: contrasts, pools, their arms and sources.
        release: the name of the release, the version of every resource.
    """
    contrasts = (_contrast(each, findings) for each in findings.contrasts)
    evidence = [*contrasts, *(_pool(each, findings) for each in findings.pools)]
    judged = {each.iri: _assessment(each) for each in findings.judged}
    named = {ref for each in (*evidence, *judged.values()) for ref in _references(each)}
    variables = [_variable(thing) for iri, thing in sorted(findings.things.items()) if iri in named]
    cited = [_citation(source) for iri, source in sorted(findings.sources.items()) if iri in named]
    entries = [
        *(
            {"fullUrl": each["url"], "resource": {**each, "version": release}}
            for each in (*evidence, *variables, *cited)
        ),
        *({"fullUrl": iri, "resource": resource} for iri, resource in judged.items()),
    ]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def fhir_json(findings: Findings, release: str) -> bytes:
    """Return the bundle of findings as JSON."""
    return json.dumps(fhir_bundle(findings, release), ensure_ascii=False, indent=1, default=_number).encode() + b"\n"


def write_fhir(findings: Findings, release: str, out: BinaryIO) -> None:
    """Write the bundle of findings as JSON."""
    out.write(fhir_json(findings, release))


def _number(value: object) -> int | float:
    """Return a decimal number as one of JSON."""
    assert isinstance(value, Decimal)
    return int(value) if value == value.to_integral_value() else float(value)


def _contrast(contrast: Contrasted, findings: Findings) -> Resource:
    diseases = findings.things[contrast.a].inside if contrast.a in findings.things else ()
    sources = sorted({source for each in contrast.measured for source in each.sources})
    week = f" at week {contrast.week}" if contrast.week else ""
    return {
        **_head("Evidence", contrast.iri, contrast.label),
        "description": f"{contrast.reported_as}{week}",
        "note": [{"text": _NOTICE}],
        **_cites(sources),
        "variableDefinition": [
            *(_role("population", iri) for iri in diseases),
            _role("exposure", contrast.a),
            _role("referenceExposure", contrast.b),
            _role("measuredVariable", contrast.about, contrast.reported_as),
        ],
        "synthesisType": _coded("synthesis-type", *_NOT_POOLED),
        "studyDesign": [{"text": contrast.design.replace("-", " ")}],
        "statistic": [_statistic(each) for each in contrast.measured],
    }


def _diseases(pool: PooledFinding, findings: Findings) -> list[str]:
    """Return the diseases of the arms of a pool."""
    arms = (findings.things[arm] for arm, _ in pool.arms if arm in findings.things)
    return sorted({disease for arm in arms for disease in arm.inside})


def _pool(pool: PooledFinding, findings: Findings) -> Resource:
    notes = [{"text": text} for text in (*pool.caveats, NOTICE)]
    statistics = [_statistic(pool.measured, pool)] if pool.measured else []
    return {
        **_head("Evidence", pool.iri, pool.label),
        "description": pool.question + (f" No number is given: {pool.reason}." if pool.reason else ""),
        "note": notes,
        **_cites(pool.sources, pool.contrasts),
        "variableDefinition": [
            *(_role("population", disease) for disease in _diseases(pool, findings)),
            *(_role(side, arm) for arm, side in pool.arms),
            *(_role("measuredVariable", about) for about in pool.about),
        ],
        **(
            {"synthesisType": _coded("synthesis-type", *_POOLED), "statistic": statistics} if statistics else {}
        ),  # else nothing is pooled
        **(
            {"certainty": [{"type": _code(*_RISK_OF_BIAS), "note": [{"text": text} for text in pool.bias]}]}
            if pool.bias
            else {}
        ),
    }


def _assessment(judged: Judged) -> Resource:
    """Return a judgement of a risk of bias, as others made it, of the study or row that it is about."""
    about = f"of {judged.about}" if judged.about else ""
    rating: Resource = {
        "informationType": "rating",
        "type": _termed(judged.domain),
        **({"classifier": [_termed(judged.judgement)]} if judged.judgement else {}),
        **({"quantity": _quantity(judged.stars, "stars")} if judged.stars else {}),
        **({"summary": "; ".join(filter(None, (about, judged.note)))} if about or judged.note else {}),
        "author": {"display": judged.by},
    }
    return {
        "resourceType": "ArtifactAssessment",
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": judged.iri}],
        "title": judged.label,
        "artifactUri": judged.row or judged.study,
        "content": [
            {
                "informationType": "container",
                "type": _code(*_RISK_OF_BIAS),
                **_cites([judged.source]),
                "component": [rating],
            },
            {
                "informationType": "classifier",
                "type": _code(*_RATING_SYSTEM),
                "classifier": [{**_code(_TOOLS_SYSTEM, *_TOOLS[judged.tool]), "text": judged.tool_name}],
            },
        ],
    }


def _termed(term: Termed) -> Resource:
    return {**(_code(_SEVCO, term.code, term.name) if term.code else {}), "text": term.text}


def _head(kind: str, iri: str, title: str) -> Resource:
    return {"resourceType": kind, "url": iri, "status": "active", "title": title, "publisher": "dualbio contributors"}


def _cites(sources: Iterable[str], parts: Iterable[str] = ()) -> Resource:
    found = [
        *({"type": "derived-from", "resourceReference": {"reference": iri}} for iri in sources),
        *({"type": "composed-of", "resourceReference": {"reference": iri}} for iri in parts),
    ]
    return {"relatedArtifact": found} if found else {}


def _role(role: str, iri: str, description: str = "") -> Resource:
    return {
        **({"description": description} if description else {}),
        "variableRole": _coded("variable-role", role, _ROLES[role]),
        "observed": {"reference": iri},
    }


def _coded(system: str, code: str, display: str) -> Resource:
    return _code(f"{_TERMINOLOGY}{system}", code, display)


def _code(system: str, code: str, display: str) -> Resource:
    return {"coding": [{"system": system, "code": code, "display": display}]}


def _statistic(found: Measured, pool: PooledFinding | None = None) -> Resource:
    """Return an effect; a percentage stands as one, with its unit."""
    code = _STATISTICS.get(found.measure)
    kind = _coded("statistic-type", *code) if code else {"text": _TEXTS.get(found.measure, found.measure)}
    order = "; the report sets the reference arm first" if found.reversed else ""
    told: Resource = {
        "description": (f"computed: {found.computed}" if found.computed else "as printed") + order,
        "statisticType": kind,
        "quantity": _quantity(found.estimate, found.unit),
    }
    if found.events is not None:
        told["numberOfEvents"] = found.events
    if found.people is not None:
        told["sampleSize"] = {
            **({"numberOfStudies": pool.studies} if pool else {}), "numberOfParticipants": found.people,
        }  # fmt: skip
    attributes = [*_attributes(found), *(_spread(pool, found.unit) if pool else ())]
    return {**told, "attributeEstimate": attributes} if attributes else told


def _attributes(found: Measured) -> Iterator[Resource]:
    if found.low or found.high:
        limits = {
            name: _quantity(text, found.unit) for name, text in (("low", found.low), ("high", found.high)) if text
        }
        level = {"level": Decimal(found.level) / 100} if found.level else {}
        yield {"type": _coded("attribute-estimate-type", *_INTERVAL), **level, "range": limits}
    if found.p:
        yield {"type": _coded("attribute-estimate-type", *_P), "quantity": _quantity(found.p)}


def _spread(pool: PooledFinding, unit: str) -> Iterator[Resource]:
    for name, (code, display) in _SPREAD.items():
        if name in pool.spread:
            yield {
                "type": _coded("attribute-estimate-type", code, display),
                "quantity": _quantity(pool.spread[name], "%" if name == "iSquared" else ""),
            }
    if "predictionLow" in pool.spread:
        low, high = pool.spread["predictionLow"], pool.spread["predictionHigh"]
        limits = {"low": _quantity(low, unit), "high": _quantity(high, unit)}
        level = {"level": Decimal(pool.measured.level) / 100} if pool.measured and pool.measured.level else {}
        yield {"type": {"text": "Prediction interval"}, **level, "range": limits}


def _quantity(number: str, unit: str = "") -> Resource:
    return {"value": Decimal(number), **({"unit": unit} if unit else {})}


def _references(resource: Resource) -> Iterator[str]:
    for part in (resource, *resource.get("content", ())):
        for each in part.get("relatedArtifact", ()):
            yield each["resourceReference"]["reference"]
    for each in resource.get("variableDefinition", ()):
        yield each["observed"]["reference"]


def _variable(thing: Thing) -> Resource:
    """Return an arm, outcome, event or disease as a variable; an arm has a characteristic for each of its agents."""
    agents = [(iri, iri.rpartition("/")[2]) for iri in thing.given]
    named = [(thing.iri, thing.label)] if not agents else [(iri, key.replace("-", " ")) for iri, key in agents]
    return {
        **_head("EvidenceVariable", thing.iri, thing.label),
        "characteristic": [
            {
                "definitionCodeableConcept": {
                    "coding": [{"system": f"{BASE}{kind_of(iri)}/", "code": iri.rpartition("/")[2], "display": text}],
                    "text": text,
                }
            }
            for iri, text in named
        ],
    }


def _citation(source: Cited) -> Resource:
    """Return a report by its identifiers; titles and abstracts are not held."""
    known = (
        ("https://pubmed.ncbi.nlm.nih.gov", source.pmid), ("https://doi.org", source.doi),
        ("https://clinicaltrials.gov", source.registry),
    )  # fmt: skip
    identifiers = [{"system": system, "value": value} for system, value in known if value]
    form = {
        **({"publishedIn": {"title": source.journal}} if source.journal else {}),
        **({"publicationDateText": source.year} if source.year else {}),
    }
    artifact: Resource = {
        **({"identifier": identifiers} if identifiers else {}),
        **({"publicationForm": [form]} if form else {}),
        **({"webLocation": [{"url": source.url}]} if source.url else {}),
    }
    return {**_head("Citation", source.iri, source.label), **({"citedArtifact": artifact} if artifact else {})}
