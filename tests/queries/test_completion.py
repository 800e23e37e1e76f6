"""What the tab key offers: in a real bash as bash would ask, and in zsh and fish by what their scripts ask for."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

from asking import program
from dualbio.cli.completion import use_own_shells
from dualbio.cli.main import cli
from dualbio.release.folder import Release

Offer = Callable[..., list[str]]


@pytest.fixture(scope="module")
def releases(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose current release is the real one."""
    folder = tmp_path_factory.mktemp("current")
    (folder / "current").symlink_to(release.folder)
    return folder


@pytest.fixture
def offer(releases: Path, monkeypatch: pytest.MonkeyPatch) -> Offer:
    """A function that returns what is offered for the last of some words, in this process."""
    monkeypatch.setenv("DUALBIO_RELEASES", str(releases))

    def words(*given: str) -> list[str]:
        shell = ShellComplete(cli, {}, "dualbio", "_DUALBIO_COMPLETE")
        return [item.value for item in shell.get_completions(list(given[:-1]), given[-1])]

    return words


def test_queries_are_offered(offer: Offer) -> None:
    """A saved query is offered by its whole name, or by its own once it is begun."""
    assert "safety/deaths" in offer("query", "")
    assert ["safety/deaths"] == offer("query", "safety/dea")
    assert ["deaths"] == offer("query", "dea")
    assert ["safety/deaths"] == offer("queries", "safety/dea")


def test_parameters_are_offered(offer: Offer) -> None:
    """After -p come the names of the parameters, wherever the option stands."""
    assert ["event=", "disease=", "pair=", "study=", "statistic=", "exact="] == offer("query", "deaths", "-p", "")
    assert ["event=", "exact="] == offer("query", "safety/deaths", "-p", "disease=sle", "-p", "e")
    assert [] == offer("query", "no-such-query", "-p", "")
    assert [] == offer("query", "-p", "")


def test_values_are_offered(offer: Offer) -> None:
    """After the equals sign come keys of the kind, values of a scheme, and the words of an enumeration."""
    assert ["disease=sle"] == offer("query", "deaths", "-p", "disease=sl")
    assert ["disease=sle,rheumatoid-arthritis"] == offer("query", "deaths", "-p", "disease=sle,rheu")
    assert {"exact=event", "exact=disease"} == set(offer("query", "deaths", "-p", "exact="))
    assert "strategy=sequential" in offer("query", "combination-studies-by-disease", "-p", "strategy=")
    assert [] == offer("query", "deaths", "-p", "nothing=")


def test_topics_formats_and_graphs_are_offered(offer: Offer) -> None:
    """Options with known values offer them."""
    assert ["safety"] == offer("queries", "--topic", "sa")
    assert ["csv"] == offer("query", "deaths", "--format", "c")
    assert "study/bliss-believe" in offer("export", "--graph", "study/bl")


def test_own_queries_are_offered(offer: Offer, tmp_path: Path) -> None:
    """A folder that the line names counts; a broken file in it offers nothing, and breaks nothing."""
    path = tmp_path / "mine" / "drugs.rq"
    path.parent.mkdir()
    head = "#+ summary: Which?\n#+ description: Drugs.\n#+ tags: [mine]\n#+ columns:\n#+ - {name: d, meaning: drug}\n"
    path.write_text(head + "SELECT ?d WHERE { ?d a dualbio:Drug }\n", encoding="utf-8")
    assert ["mine/drugs"] == offer("query", "--queries", str(tmp_path), "mine/")
    path.write_text("SELECT", encoding="utf-8")
    assert [] == offer("query", "--queries", str(tmp_path), "mine/")


