"""Settings, read once at the entry point from `DUALBIO_*` environment variables and passed down from there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, field_validator, model_validator
from pydantic_core import from_json

from dualbio.errors import ReleaseError
from dualbio.model.namespaces import BASE
from dualbio.sources.folders import SourceFolders, shipped_sources
from dualbio.sources.project import read_project

__all__ = ["Settings"]


def _cache_folder() -> Path:
    """Return the folder of releases in the user's cache.

    Raises:
        ReleaseError: the user has neither a home nor an entry among the users, as in some containers.
    """
    try:
        return Path(platformdirs.user_cache_dir("dualbio")) / "releases"
    except (RuntimeError, KeyError) as error:
        raise ReleaseError(f"there is no cache folder: {error}; repair: set HOME or DUALBIO_RELEASES") from error


class Settings(BaseModel):
    """All settings of dualbio; each has a default and one sentence, and is otherwise read from its variable.

    (pydantic-settings does this too, and takes longer to import than all the rest of a command line.)
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    ontology: Path | None = Field(default=None, description="Folder of curated sources; by default the shipped one.")
    queries: Path | None = Field(default=None, description="Folder of saved queries; by default the shipped one.")
    releases: Path = Field(
        default_factory=_cache_folder,
        description="Folder of built releases; by default in the user's cache folder.",
    )
    layers: tuple[Path, ...] = Field(
        default=(),
        description="Folders of your own evidence to overlay on the curated data, as a JSON list; none by default.",
    )
    own_queries: tuple[Path, ...] = Field(
        default=(),
        description="Folders of your own saved queries to add to the shipped ones, as a JSON list; none by default.",
    )
    registry: str = Field(
        default="https://clinicaltrials.gov/api/v2/studies",
        description="Address of the registry's records that `refresh` and `import ctgov --fetch` read, or a mirror.",
    )
    host: str = Field(default="127.0.0.1", description="Address that the server listens on.")
    port: int = Field(default=8080, ge=0, le=65535, description="Port that the server listens on.")
    base_url: str = Field(
        default=BASE,
        description="Public address of the service; the canonical IRIs stay the same.",
    )
    contact: str = Field(
        default="",
        pattern=r"^((https?://|mailto:)[^\s<>\"]+)?$",
        description="Contact address of the operator, shown on `/about`: a web page, or `mailto:` and a mail address.",
    )
    web_workers: int = Field(default=2, ge=1, description="Number of web processes.")
    web_threads: int = Field(
        default=64, ge=2, description="Number of requests that each web process handles at a time."
    )
    query_workers: int = Field(default=2, ge=1, description="Number of killable processes that evaluate queries.")
    query_timeout: float = Field(
        default=30.0, gt=0, description="Time limit of a query that requests no other, in seconds."
    )
    query_timeout_max: float = Field(
        default=60.0, gt=0, description="Longest time limit that a client may request, in seconds."
    )
    query_memory: int = Field(
        default=1024, ge=16, description="Memory that one query may use beyond the store itself, in MiB."
    )
    query_queue: int = Field(
        default=32, ge=0, description="Number of queries per web process that may wait for a free worker."
    )
    query_wait: float = Field(
        default=10.0, gt=0, description="Longest time that a query may wait for a free worker, in seconds."
    )
    client_share: float = Field(
        default=0.75,
        gt=0,
        le=1,
        description="Share of a web process's query slots that one client address may hold, above 0 and up to 1.",
    )
    spool_limit: int = Field(default=4096, ge=1, description="Largest answer that may be spooled to disk, in MiB.")
    cache_size: int = Field(default=64, ge=0, description="Memory for cached answers in each web process, in MiB.")
    request_limit: int = Field(default=1024, ge=1, description="Largest accepted request body, in KiB.")
    service_allow: tuple[str, ...] = Field(
        default=(), description="IRIs that SERVICE may call, as a JSON list; none by default."
    )
    access_log: bool = Field(
        default=True, description="Whether to log each request as a line of JSON on standard error."
    )
    update_token: str | None = Field(
        default=None, description="Token that allows updates of user graphs; without it updates are off."
    )
    user_graphs: Path | None = Field(
        default=None, description="Folder of the user graphs; by default `user` in the folder of releases."
    )
    store_memory: int = Field(
        default=0,
        ge=0,
        description="Memory for all copies of a release, in MiB; one that needs more is read from disk; "
        "0 for half of the machine's.",
    )
    engine: str = Field(
        default="",
        pattern=r"^(https?://[^\s<>\"]+)?$",
        description="SPARQL endpoint of another engine that holds the release and answers the queries.",
    )
    store_user: str = Field(
        default="", description="User name for another engine, with `load`, `serve` and `--endpoint`."
    )
    store_password: str = Field(
        default="", description="Password of that user, sent by Digest or Basic authentication."
    )
    store_token: str = Field(
        default="", description="Bearer token for another engine, instead of user name and password."
    )

    _published: Path | None = PrivateAttr(default=None)

    @model_validator(mode="before")
    @classmethod
    def _of_environment(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        """Add what the variables say to what is given, which goes before; case does not matter in their names."""
        variables = {name.lower(): value for name, value in os.environ.items()}
        told = {name: variables[f"dualbio_{name}"] for name in cls.model_fields if f"dualbio_{name}" in variables}
        return told | dict(given)

    @field_validator("layers", "own_queries", "service_allow", mode="before")
    @classmethod
    def _of_json(cls, value: object) -> object:
        """Read a list, which a variable has as JSON."""
        try:
            return from_json(value) if isinstance(value, str) else value
        except ValueError as error:
            raise ValueError('a list in JSON, such as ["one", "two"]') from error

    @classmethod
    def of_project(cls, folder: Path) -> Settings:
        """Return the settings of the environment, with what the project file of `folder` names.

        Raises:
            ParameterError: there is a project file, and it is broken.
            ValidationError: a variable has a value that its setting does not take.
        """
        settings, project = cls(), read_project(folder)
        own = (*settings.own_queries, *project.queries)
        return settings.model_copy(update={"own_queries": own}).over(project.layers)

    @property
    def sources(self) -> SourceFolders:
        """The folders that a release is built from."""
        if self.ontology and self.queries:
            return SourceFolders(self.ontology, self.queries, self.layers)
        shipped = shipped_sources()
        return SourceFolders(self.ontology or shipped.ontology, self.queries or shipped.queries, self.layers)

    @property
    def workplace(self) -> Path:
        """The folder of own evidence that commands write to: the last of the layers, or the current folder."""
        return self.layers[-1] if self.layers else Path()

    @property
    def user_graph_folder(self) -> Path:
        """The folder of user graphs, which outlive every release."""
        return self.user_graphs or self.releases / "user"

    @property
    def query_folders(self) -> tuple[Path, ...]:
        """The folders of saved queries that can be asked: those of the release, and the user's own."""
        return (self.sources.queries, *self.own_queries)

    @property
    def published(self) -> Path:
        """The folder of releases without own evidence."""
        return self._published or self.releases

    def over(self, layers: tuple[Path, ...]) -> Settings:
        """Return these settings with a user's folders over them; such releases are kept apart from published ones."""
        if not layers:
            return self
        folders = tuple(dict.fromkeys(folder.resolve() for folder in (*self.layers, *layers)))
        over = self.model_copy(update={"layers": folders, "releases": self.published / "local"})
        over._published = self.published  # noqa: SLF001 - an instance of this class
        return over
