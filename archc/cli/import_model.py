"""`archc import SOURCE`: a model of PyTorch as a text of the language."""

from __future__ import annotations

import ast
import contextlib
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from .face import Command, Face, compiled, inputs_of, sizes_of, trust_option
from .import_outputs import see_code, see_outputs, there

if TYPE_CHECKING:
    from ..compiler.importer.importing import Imported
    from ..compiler.importer.sources import Model
    from ..reporting.error import ArchError


@click.command("import", cls=Command)
@click.argument("source", metavar="SOURCE")
@click.option("-o", "--output", metavar="FILE", help="Where the text goes; without it, to stdout. A text that is there is replaced.")
@click.option(
    "--input",
    "inputs",
    multiple=True,
    metavar="[NAME=]3x224x224",
    help="What the model takes, once for each input, without the batch: in their order, or by name.",
)
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="An argument of the factory.")
@click.option("--name", metavar="NAME", help="What the network is called.")
@click.option(
    "--against", metavar="FILE", help="Tell how this network differs from the model; the text is written only where `-o` names a file."
)
@trust_option
@click.option("--flat", is_flag=True, help="One step a line, without blocks.")
@click.option("--network", is_flag=True, help="Let the factory load what it asks the network for.")
@click.option(
    "--weights-out", metavar="FILE", help="Write the model's own weights there (.safetensors or .pt); `archc build --weights` takes them."
)
@click.pass_obj
def command(
    face: Face,
    source: str,
    output: str | None,
    inputs: tuple[str, ...],
    settings: tuple[str, ...],
    name: str | None,
    against: str | None,
    trust: bool,
    flat: bool,
    network: bool,
    weights_out: str | None,
) -> int:
    """Write a model of PyTorch as a text of the language.

    SOURCE is torchvision:NAME, timm:NAME, package.module:factory or FILE.py:factory (that code is run), or a file: of torch.export (.pt2), of ONNX, or
    the JSON of a network that archc built. The text is compared with the model, keys, shapes and outputs, before it is written.
    """
    from ..compiler.files.model_names import documents, is_code, is_source
    from ..compiler.files.write import write
    from ..compiler.importer.factories import named_by_torchvision
    from ..compiler.importer.files import named
    from ..compiler.importer.importing import import_model
    from ..compiler.importer.sources import offline
    from ..compiler.importer.trouble import trouble
    from ..compiler.importer.weights_out import after_a_run, save_weights, weights_of
    from ..compiler.importer.words import why_no_network
    from ..reporting.error import ArchError

    if not is_source(source):
        if source.lower().endswith(WEIGHTS):
            folder = os.path.dirname(source) or "."
            built = f", or the folder that `archc build` made, `{folder}`" if len(documents(folder)) == 1 else ""
            raise trouble(
                source,
                "F651",
                f"`{source}` is a TorchScript module or weights, which cannot be imported",
                f"a checkpoint holds the numbers of a model and not its steps: name the class that makes it, `my_net.py:Net`{built}; "
                "`archc build --weights` takes the numbers afterwards",
            )
        raise trouble(
            source,
            "F651",
            f"`{source}` names no model",
            named_by_torchvision(source)
            or _named_in(source)
            or _as_file(source)
            or "write `torchvision:resnet50`, `timm:resnet50`, `package.module:factory`, `my_net.py:Net` or a file, `model.pt2`",
        )
    if name is not None and (why := why_no_network(name)) is not None:
        raise click.BadParameter(why, param_hint="--name")
    outputs = see_outputs(source, output, weights_out, against)
    if against is not None and not inputs and is_code(source):  # code says no size: it is that of the text
        inputs = sizes_of(face, against)
    # What the model prints while it runs is none of the text.
    with contextlib.redirect_stdout(sys.stderr), offline(network):
        model = named(source, shapes=_shapes(inputs), settings=_settings(settings), network=network, filled=weights_out is not None)
        see_code(outputs)
        weights = weights_of(model.module) if weights_out else {}
        made: Imported | None = None
        unsaid: ArchError | None = None
        try:
            made = import_model(model, name=name, flat=flat, source=source)
        except ArchError as error:
            if against is None or outputs or error.diagnostics[0].code != "F653":
                raise
            unsaid = error
        replaced = {path: there(path) for path in outputs.values()}
        if weights_out and made is not None:
            save_weights(after_a_run(model, weights), weights_out, made.proof.missing)
    if made is None:
        assert against is not None and unsaid is not None
        return _written_by_hand(face, against, model, unsaid, trust)
    is_seen = output in (None, "-") and against is None and sys.stdout.isatty()
    for note in dict.fromkeys(made.notes) if not is_seen else ():  # the text begins with them
        face.tell(f"note: {note}")
    face.tell(f"{source}: {made.proof.told}")
    if against is not None:
        face.result(_difference(face, against, made))
    if (output is None and against is None) or output == "-":
        face.result(made.text.encode())
    elif output is not None:
        write(output, made.text)
        face.tell(f"{output}: {made.text.count(chr(10))} lines{replaced[output]}")
    if weights_out:
        less = f", without {len(made.proof.missing)} keys that the text does not have" if made.proof.missing else ""
        face.tell(f"{weights_out}: the model's own weights{less}{replaced[weights_out]}")
    return 0


