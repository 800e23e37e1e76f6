"""Media types and negotiation."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualbio.sparql.formats import (
    FORMATS,
    GRAPH_FORMATS,
    RESULT_FORMATS,
    Content,
    Format,
    NotAcceptableError,
    choose_format,
    find_format,
    format_of_media_type,
    negotiate,
    negotiate_coding,
    offers_of,
    parse_accept,
    parse_media_type,
)

JSON = "application/sparql-results+json"
XML = "application/sparql-results+xml"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, JSON),
        ("", JSON),
        (" , ,, ", JSON),
        ("*/*", JSON),
        ("text/csv", "text/csv"),
        ("TEXT/CSV", "text/csv"),
        ("text/*", "text/csv"),
        ("application/*", JSON),
        ("application/json", "application/json"),
        ("text/csv;q=0.5, application/sparql-results+xml", XML),
        ("text/csv; q=0.5 , text/tab-separated-values ;q=0.9", "text/tab-separated-values"),
        ("text/csv, */*;q=0.1", "text/csv"),
        ("*/*;q=0.1, text/csv", "text/csv"),
        ("*/*, application/sparql-results+json;q=0", XML),
        ("text/*, text/csv;q=0", "text/tab-separated-values"),
        ("text/csv;q=0.000", None),
        ("text/csv;q=0, */*;q=0", None),
        ("image/png", None),
        ("image/*", None),
        ("text/csv;charset=utf-8", "text/csv"),
        ('text/csv;charset="UTF-8"', "text/csv"),
        ("text/csv;charset=latin1", None),
        ("text/csv;header=present", "text/csv"),
        ("text/csv;charset=utf-8;q=0.2, text/csv;q=0.9, application/sparql-results+xml;q=0.5", XML),
        ("text/csv;q=0.9, text/csv;q=0.2, application/sparql-results+xml;q=0.5", "text/csv"),
        ("text/csv;q=0.5;level=1, application/sparql-results+xml;q=0.4", "text/csv"),
        ('text/csv;a="x, y;q=0", text/tab-separated-values;q=0.3', "text/tab-separated-values"),
        ("nonsense, text/csv", "text/csv"),
        ("text/csv;q=2, application/sparql-results+xml;q=0.1", XML),
        ("text/csv;q=abc, application/sparql-results+xml;q=0.1", XML),
        ("text/csv;q=0.1234, application/sparql-results+xml;q=0.1", XML),
        ("*/csv, application/sparql-results+xml;q=0.1", XML),
        (BROWSER, "application/xml"),
    ],
)
def test_negotiation_follows_the_standard(accept: str | None, expected: str | None) -> None:
    """The offer of greatest weight wins; malformed members are passed over; weight 0 excludes (RFC 9110, 12.5.1)."""
    offer = negotiate(accept, RESULT_FORMATS)
    assert expected == (offer.media_type if offer else None)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("application/rdf+xml, text/rdf;q=0.6, application/n-triples;q=0.8", "application/rdf+xml"),
        ("text/n3", "text/n3"),
        ('application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"', "application/ld+json"),
        ("application/n-quads,application/trig;q=0.95,application/ld+json;q=0.9", "application/n-quads"),
        ("application/json", "application/json"),
        ("*/*", "text/turtle"),
    ],
)
def test_rdf_clients_get_what_they_name(accept: str, expected: str) -> None:
    """The headers that RDF libraries send lead to the format they can read."""
    offer = negotiate(accept, GRAPH_FORMATS)
    assert expected == (offer.media_type if offer else None)


@pytest.mark.parametrize(
    ("accept", "override", "expected"),
    [
        (XML, "csv", "text/csv"),
        ("image/png", "json", JSON),
        (None, "srx", XML),
        (None, "text/csv", "text/csv"),
        ("text/csv", "turtle", "text/csv"),
    ],
)
def test_an_override_goes_before_the_header(accept: str | None, override: str, expected: str) -> None:
    """`format=` decides; a format of another kind of answer gives way to a header that names a possible one."""
    assert expected == choose_format(accept, override, RESULT_FORMATS).media_type


@pytest.mark.parametrize(
    ("accept", "override"), [("*/*", "turtle"), (None, "turtle"), ("text/csv", "pdf"), (None, "pdf")]
)
def test_an_override_that_cannot_be_met_is_an_error(accept: str | None, override: str) -> None:
    """The error names what was found and every format that is offered."""
    with pytest.raises(NotAcceptableError, match=f"format={override}.*text/csv") as caught:
        choose_format(accept, override, RESULT_FORMATS)
    assert caught.value.offered == RESULT_FORMATS


#: Every media type that clients send, and the label of the format that they mean where rows, triples or datasets are
#: offered.  Written from the registrations and from what clients are seen to send, not from the table.
SENT: tuple[tuple[str, str | None, str | None], ...] = (
    ("application/sparql-results+json", "SPARQL results in JSON", None),
    ("application/sparql-results+xml", "SPARQL results in XML", None),
    ("text/csv", "Comma-separated values", None),
    ("text/tab-separated-values", "Tab-separated values", None),
    ("application/json", "SPARQL results in JSON", "JSON-LD"),
    ("text/json", "SPARQL results in JSON", None),
    ("application/xml", "SPARQL results in XML", "RDF/XML"),
    ("text/xml", "SPARQL results in XML", "RDF/XML"),
    ("text/turtle", None, "Turtle"),
    ("application/x-turtle", None, "Turtle"),
    ("application/turtle", None, "Turtle"),
    ("text/n3", None, "Turtle"),
    ("text/rdf+n3", None, "Turtle"),
    ("application/n-triples", None, "N-Triples"),
    ("text/plain", None, "N-Triples"),
    ("application/rdf+xml", None, "RDF/XML"),
    ("application/ld+json", None, "JSON-LD"),
    ("application/trig", None, "TriG"),
    ("application/x-trig", None, "TriG"),
    ("application/n-quads", None, "N-Quads"),
    ("text/x-nquads", None, "N-Quads"),
    ("text/html", None, None),
    ("application/xhtml+xml", None, None),
)
#: Every short name and file extension, and the label of the first format that it means.
NAMED: dict[str, str] = {
    **dict.fromkeys(("json", "srj", "sparql-json"), "SPARQL results in JSON"),
    **dict.fromkeys(("xml", "srx", "sparql-xml"), "SPARQL results in XML"),
    "csv": "Comma-separated values",
    "tsv": "Tab-separated values",
    **dict.fromkeys(("turtle", "ttl", "n3"), "Turtle"),
    **dict.fromkeys(("n-triples", "ntriples", "nt"), "N-Triples"),
    **dict.fromkeys(("rdf-xml", "rdf+xml", "rdfxml", "rdf", "owl"), "RDF/XML"),
    **dict.fromkeys(("json-ld", "jsonld"), "JSON-LD"),
    "trig": "TriG",
    **dict.fromkeys(("n-quads", "nquads", "nq"), "N-Quads"),
    "html": "A page",
}
GRAPHS_AND_DATASETS = tuple(form for form in FORMATS if {Content.GRAPH, Content.DATASET} & {*form.carries})


@pytest.mark.parametrize(("media_type", "rows", "triples"), SENT, ids=[sent[0] for sent in SENT])
def test_a_media_type_means_its_format(media_type: str, rows: str | None, triples: str | None) -> None:
    """By header, by `Content-Type` and as a name, among rows and among triples, in any case of letters."""
    for formats, label in ((RESULT_FORMATS, rows), (GRAPHS_AND_DATASETS, triples)):
        for sent in (media_type, media_type.upper(), f"{media_type};q=0.9"):
            offer = negotiate(sent, formats)
            assert (label and (media_type, label)) == (offer and (offer.media_type, offer.format.label))
        for found in (format_of_media_type(f"{media_type}; charset=utf-8", formats), find_format(media_type, formats)):
            assert label == (found and found.label)


@pytest.mark.parametrize("name", NAMED)
def test_a_name_means_its_format(name: str) -> None:
    """Short names and extensions lead to a format, in any case of letters."""
    assert NAMED[name] == getattr(find_format(name), "label", None)
    assert NAMED[name] == getattr(find_format(name.upper()), "label", None)


def test_every_row_of_the_table_is_tried() -> None:
    """No media type, alias, name or extension is in the table of formats without being in these."""
    types = {kind for form in FORMATS for kind in (form.media_type, *form.aliases)}
    names = {name for form in FORMATS for name in (form.name, form.extension, *form.names)}
    assert {sent[0] for sent in SENT} == types
    assert set(NAMED) == names


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.label)
def test_an_extension_leads_to_its_format(form: Format) -> None:
    """A file extension is good for one format alone."""
    assert [form] == [other for other in FORMATS if find_format(form.extension, (other,))]
    assert form is find_format(form.extension.upper())


def test_names_and_types_are_unambiguous() -> None:
    """No two formats share a name, an extension or a media type of their own."""
    for part in ("name", "extension", "media_type"):
        values = [getattr(form, part) for form in FORMATS]
        assert len(set(values)) == len(values), part


@pytest.mark.parametrize("text", ["", "text", "text/", "/csv", "text/csv/x", "text /csv", 'text/csv;a="', "text/csv;="])
def test_what_is_no_media_type_is_none(text: str) -> None:
    """A media type is a type, a subtype and well-formed parameters."""
    assert parse_media_type(text) is None


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, "identity"),
        ("", "identity"),
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("GZIP", "gzip"),
        ("gzip, br, zstd", "zstd"),
        ("gzip;q=1, zstd;q=0.5", "gzip"),
        ("*", "zstd"),
        ("*, zstd;q=0", "br"),
        ("deflate", "identity"),
        ("gzip;q=0", "identity"),
        ("gzip;q=0.5, identity;q=0.8", "identity"),
        ("gzip;q=0.5", "gzip"),
        ("gzip;q=0.5, identity;q=0", "gzip"),
        ("gzip;q=0.5, identity;q=0.5", "gzip"),
        ("identity;q=0", None),
        ("*;q=0", None),
        ("*;q=0, gzip", "gzip"),
        ("gzip;q=nonsense, br", "br"),
    ],
)
def test_content_codings_are_negotiated(header: str | None, expected: str | None) -> None:
    """The coding of greatest weight wins; identity is always possible unless it is excluded (RFC 9110, 12.5.3)."""
    assert expected == negotiate_coding(header, ("zstd", "br", "gzip"))


_media_type = st.sampled_from([offer.media_type for offer in offers_of(RESULT_FORMATS)])
_weight = st.integers(min_value=0, max_value=1000).map(lambda number: f"{number / 1000:.3f}")


@given(st.text(max_size=200))
def test_any_header_can_be_read(header: str) -> None:
    """No text raises an error, and what is read has a weight from 0 to 1."""
    assert all(0 <= each.weight <= 1 for each in parse_accept(header))
    negotiate(header, RESULT_FORMATS)
    negotiate_coding(header, ("gzip",))
    parse_media_type(header)


@given(st.dictionaries(_media_type, _weight, min_size=1))
def test_the_heaviest_named_type_wins(weights: dict[str, str]) -> None:
    """Among types named in full no other rule counts than their weight."""
    offer = negotiate(", ".join(f"{name};q={weight}" for name, weight in weights.items()), RESULT_FORMATS)
    heaviest = max(map(float, weights.values()))
    if heaviest == 0:
        assert offer is None
    else:
        assert offer is not None
        assert heaviest == float(weights[offer.media_type])


@given(st.dictionaries(_media_type, _weight, min_size=1))
def test_the_order_of_members_does_not_count(weights: dict[str, str]) -> None:
    """A header means the same whichever way its members stand."""
    members = [f"{name};q={weight}" for name, weight in weights.items()]
    assert negotiate(",".join(members), RESULT_FORMATS) == negotiate(",".join(reversed(members)), RESULT_FORMATS)


@given(_media_type, st.sampled_from(["*/*;q={0}, {1};q=0", "{1};q=0, */*;q={0}"]))
def test_an_excluded_type_is_never_sent(media_type: str, pattern: str) -> None:
    """A weight of 0 excludes a type although a wildcard allows all."""
    offer = negotiate(pattern.format("0.9", media_type), RESULT_FORMATS)
    assert offer is not None
    assert offer.media_type != media_type


def test_long_headers_take_no_memory() -> None:
    """Strangers who send headers of 100 kB, each time others, do not fill the memory of the service."""
    tracemalloc.start()
    for number in range(100, 200):
        header = f"text/csv;q=0.{number}{' ' * 100_000}, */*;q=0.1"
        negotiate(header, RESULT_FORMATS)
        choose_format(header, None, RESULT_FORMATS)
        negotiate_coding(header, ("gzip",))
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 2_000_000


@pytest.mark.parametrize("form", [None, "x" * 100_000])
def test_a_long_wish_is_not_told_again_whole(form: str | None) -> None:
    """The refusal of a header or a format of 100 kB has its beginning alone."""
    with pytest.raises(NotAcceptableError, match="…") as refused:
        choose_format("image/png" + ";q=0.5" * 20_000, form, RESULT_FORMATS)
    assert len(str(refused.value)) < 2000
