"""`NETWORK.json`, as `archc build` writes it: its nodes are steps of the language already."""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from ...base.source import Source
from ..codegen.pytorch import Mode
from ..document import VERSION, to_document
from ..driver import check_source
from ..files.locate import text_of
from ..ops import TABLE
from ..ops.parameters import Integers
from ..ops.parameters import Sizes as SizesKind
from ..runtime.live_module import build
from .flat_steps import Flat, Input, Plain, Sizes, Step, Word
from .graph_model import part
from .sources import Model
from .trouble import trouble
from .words import identifier

WRITTEN = "let it be as `archc build --target json` wrote it, and change its text: `archc import FILE.json -o FILE.arch`"
"""What helps where the nodes of a file are none that archc wrote."""


def model_of_document(path: str, source: str, flat_text: Callable[[Flat, Model], str]) -> Model:
    """Raises `ArchError`: F651 for what is no such file, F654 where the flat text of its nodes does not give them again."""
    try:
        document = json.loads(text_of(path))
        version, nodes = document["version"], document["nodes"]
        if version != VERSION:
            raise trouble(
                source,
                "F651",
                f"`{source}` is of version {version} of the format, and this archc reads version {VERSION}",
                "build the network again with this archc, or install the archc that wrote the file",
            )
        own = next((node["op"] for node in nodes if node["op"] not in (*TABLE, "input", "output")), None)
        if own is not None:
            raise NotImplementedError(f"`{own}`, an operation of one's own: the file does not hold what a text declares of it")
        flat = _flat(nodes)
        root = nn.Module()
        arguments: dict[int, tuple[nn.Module, dict[str, Any]]] = {}
        for scope in document["scopes"]:
            if scope["path"] and scope["kind"] in ("block", "stage", "group"):
                name = "".join(word.capitalize() for word in str(scope["template"] or "Sequential").split("_"))
                module = part(root, scope["path"], f"{'archc' if scope['template'] else 'torch.nn.modules.container'}.{name}")
                arguments[id(module)] = module, {key: _value(text) for key, text in scope["arguments"].items()}
        for node in nodes:
            if node["weights"] or node["id"].rpartition(".")[2].isdigit():
                part(root, node["id"])
        name = identifier(document["network"])
    except NotImplementedError as reason:
        raise trouble(source, "F653", f"the import cannot say {reason}", "its text has the declaration: name the `.arch` file") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise trouble(source, "F651", f"`{source}` is no JSON that `archc build` wrote", "name its `NETWORK.json`") from error
    shapes = [torch.empty(2, *row.shape, dtype=torch.int64 if row.integers else torch.float32, device="meta") for row in flat.inputs]
    model = Model(name, root, shapes, f"{path.replace(chr(92), '/').rpartition('/')[2]} of archc", arguments, keep=True, flat=flat)
    model.parts = dict(root.named_modules())
    model.module = _module(flat_text(flat, model), nodes, source)
    return model


def _module(text: str, nodes: list[dict[str, Any]], source: str) -> nn.Module:
    """The network of the flat text, whose nodes are those of the file."""
    checked = check_source(Source.of("flat.arch", text))
    if checked.has_errors:
        row = next(row for row in checked.diagnostics if row.is_error)
        raise trouble(source, "F654", f"the nodes of `{source}` do not compile: {row.code}: {row.message}", WRITTEN)
    made = to_document(checked.graph)["nodes"]
    assert isinstance(made, list)
    given, ours = _told(nodes), _told(json.loads(json.dumps(made)))
    lost = next((name for told, name in given.items() if told not in ours), None)
    if lost is not None or len(nodes) != len(made):
        raise trouble(source, "F654", f"the nodes of `{source}` do not come back: {lost or f'{len(nodes)} are {len(made)}'}", WRITTEN)
    return build(checked.graph, Mode.TRAIN)


def _told(nodes: list[dict[str, Any]]) -> dict[str, str]:
    """By all that a node says and all that leads to it, its name. Names of steps without weights are the text's own."""
    told: dict[str, str] = {}
    names: dict[str, str] = {}
    for node in nodes:
        own = {name: node[name] for name in ("op", "output", "weights", "training_only")}
        rows = node["arguments"].items() if node["op"] != "input" else ()
        own["arguments"] = {name: f"{value:.9g}" if isinstance(value, float) or type(value) is int else value for name, value in rows}
        if "kernel" in own["arguments"] and own["arguments"].get("stride", 0) is None:
            own["arguments"]["stride"] = own["arguments"]["kernel"]  # what a pool's stride is where it is not said
        key = node["id"] if node["weights"] else node["shares"]
        row = json.dumps([own, key, [told[name] for name in node["inputs"]]], sort_keys=True)
        told[node["id"]] = hashlib.sha256(row.encode()).hexdigest()
        names[told[node["id"]]] = node["id"]
    return names


def _flat(nodes: list[dict[str, Any]]) -> Flat:
    flat, numbers = Flat(is_exact=True), dict[str, int]()
    for number, node in enumerate(nodes):
        numbers[node["id"]] = number
        inputs = [numbers[name] for name in node["inputs"]]
        if node["op"] == "input":
            flat.inputs.append(Input(number, node["id"], tuple(node["output"])))
        elif node["op"] == "output":
            ends = flat.side_outputs if node["training_only"] else flat.outputs
            ends.append((node["id"].partition(".")[2], inputs[0]))
        else:
            key = node["id"] if node["weights"] else node["shares"]
            scope = node["scope"]
            uses = scope.partition("@")[2].partition(".")[0]
            again = f"{scope.partition('@')[0]}@{uses}" if uses else None
            path = node["id"] if node["id"].rpartition(".")[2].isdigit() else scope
            flat.steps.append(
                Step(number, node["op"], _arguments(node), inputs, tuple(node["output"]), path, key, node["shares"] is not None, again)
            )
    reads = {row.number for row in flat.inputs}
    for step in flat.steps:
        if step.operation == "embedding" and step.inputs[0] in reads:
            next(row for row in flat.inputs if row.number == step.inputs[0]).integers = True
    return flat


def _arguments(node: Mapping[str, Any]) -> dict[str, Plain]:
    rows = {row.name: row for row in TABLE[node["op"]].parameters()}
    found: dict[str, Plain] = {}
    for name, value in node["arguments"].items():
        row = rows[name]
        if row.kind.names_axes and value == row.default:
            continue  # a word that is looked for where the step stands
        if isinstance(row.kind, SizesKind):
            named = isinstance(value[0], list)
            found[name] = Sizes(tuple(item[1] for item in value), tuple(item[0] for item in value)) if named else list(value)
        elif row.kind.names_axes:
            found[name] = [_axis(item) for item in value] if isinstance(value, list) else _axis(value)
        elif isinstance(value, list):
            found[name] = list(value) if isinstance(row.kind, Integers) else tuple(value)
        else:
            found[name] = value
    return found


def _axis(value: Any) -> Any:
    return Word(value) if isinstance(value, str) else value


def _value(text: str) -> Any:
    try:
        return ast.literal_eval({"true": "True", "false": "False", "none": "None"}.get(text, text))
    except (ValueError, SyntaxError):
        return text
