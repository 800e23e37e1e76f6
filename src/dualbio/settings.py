"""Settings, read once at the entry point from `DUALBIO_*` environment variables and passed down from there."""

from __future__ import annotations

from pathlib import Path

import platformdirs
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from dualbio.namespaces import BASE
from dualbio.resources import Sources, shipped_sources

__all__ = ["Settings"]


class Settings(BaseSettings):
    """All settings of dualbio; each has a default and one sentence."""

    model_config = SettingsConfigDict(env_prefix="DUALBIO_", frozen=True)

    ontology: Path | None = Field(default=None, description="Folder of curated sources; by default the shipped one.")
    queries: Path | None = Field(default=None, description="Folder of saved queries; by default the shipped one.")
    releases: Path = Field(
        default_factory=lambda: Path(platformdirs.user_cache_dir("dualbio")) / "releases",
        description="Folder that holds built releases; by default in the user's cache folder.",
    )
    layers: tuple[Path, ...] = Field(
        default=(), description="Folders of own evidence laid over the curated data, as a JSON list; none by default."
    )
    own_queries: tuple[Path, ...] = Field(
        default=(), description="Folders of own saved queries beside the shipped ones, as a JSON list; none by default."
    )
    host: str = Field(default="127.0.0.1", description="Address that the server listens on.")
    port: int = Field(default=8080, ge=0, le=65535, description="Port that the server listens on.")
    base_url: str = Field(
        default=BASE,
        description="Address under which the service is known; the canonical IRIs never change with it.",
    )
    web_workers: int = Field(default=2, ge=1, description="Web processes.")
    web_threads: int = Field(default=64, ge=2, description="Requests that each web process answers at a time.")
    query_workers: int = Field(default=2, ge=1, description="Killable processes that evaluate queries.")
    query_timeout: float = Field(
        default=30.0, gt=0, description="Seconds that a query may run unless it asks for less."
    )
    query_timeout_max: float = Field(default=60.0, gt=0, description="Most seconds that a query may ask for.")
    query_memory: int = Field(default=1024, ge=16, description="MiB that one query may use beyond the store itself.")
    query_queue: int = Field(
        default=32, ge=0, description="Queries of each web process that may wait for a free worker."
    )
    query_wait: float = Field(default=10.0, gt=0, description="Seconds that a query may wait for a free worker.")
    client_share: float = Field(
        default=0.75, gt=0, le=1, description="Part of the queries of a web process that one client address may have."
    )
    spool_limit: int = Field(default=4096, ge=1, description="MiB of one answer that may be spooled to disk.")
    cache_size: int = Field(default=64, ge=0, description="MiB of answers kept in memory by each web process.")
    request_limit: int = Field(default=1024, ge=1, description="KiB that a request body may have.")
    service_allow: tuple[str, ...] = Field(default=(), description="IRIs that SERVICE may call; none by default.")
    access_log: bool = Field(default=True, description="Whether each request is a line of JSON on standard error.")
    update_token: str | None = Field(
        default=None, description="Token that allows updates of user graphs; off by default."
    )
    user_graphs: Path | None = Field(
        default=None, description="Folder of the user graphs; by default `user` in the folder of releases."
    )

    @property
    def sources(self) -> Sources:
        """The folders that a release is built from."""
        if self.ontology and self.queries:
            return Sources(self.ontology, self.queries, self.layers)
        shipped = shipped_sources()
        return Sources(self.ontology or shipped.ontology, self.queries or shipped.queries, self.layers)

    @property
    def user_graph_folder(self) -> Path:
        """The folder of user graphs, which outlive every release."""
        return self.user_graphs or self.releases / "user"

    @property
    def query_folders(self) -> tuple[Path, ...]:
        """The folders of saved queries that can be asked: those of the release, and the user's own."""
        return (self.sources.queries, *self.own_queries)

    def over(self, layers: tuple[Path, ...]) -> Settings:
        """Return these settings with a user's folders laid over; such releases live apart from the published ones."""
        if not layers:
            return self
        return self.model_copy(update={"layers": layers, "releases": self.releases / "local"})
