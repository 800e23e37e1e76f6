"""The Python client of a running dualbio service, with the same methods as a local release.

>>> import dualbio
>>> db = dualbio.connect("http://127.0.0.1:8080")  # doctest: +SKIP
>>> db.query("b-cell-targeting-drugs").to_pandas()  # doctest: +SKIP

Answers are kept on disk and asked for again only as "has it changed?"; what fails for a moment is tried again.
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self, cast

import platformdirs
import pyoxigraph as ox

from dualbio.database import Access
from dualbio.describe import EntityDescription, describe
from dualbio.errors import NotFoundError, ParameterError, StoreError, did_you_mean
from dualbio.model.namespaces import BASE, graph_iri, term
from dualbio.queries import Library, QueryResult, SavedQuery, parse_query, shown_values, split_document
from dualbio.release.folder import sha256_of
from dualbio.search import Found, Suggestions, checked
from dualbio.store.embedded import EmbeddedStore
from dualbio.store.http import make_client, raise_for_problem, translate_network_errors
from dualbio.store.remote import RemoteStore

if TYPE_CHECKING:
    import httpx

    from dualbio.why import Derivation

__all__ = ["Dump", "RemoteDatabase", "connect"]

_RESULTS = "application/sparql-results+json"
_PIECE = 1 << 16
#: A dump is fetched as the file it is, and kept where the user wants it, not in the cache.
_AS_IS = {"Accept-Encoding": "identity", "Cache-Control": "no-store"}


@dataclass(frozen=True)
class Dump:
    """A file that a service offers: its name, address, number of triples; size and SHA-256 where they are known."""

    name: str
    url: str
    triples: int | None = None
    bytes: int | None = None
    sha256: str | None = None


def connect(
    url: str, *, cache: str | Path | bool = True, retries: int = 3, timeout: float = 60.0, release: str | None = None
) -> RemoteDatabase:
    """Return a running service, to be asked like an open release.

    Args:
        url: where its home page is, such as `http://127.0.0.1:8080`.
        cache: whether answers are kept in the user's cache folder, or the file to keep them in.
        retries: how many times a question is repeated when the server is busy or the network fails.
        timeout: seconds without a byte after which an answer is given up.
        release: id of the release that must answer; any may when it is None.

    Raises:
        MissingExtraError: the packages of the extra `client` are not installed.
        StoreError: no dualbio service answers there, or it serves another release.
    """
    place = _cache_file() if cache is True else Path(cache) if cache else None
    return RemoteDatabase(url, make_client(cache=place, retries=retries, timeout=timeout), release=release)


class RemoteDatabase(Access):
    """A dualbio service behind HTTP; use it as a context, or `close` it."""

    def __init__(self, url: str, client: httpx.Client, *, release: str | None = None) -> None:
        """Ask the service at `url` through `client`; refuse answers of any release but `release`."""
        self.url = url.rstrip("/")
        self._client = client
        self._wanted = release
        self._listing: dict[str, Any] = self._json("data/")
        if "release" not in self._listing:
            raise StoreError(f"{self.url}: found no dualbio service; accepted: the address of its home page")

    def __enter__(self) -> Self:
        """Return the service itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    # --- what every release can be asked ------------------------------------------------------------------------------

    @cached_property
    def store(self) -> RemoteStore:
        """The data, as something that answers SPARQL."""
        return RemoteStore(f"{self.url}/sparql", client=self._client)

    @cached_property
    def queries(self) -> Library:
        """The saved queries of the service by name, read and checked as those on disk are."""
        names = [entry["name"] for entry in self._json("queries/")["queries"]]
        return Library({name: self._saved(name) for name in names})

    @property
    def release_id(self) -> str:
        """The id of the release that the service had when this connection was made."""
        return str(self._listing["release"])

    def query(self, name: str, **params: object) -> QueryResult:  # noqa: D102 - as `Access` says
        full = name if "/" in name else self._full_name(name)
        fields = _fields(params)
        # The service puts the parameters in their places; what stands there then is what they mean.
        bound = self._saved(full, fields)
        terms = {
            key: tuple(each for each in bound.defaults[key] if each is not None)
            if key in bound.blocks
            else tuple(map(ox.Literal, fields[key]))  # `exact` changes paths and has no block
            for key in fields
        }
        response = self._get(f"queries/{full}", params=fields, accept=_RESULTS)
        release = response.headers.get("Dualbio-Release")
        about = {"query": full, "params": shown_values(terms), "release": release, "text": bound.text}
        document, omissions = split_document(response.content)
        answer = QueryResult.from_json(
            document, types=bound.types, reading=bound.head.shown, plot=bound.head.plot, **about
        )
        return answer.citing(bound.head.summary, self.resolver.cited).beside(omissions)

    def describe(self, text: str) -> EntityDescription:  # noqa: D102 - as `Access` says
        node = self.find(text)
        data = ox.Store()
        data.extend(self._document(node))
        data.extend(self._pointing(node))
        found = describe(EmbeddedStore(data), node)
        if found is None:
            raise NotFoundError(f"nothing is known about {node}")
        return found

    def why(self, subject: str, predicate: str, obj: str, *, limit: int = 1) -> list[Derivation]:  # noqa: D102
        from dualbio.why import Derivation  # noqa: PLC0415 - brings the rules

        asked = {"s": subject, "p": predicate, "o": obj, "limit": str(limit)}
        found = self._get("why", params=asked, accept="application/json").json()
        return [Derivation.from_dict(each) for each in found]

    def search(  # noqa: D102 - as `Access` says
        self, text: str, *, kind: str | None = None, limit: int = 20, offset: int = 0
    ) -> Found:
        checked(text, kind, limit, offset)
        asked = {"q": text, "limit": limit, "offset": offset, **({"kind": kind} if kind else {})}
        return Found.from_dict(self._get("search", params=asked, accept="application/json").json())

    def suggest(self, text: str, *, limit: int = 8) -> Suggestions:  # noqa: D102 - as `Access` says
        checked(text, None, limit, 0)
        asked = {"q": text, "limit": limit}
        return Suggestions.from_dict(self._get("suggest", params=asked, accept="application/json").json())

    # --- what only a service has --------------------------------------------------------------------------------------

    @property
    def releases(self) -> tuple[str, ...]:
        """The ids of the releases that the service keeps, the newest first."""
        return tuple(self._listing["releases"])

    def dumps(self) -> tuple[Dump, ...]:
        """Return the files that the service offers of its release: RDF of everything and of each graph, and tables."""
        listing = self._json(f"data/{self.release_id}/")
        dumps = [
            Dump(*(each.get(name) for name in ("name", "url", "triples", "bytes", "sha256")))
            for each in listing["dumps"]
        ]
        root = f"/data/{self.release_id}/"
        files = [*listing.get("tables", ()), *listing.get("descriptions", ())]
        return (*dumps, *(Dump(url.partition(root)[2], url) for url in files))

    def download(self, name: str, to: str | Path, *, progress: Callable[[int, int | None], None] | None = None) -> Path:
        """Fetch a dump into the file or folder `to`, go on where an earlier try broke off, and check its SHA-256.

        Args:
            name: such as `dualbio.nq.gz`, `graphs/study/bliss-believe.ttl` or `tables/results.parquet`.
            to: the file to write, or a folder that exists.
            progress: called with the bytes that are there and the bytes of the whole.

        Returns:
            The file; it appears only when it is whole.

        Raises:
            NotFoundError: the service has no such dump.
            StoreError: the service could not be reached, or sent something else than it had announced.
        """
        to = Path(to)
        target = to / Path(name).name if to.is_dir() else to
        url = f"{self.url}/data/{self.release_id}/{name}"
        with translate_network_errors(url):
            head = self._client.head(url, headers=_AS_IS)
            if not head.is_success:
                raise_for_problem(self._client.get(url))  # a HEAD answer has no body with the reason
            digest = head.headers.get("ETag", "").strip('"')
            part = target.with_name(f"{target.name}.{digest[:12]}.part")
            self._fetch(url, part, digest, progress)
        found = sha256_of(part)
        if found != digest:
            part.unlink()
            raise StoreError(f"{url}: found SHA-256 {found}; accepted: {digest}; repair: fetch it again")
        return part.replace(target)

    def quads(self, graph: str | None = None) -> Iterator[ox.Quad]:
        """Yield the triples of the release, or of the named graph called `graph` (such as `study/bliss-believe`).

        They are read while they arrive: memory stays small.

        Raises:
            NotFoundError: there is no such graph.
            StoreError: the service could not be reached, or the stream broke off.
        """
        stem = f"graphs/{graph}" if graph else "dualbio"
        url = f"{self.url}/data/{self.release_id}/{stem}.nq.gz"
        with translate_network_errors(url), self._client.stream("GET", url, headers=_AS_IS) as response:
            raise_for_problem(response)
            pieces = io.BufferedReader(_Pieces(response.iter_raw()), _PIECE)
            try:
                with gzip.GzipFile(fileobj=pieces) as plain:
                    yield from ox.parse(cast("IO[bytes]", plain), ox.RdfFormat.N_QUADS)
            except (EOFError, SyntaxError, gzip.BadGzipFile) as error:
                raise StoreError(f"{url}: the dump is broken: {error}; repair: fetch it again") from error

    # --- requests -----------------------------------------------------------------------------------------------------

    def _get(self, path: str, *, params: Mapping[str, Any] | None = None, accept: str = "*/*") -> httpx.Response:
        url = f"{self.url}/{path}"
        with translate_network_errors(url):
            response = self._client.get(url, params=params, headers={"Accept": accept})
        raise_for_problem(response)
        served = response.headers.get("Dualbio-Release")
        if self._wanted and served != self._wanted:
            raise StoreError(
                f"{self.url}: found release {served}; accepted: {self._wanted}, as asked for; "
                "repair: connect without it, or fetch the dumps of that release"
            )
        return response

    def _json(self, path: str) -> dict[str, Any]:
        response = self._get(path, accept="application/json")
        try:
            content = response.json()
        except ValueError as error:
            raise StoreError(f"{self.url}/{path}: found no JSON; accepted: a dualbio service") from error
        return content if isinstance(content, dict) else {}

    def _saved(self, name: str, fields: Mapping[str, list[str]] | None = None) -> SavedQuery:
        """Return a saved query of the service, with the values of `fields` as its defaults."""
        response = self._get(f"queries/{name}.rq", params=fields, accept="application/sparql-query")
        return parse_query(response.content.decode(), name)

    def _full_name(self, name: str) -> str:
        names = [entry["name"] for entry in self._json("queries/")["queries"]]
        found = [each for each in names if each.partition("/")[2] == name]
        if len(found) != 1:
            hint = did_you_mean(name, [each.partition("/")[2] for each in names])
            raise NotFoundError(f"there is no saved query '{name}'{hint}; the list: {self.url}/queries/")
        return str(found[0])

    def _document(self, node: ox.NamedNode) -> list[ox.Quad]:
        """Return the document of a thing; terms of the vocabulary are all in one."""
        document = node.value.partition("#")[0]
        if not document.startswith(BASE):
            raise NotFoundError(f"nothing is known about {node}; accepted: an IRI below {BASE}")
        response = self._get(document.removeprefix(BASE), accept="application/trig")
        default = graph_iri("ontology") if "#" in node.value else ox.DefaultGraph()
        found = [*ox.parse(response.content, ox.RdfFormat.TRIG)]
        # Where a document has named graphs, its default graph repeats them.
        quads = [quad for quad in found if quad.graph_name != ox.DefaultGraph()] or found
        if "#" in node.value:
            quads += self._construct(_FILES.replace("$graph", str(graph_iri("ontology"))), graph_iri("provenance"))
        return [
            q if isinstance(q.graph_name, ox.NamedNode) else ox.Quad(q.subject, q.predicate, q.object, default)
            for q in quads
        ]

    def _pointing(self, node: ox.NamedNode) -> Iterator[ox.Quad]:
        """Yield every triple by which something named points to a node, with the labels and places of those who do."""
        for row in cast(ox.QuerySolutions, self.sparql(_POINTING.replace("$node", str(node)))):
            subject, predicate, graph, label, position = row
            yield ox.Quad(subject, predicate, node, graph)
            if label is not None:
                yield ox.Quad(subject, term("rdfs:label"), label, graph_iri("entities"))
            if position is not None:
                yield ox.Quad(subject, term("position"), position, graph_iri("entities"))

    def _construct(self, text: str, graph: ox.NamedNode) -> Iterator[ox.Quad]:
        for triple in self.store.construct(text):
            yield ox.Quad(triple.subject, triple.predicate, triple.object, graph)

    def _fetch(self, url: str, part: Path, digest: str, progress: Callable[[int, int | None], None] | None) -> None:
        """Bring a file, or what is missing of it, into `part`; `digest` is its entity tag."""
        have = part.stat().st_size if part.exists() else 0
        headers = dict(_AS_IS)
        if have:
            headers |= {"Range": f"bytes={have}-", "If-Range": f'"{digest}"'}
        with self._client.stream("GET", url, headers=headers) as response:
            if response.status_code == 416:  # it was whole already
                return
            raise_for_problem(response)
            going_on = response.status_code == 206
            done = have if going_on else 0
            length = response.headers.get("Content-Length")
            whole = done + int(length) if length else None
            with part.open("ab" if going_on else "wb") as file:
                for piece in response.iter_raw(_PIECE):
                    file.write(piece)
                    done += len(piece)
                    if progress:
                        progress(done, whole)


