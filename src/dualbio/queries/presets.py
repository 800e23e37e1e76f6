"""Presets: further questions that a saved query answers with other values of its parameters.

A preset has a name, an address and an expected answer like any query.  Its text is the one of its query with its own
head, and with its values as the rows of the `VALUES` blocks, so that it can be sent anywhere as it is.
"""

from __future__ import annotations

from collections.abc import Iterator

import yaml
from pyoxigraph import Literal, NamedNode

from dualbio.errors import did_you_mean
from dualbio.model.namespaces import KINDS, PREFIXES, expand, term
from dualbio.queries.head import ABOUT_TYPES, DATATYPES, Parameter, Preset, QueryHead, Scalar
from dualbio.queries.query_text import hierarchies, value_blocks
from dualbio.sources.yaml_lines import SafeDumper
from dualbio.sparql.tokens import replaced

__all__ = ["preset_problems", "preset_text"]

#: Under this name a preset lists parameters whose values are taken without what is below them.
_EXACT = "exact"
#: How a description says that a parameter takes what is below its values too.
_DEEP = ", each with those below it"
#: The emitter of libyaml, which writes the same and is several times as fast, where PyYAML was built with it.


def preset_text(text: str, head: QueryHead, preset: Preset) -> str:
    """Return the text of a preset of the query that `text` and `head` are."""
    params = {param.name: param for param in head.params}
    changes = [
        (block.start, block.end, f" {' '.join(_term(params[block.name], each) for each in values) or 'UNDEF'} ")
        for block in value_blocks(text)
        for values in (preset.params.get(block.name),)
        if values is not None
    ]
    alone = preset.params.get(_EXACT, ())
    changes += [(each.start, each.end, each.own) for each in hierarchies(text) if each.name in alone]
    about = any(param.type in ABOUT_TYPES and preset.params.get(param.name) for param in head.params)
    own = head.model_copy(
        update={
            **{name: getattr(preset, name) for name in ("summary", "description", "tags")},
            "not_known": None if about else head.not_known,
            "params": tuple(_described(param, preset) for param in head.params),
            "presets": (),
        }
    )
    body = "\n".join(line for line in replaced(text, changes).splitlines() if not line.startswith("#+"))
    return f"{_head_lines(own)}{body.lstrip()}\n"


def preset_problems(text: str, head: QueryHead, preset: Preset) -> Iterator[str]:
    """Yield what is wrong with the values of a preset of the query that `text` and `head` are."""
    params = {param.name: param for param in head.params}
    deep = sorted({each.name for each in hierarchies(text)})
    for value in preset.params.get(_EXACT, ()):
        if value not in deep:
            yield f"preset '{preset.name}': '{_EXACT}' is '{value}'; accepted: {', '.join(deep) or 'nothing here'}"
    for name, values in preset.params.items():
        if name == _EXACT:
            continue
        param = params.get(name)
        if param is None:
            yield f"preset '{preset.name}' sets '{name}'; accepted: {', '.join(params)}{did_you_mean(name, [*params])}"
            continue
        for value in values:
            prefix = str(value).partition(":")[0]
            if param.type in KINDS and prefix != param.type:
                yield f"preset '{preset.name}': '{name}' is '{value}'; accepted: a name such as {param.type}:…"
            elif param.type == "iri" and prefix not in PREFIXES:
                yield f"preset '{preset.name}': '{name}' is '{value}'; accepted: a name of the prefix table"


def _described(param: Parameter, preset: Preset) -> Parameter:
    """Return a parameter with words that are true of the preset: on what it takes when left out, and what is below."""
    words = param.description
    if param.name in preset.params:
        words = f"{words.partition(';')[0]}; those of this question when left out"
    if param.name in preset.params.get(_EXACT, ()):
        words = words.replace(_DEEP, "")
    return param.model_copy(update={"description": words})


def _term(param: Parameter, value: Scalar) -> str:
    """Return a value of a parameter as SPARQL writes it."""
    if param.type not in DATATYPES:
        return str(NamedNode(expand(str(value))))
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return str(Literal(text, datatype=term(DATATYPES[param.type])))


def _head_lines(head: QueryHead) -> str:
    """Return a head as the comment lines of a query."""
    content = head.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    text = yaml.dump(content, Dumper=SafeDumper, allow_unicode=True, sort_keys=False, width=4096)
    return "".join(f"#+ {line}\n" for line in text.splitlines())
