"""`dualbio load`: copy a release to another SPARQL store."""

from __future__ import annotations

from contextlib import ExitStack

import click

from dualbio.cli.common_options import ensure_with_progress, own_folders
from dualbio.cli.progress import stages
from dualbio.errors import counted
from dualbio.export.rdf.graphs import graph_files
from dualbio.export.rdf.push import push
from dualbio.settings import Settings
from dualbio.store.credentials import Credentials
from dualbio.store.remote import GraphStore, RemoteStore

__all__ = ["load"]


@click.command()
@click.option("--to", "address", required=True, help="Address of the store's Graph Store HTTP Protocol.")
@click.option(
    "--endpoint",
    help="Address of its SPARQL endpoint, to remove graphs of older releases and count all triples.",
)
@own_folders
@click.pass_obj
def load(settings: Settings, address: str, endpoint: str | None) -> None:
    """Load the release into a SPARQL 1.1 store: Oxigraph's server, Virtuoso, Fuseki, GraphDB and others.

    The path for --to is /store for Oxigraph, /sparql-graph-crud-auth for Virtuoso, /DATASET/data for Fuseki.
    DUALBIO_STORE_USER and DUALBIO_STORE_PASSWORD, or DUALBIO_STORE_TOKEN, are the credentials. Each graph is fetched
    again and compared; an interrupted load continues where it stopped.
    """
    release = ensure_with_progress(settings)
    known = Credentials.of(settings)
    names = [graph.name for graph in graph_files(release.folder)]
    with ExitStack() as stack:
        graphs = stack.enter_context(GraphStore(address, credentials=known))
        store = stack.enter_context(RemoteStore(endpoint, credentials=known)) if endpoint else None
        sent = push(release.folder, graphs, store, stack.enter_context(stages("Loading", names)))
    told = f", {counted(release.manifest['triples'], 'triple')} counted there" if endpoint else ""
    before = f" ({sent.before} were there)" if sent.before else ""
    click.echo(f"{counted(sent.graphs, 'graph')} of release {release.id} loaded into {address}{before}{told}")