def _shapes(inputs: tuple[str, ...]) -> list[tuple[int, ...]] | dict[str, tuple[int, ...]]:
    """By the names of arguments of `forward`; in their order, where no names are given."""
    rows = [item for row in inputs for item in inputs_of((row,)).items()]
    if not any(name for name, _ in rows):
        return [shape for _, shape in rows]
    if not all(name for name, _ in rows):
        raise click.BadParameter("some inputs are named and others are not: name all of them, or none", param_hint="--input")
    return inputs_of(inputs)


def _named_in(file: str) -> str | None:
    """What a file of Python, given without a class, could have been asked for: read and not run."""
    if not file.endswith(".py"):
        return None
    try:
        with open(file, "rb") as source:
            tree = ast.parse(source.read())
    except (OSError, SyntaxError, ValueError):
        return None
    classes = {
        part.name: [ast.unparse(base).rpartition(".")[2] for base in part.bases] for part in tree.body if isinstance(part, ast.ClassDef)
    }
    inherited = {base for bases in classes.values() for base in bases}
    modules = [name for name, bases in classes.items() if name not in inherited and _is_module(name, classes)]
    # The last is the whole model in most files: parts are defined before what is made of them.
    return f"name the class that makes it: {', '.join(f'`{file}:{name}`' for name in reversed(modules[-3:]))}" if modules else None


def _as_file(source: str) -> str | None:
    """A file that goes by its module, whose name a network of the library or a drive has."""
    head, colon, tail = source.rpartition(":")
    return (
        f"the file of that name is told from others by its ending: `{head}.py:{tail}`" if colon and os.path.isfile(f"{head}.py") else None
    )


def _is_module(name: str, classes: dict[str, list[str]]) -> bool:
    """Whether a class is one of `torch.nn.Module`, as far as its file tells."""
    bases = [base for base in classes[name] if base != name]
    return any(base in ("Module", "Sequential") for base in bases) or any(
        _is_module(base, {other: row for other, row in classes.items() if other != name}) for base in bases if base in classes
    )


WEIGHTS = (".pt", ".pth", ".ckpt", ".bin", ".safetensors", ".ts")


def _written_by_hand(face: Face, file: str, model: Model, error: ArchError, trust: bool) -> int:
    """Whether a text is the model, of which the language cannot say all: the text does it in operations of its own."""
    from ..compiler.importer.prove import prove_written

    face.tell(f"note: {error.diagnostics[0].message}: `{file}` is compared as it is written")
    proof = prove_written(compiled(face, file, (), (), trust), model)
    face.result(f"{file}: {proof.told}" if proof.is_equal else f"{file} is not the model: {proof.told}")
    if proof.doubt:
        face.tell(f"note: {proof.doubt}")
    return int(not proof.is_equal)


def _difference(face: Face, file: str, made: Imported) -> str:
    """What leads from a network to the model, by path; and what would give it the model's keys."""
    from ..compiler.analysis.diff import diff
    from ..compiler.analysis.key_advice import key_advice

    graph = compiled(face, file, (), ()).graph
    assert made.proof.graph is not None
    keys = [
        [(f"{node.key}.{weight.name}".rstrip("."), weight.shape) for node in each.nodes for weight in node.weights]
        for each in (graph, made.proof.graph)
    ]
    return "\n".join([diff(graph, made.proof.graph).text(), *key_advice(*keys)])


def _settings(rows: Sequence[str]) -> dict[str, object]:
    read: dict[str, object] = {}
    for row in rows:
        name, value = _setting(row)
        if name in read:
            raise click.BadParameter(f"`{name}` is given twice", param_hint="--set")
        read[name] = value
    return read


def _setting(text: str) -> tuple[str, object]:
    """An argument for a factory of Python's: numbers, lists, `true`, `false` and `none` are read, what is none of them is a text."""
    name, sign, value = text.partition("=")
    if not sign or not name.isidentifier():
        raise click.BadParameter(f"{text!r} is not NAME=VALUE", param_hint="--set")
    words: dict[str, object] = {"true": True, "false": False, "none": None}
    if value.lower() in words:
        return name, words[value.lower()]
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        if value.lstrip()[:1] in tuple("[({'\""):
            raise click.BadParameter(
                f"{text!r}: `{value}` begins as a list or a quoted text does and does not end so", param_hint="--set"
            ) from None
        return name, value