_POINTING = """
SELECT ?s ?p ?g ?label ?position WHERE {
  GRAPH ?g { ?s ?p $node } FILTER (!isBlank(?s))
  OPTIONAL { ?s rdfs:label ?label } OPTIONAL { ?s dualbio:position ?position }
}
"""

_FILES = """
CONSTRUCT { $graph prov:wasDerivedFrom ?file . ?file rdfs:label ?label }
WHERE { $graph prov:wasDerivedFrom ?file . ?file rdfs:label ?label }
"""


class _Pieces(io.RawIOBase):
    """The pieces of an answer as a file that can be read once."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = piece
        size = min(len(buffer), len(self._left))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size


def _several(value: object) -> Sequence[object]:
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=str)
    return value if isinstance(value, (list, tuple)) else [value]


def _fields(params: Mapping[str, object]) -> dict[str, list[str]]:
    """Return parameters as the fields of a form: what is None is left out, a list is repeated."""
    fields = {}
    for name, value in params.items():
        if value is None:
            continue
        texts = [_text(each) for each in _several(value)]
        if not texts or not all(text.strip() for text in texts):
            raise ParameterError(f"parameter '{name}': found an empty value; accepted: one or more values")
        fields[name] = texts
    return fields


def _text(value: object) -> str:
    if isinstance(value, (ox.NamedNode, ox.Literal)):
        return value.value
    return str(value).lower() if isinstance(value, bool) else str(value)


def _cache_file() -> Path | None:
    """Return the file of the user's cache; None for a user without a home, whose answers are not kept."""
    try:
        return Path(platformdirs.user_cache_dir("dualbio")) / "http.db"
    except (RuntimeError, KeyError):
        return None