def test_without_a_release_the_examples_are_offered(
    offer: Offer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Completion never builds a release; until there is one, values are the examples of the head."""
    monkeypatch.setenv("DUALBIO_RELEASES", str(tmp_path))
    assert ["disease=sle"] == offer("query", "deaths", "-p", "disease=")
    assert [] == list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the command, as an installation would have it."""
    path = tmp_path_factory.mktemp("bin") / "dualbio"
    start = f"import sys; sys.path[:0] = {sys.path!r}; sys.argv[0] = 'dualbio'; from dualbio.cli import main; main()"
    path.write_text(f"#!{sys.executable}\n{start}\n", encoding="utf-8")
    path.chmod(0o755)
    return path.parent


@pytest.fixture
def environment(command: Path, releases: Path) -> dict[str, str]:
    """The environment of a shell that finds the command and the release."""
    path = f"{command}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "DUALBIO_RELEASES": str(releases)}


#: A line as bash takes it apart (at blanks, `=` and `:`), and what it must put in the place of the last word.
LINES = [
    (["dualbio", "query", "deaths", "-p", "dis"], ["disease="]),
    (["dualbio", "query", "deaths", "-p", "disease", "=", "sl"], ["sle"]),
    (["dualbio", "query", "deaths", "-p", "disease", "=", "sle,rheu"], ["sle,rheumatoid-arthritis"]),
    (["dualbio", "query", "deaths", "-p", "exact", "="], ["event", "disease"]),
    (["dualbio", "queries", "--topic", "=", "sa"], ["safety"]),
]


def test_bash_completes(environment: dict[str, str]) -> None:
    """Bash with our script puts the right words in place, although it takes `name=value` apart."""
    asked = "\n".join(
        f"COMP_WORDS=({' '.join(map(repr, words))}); COMP_CWORD={len(words) - 1}; COMPREPLY=(); "
        'complete_it dualbio 2>/dev/null; echo "${COMPREPLY[*]}"'
        for words, _ in LINES
    )
    script = f"""
      eval "$(_DUALBIO_COMPLETE=bash_source dualbio)"
      rule=($(complete -p dualbio)); complete_it() {{ "${{rule[4]}}" "$@"; }}
      {asked}
    """
    done = subprocess.run(["bash", "--norc", "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert [" ".join(expected) for _, expected in LINES] == done.stdout.splitlines(), done.stderr


@pytest.mark.parametrize(
    ("shell", "word", "expected"),
    [
        ("zsh", "4", ["plain", "disease=sle", "systemic lupus erythematosus"]),
        ("fish", "disease=sl", ["plain,disease=sle\tsystemic lupus erythematosus"]),
    ],
)
def test_other_shells_are_answered(shell: str, word: str, expected: list[str], environment: dict[str, str]) -> None:
    """Zsh and fish keep `name=value` together, and are told the label of each value."""
    line = {"COMP_WORDS": "dualbio query deaths -p disease=sl", "COMP_CWORD": word}
    asked = {**environment, **line, "_DUALBIO_COMPLETE": f"{shell}_complete"}
    done = subprocess.run(["dualbio"], env=asked, capture_output=True, text=True, check=True)
    assert expected == done.stdout.split("\n")[: len(expected)]


@pytest.mark.parametrize(
    ("shell", "theirs", "change"),
    [
        ("bash", BashComplete, "compopt -o nospace"),
        ("zsh", ZshComplete, 'joined=(-S "")'),
        ("zsh", ZshComplete, '-U "${joined[@]}"'),
        ("fish", FishComplete, 'split -m 1 ","'),
    ],
)
def test_scripts_are_changed_where_we_mean(shell: str, theirs: type[ShellComplete], change: str) -> None:
    """Our scripts are those of click with our changes in them: a click that moves the places is noticed."""
    use_own_shells()
    ours = click.shell_completion.get_completion_class(shell)
    assert ours is not None
    assert change in ours.source_template
    assert change not in theirs.source_template


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_scripts_are_scripts(shell: str, environment: dict[str, str]) -> None:
    """The shell takes our script."""
    made = {**environment, "_DUALBIO_COMPLETE": f"{shell}_source"}
    script = subprocess.run(["dualbio"], env=made, capture_output=True, text=True, check=True).stdout
    subprocess.run([program(shell), "-n", "-c", script], env=environment, check=True)
