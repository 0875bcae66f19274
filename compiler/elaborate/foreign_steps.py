"""A step as other libraries write it, put into archc's words: `nn.Conv2d(3, 64, 3, padding=1)` is `conv(64, 3, pad = 1)`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from ...base.diagnostics import Diagnostic, Edit, Fix, Label
from ...dsl import ast
from ..ops import TABLE
from ..ops.foreign_calls import is_from_elsewhere, parameter_of, positions, takes_weights, unsaid, value_of
from ..ops.foreign_names import advice, key, otherwise, same_as
from ..ops.parameters import BadValue
from .closures import Builtin, Environment
from .explain_values import taken_up, unknown_name
from .signatures import signature
from .slots import Signature, Slot

IsLabel = Callable[[str], bool]


def unknown_step(environment: Environment, name: str, call: ast.Call, wanted: str) -> Diagnostic:
    """The diagnostic of a call whose name means nothing here."""
    again = _used_again(environment, name, call) or _taken_as_value(environment, name, call)
    if again is not None:
        return again
    step = translated(call, lambda word: environment.label(word) is not None) if call.arguments else None
    fix = Fix(f"in archc it is `{step}`", (_in_its_place(call, step),)) if step is not None else None
    found = unknown_name(environment, name, call.path_span, wanted, sum(row.name is None for row in call.arguments), fix)
    if step is None and call.arguments and same_as(name) is not None and found.fix is not None:
        # The name alone would be followed by arguments that mean something else here.
        other = same_as(name)
        return replace(found, help=f"in archc it is `{other}`, with other arguments: `archc explain {other}` says which", fix=None)
    heads = _heads(call)
    return found if heads is None or found.help is None else replace(found, help=found.help.replace("attention(4)", f"attention({heads})"))


def _in_its_place(call: ast.Call, step: str) -> Edit:
    """The edit of a step that begins with a tensor of its own (`skip(x) -> relu`), or not. A label stays that of the step."""
    begins = re.match(r"(skip\([\w.]+\)) -> (?!.*->)", step)
    return taken_up(call.span, begins[1], step[begins.end() :])[1] if begins is not None else Edit(call.span, step)


def _used_again(environment: Environment, name: str, call: ast.Call) -> Diagnostic | None:
    """`tower(b)` where `tower` is the label of a step: it is applied to another tensor, with its weights."""
    label = environment.label(name)
    names = [row.value.name for row in call.arguments if row.name is None and isinstance(row.value, ast.Name)]
    if label is None or label.again is None or call.bare or len(names) != len(call.arguments) or len(names) > 1:
        return None
    if any(environment.label(tensor) is None for tensor in names):
        return None
    written, edit = f"reuse({name})", Edit(call.span, f"reuse({name})")
    if names:
        written, edit = taken_up(call.span, f"skip({names[0]})", written)
    message = f"there is no operation or block named `{name}`: it is the label of a step, which is run once more by `reuse`"
    return Diagnostic(
        "E201",
        message,
        Label(call.path_span, "is a label"),
        (Label(label.span, f"`{name}` is this"),),
        fix=Fix(f"write `{written}`, which has the same weights", (edit,)),
    )


def _taken_as_value(environment: Environment, name: str, call: ast.Call) -> Diagnostic | None:
    """`skip(e).channels` where a value stands: the label by itself is the shape of its step."""
    values = [row.value for row in call.arguments if row.name is None]
    if name not in ("skip", "reuse") or len(values) != 1 or len(call.arguments) != 1 or not isinstance(values[0], ast.Name | ast.Attribute):
        return None
    label = values[0].span.text
    if environment.label(label.partition(".")[0]) is None and environment.binding(label) is None:
        return None
    size = re.match(r"\.\w+", call.span.source.text[call.span.end : call.span.end + 60])
    message = f"`{name}({label})` is a step, and here a value is wanted"
    written = f"`{label}{size[0]}`" if size is not None else f"`{label}`, or one size of it, `{label}.channels`"
    help = f"the label by itself is the shape of its step: write {written}"
    return Diagnostic(
        "E201",
        message,
        Label(call.span, "is a step"),
        help=help,
        fix=Fix(help, (Edit(call.span, label),)) if name == "skip" and size else None,
    )


def _heads(call: ast.Call) -> str | None:
    """The heads of a layer that is a transformer's: `TransformerEncoderLayer(64, 8)`."""
    if key(".".join(call.path)) not in ("transformerencoderlayer", "encoderlayer"):
        return None
    by_place = [row.value for row in call.arguments if row.name is None]
    named = [row.value for row in call.arguments if row.name is not None and parameter_of(row.name, {"heads"}) == "heads"]
    heads = named[0] if named else by_place[1] if len(by_place) > 1 else None
    return heads.span.text if isinstance(heads, ast.Number | ast.Name) else None


_REDUCED = {"mean": "mean", "sum": "sum", "max": "max", "amax": "max", "min": "min", "amin": "min", "var": "var", "norm": "norm"}


def method_of_a_tensor(call: ast.Call, is_label: IsLabel) -> Diagnostic:
    """`x.mean(dim=-1)`, `x.view(x.size(0), -1)`: what PyTorch does by a method is a step."""
    tensor, method = call.path
    step = _step_of_method(call, method, is_label)
    fix, help = None, f"a step takes the tensor at hand: `skip({tensor}) -> relu`"
    if step is not None:
        written, edit = taken_up(call.span, f"skip({tensor})", step)
        fix, help = Fix(f"write `{written}`", (edit,)), ""
    elif (other := otherwise(method)) is not None:
        help = advice(other)
    elif (name := method if method in TABLE else same_as(f"torch.{method}")) is not None:
        help = (
            f"it is a step here, with other arguments: `archc explain {name}` says which, and `skip({tensor}) -> {name}…` takes the tensor"
        )
    message = f"`{tensor}` is a label and has no `{method}`: what is done with a tensor is a step"
    return Diagnostic("E227", message, Label(call.path_span, "a method of PyTorch"), help=help or None, fix=fix)


def _step_of_method(call: ast.Call, method: str, is_label: IsLabel) -> str | None:
    texts = [row.value.span.text.replace(" ", "") for row in call.arguments]
    by_place = all(row.name is None for row in call.arguments)
    whole = [text for text in texts if re.fullmatch(r"-?\d+", text)]
    if method in _REDUCED and len(texts) == 1 and call.arguments[0].name in (None, "dim", "axis"):
        items = texts[0].strip("[]").split(",")
        axes = [value_of("axis", item) if re.fullmatch(r"-?\d+", item) else None for item in items]
        written = ", ".join(axis for axis in axes if axis is not None)
        return None if None in axes else f'reduce("{_REDUCED[method]}", {written if len(axes) == 1 else f"[{written}]"})'
    if method in ("view", "reshape"):
        of_batch = bool(texts) and re.fullmatch(r"\w+\.(size\(0\)|shape\[0\])", texts[0]) is not None
        return "flatten" if of_batch and texts[1:] == ["-1"] else None
    if method == "permute" and by_place and len(whole) == len(texts) and texts[:1] == ["0"]:
        return f"permute([{', '.join(str(int(text) - 1) for text in texts[1:])}])" if all(int(text) > 0 for text in texts[1:]) else None
    return translated(replace(call, path=("torch", method)), is_label) if method not in _REDUCED else None


def step_as_value(call: ast.Call, tensor: ast.Name) -> Diagnostic:
    """`let w = global_avgpool(x)`: what a step gives is a tensor, which a label names."""
    step = re.sub(r"\(\s*\)", "", call.span.text.replace(tensor.span.text, "", 1).replace("(,", "(").replace("( ", "("))
    before = re.search(r"\blet\s+(\w+)\s*=\s*\Z", call.span.source.text[max(call.span.start - 200, 0) : call.span.start])
    fix = None
    if before is not None and len(call.arguments) == 1:
        whole = call.span.source.span(call.span.start - len(before[0]), call.span.end)
        written = f"skip({tensor.name}) -> {before[1]}: {step}"
        fix = Fix(f"write `{written}`", (Edit(whole, written),))
    return Diagnostic(
        "E116",
        f"`{'.'.join(call.path)}` is a step, whose tensor is no value: a step is named by a label",
        Label(call.span, "a step"),
        help=None if fix else f"write it as a step: `skip({tensor.name}) -> label: {call.path[-1]}`",
        fix=fix,
    )


def translated(call: ast.Call, is_label: IsLabel) -> str | None:
    """The steps that the call is here; None where that is not certain."""
    word = ".".join(call.path)
    if key(word) == "sequential":
        parts = [_part(argument, is_label) for argument in call.arguments]
        return " -> ".join(part for part in parts if part is not None) if parts and None not in parts else None
    name = same_as(word) or (word.rpartition(".")[2] if is_from_elsewhere(word) else None)
    if name is None or name not in TABLE or takes_weights(word):
        return None
    called = signature(Builtin(TABLE[name]))
    arguments = list(call.arguments)
    if not arguments:
        return name if TABLE[name].least_inputs < 2 else None
    if TABLE[name].least_inputs > 1:
        return _merge(word, name, called, arguments, is_label)
    start = ""
    first = arguments[0].value
    if arguments[0].name is None and isinstance(first, ast.Name) and is_label(first.name):  # F.relu(x)
        start, arguments = f"skip({first.name}) -> ", arguments[1:]
    read = _read(word, called, arguments)
    if read is None:
        return None
    given, after = read
    given |= unsaid(word, given) if arguments else {}
    return start + _written(name, called, given) + after


def _part(argument: ast.Argument, is_label: IsLabel) -> str | None:
    if argument.name is not None:
        return None
    if isinstance(argument.value, ast.Call):
        return translated(argument.value, is_label) or (argument.value.span.text if argument.value.path[0] in TABLE else None)
    return None


def _read(word: str, called: Signature, arguments: Sequence[ast.Argument]) -> tuple[dict[str, str], str] | None:
    """The text of each parameter, and the step that an argument asks for behind it; None where an argument is not known."""
    known = {slot.name for slot in called.slots}
    places = positions(word)
    by_place = sum(row.name is None for row in arguments)
    if places is not None and places[:1] == ("-",) and by_place < (3 if "kernel" in places else 2) and not _names_inputs(places, arguments):
        # `Conv2d(64, 3)`: the channels that come in were left out already, unless a name says what the second is.
        places = places[1:]
    if places is None:  # nobody knows their order: what has to be said is certain, where it can be nothing else
        if not all(_is_literal(row.value) for row in arguments if row.name is None):
            return None
        places = tuple(slot.name for slot in called.slots if slot.required)
    given: dict[str, str] = {}
    after, place = "", 0
    for row in arguments:
        if row.name is None:
            if place >= len(places):
                return None
            name: str | None = places[place]
            place += 1
        elif row.name == "activation":
            function = row.value.span.text.strip("\"'")
            operation = function if function in TABLE else same_as(function)
            if operation is None:
                return None
            after = f" -> {operation}"
            continue
        else:
            name = parameter_of(row.name, known)
        if name == "-":
            continue
        if isinstance(row.value, ast.Call) and (row.value.path[0] in TABLE or same_as(".".join(row.value.path)) is not None):
            return None  # a layer around another
        text = value_of(name, row.value.span.text) if name in known and name is not None else None
        if name is None or text is None or name in given:
            return None
        given[name] = text
    if not all(_fits(slot, given[slot.name]) if slot.name in given else not slot.required for slot in called.slots):
        return None
    return given, after


def _is_literal(value: ast.Expression) -> bool:
    return isinstance(value, ast.Number | ast.Text | ast.List)


def _fits(slot: Slot, text: str) -> bool:
    """Whether a parameter takes what is written for it, as far as a text alone tells."""
    if slot.kind is None or re.fullmatch(r"\d+(\.\d+)?(e-?\d+)?", text) is None:
        return True
    try:
        slot.kind.read(int(text) if text.isdigit() else float(text))
    except BadValue:
        return False
    return True


def _names_inputs(places: tuple[str, ...], arguments: Sequence[ast.Argument]) -> bool:
    """Whether a name tells that the first argument is what comes in: `Conv2d(3, 64, kernel_size = 3)`, `BatchNorm2d(64)`."""
    if all(place in ("-", "eps", "momentum", "affine", "bias", "init") for place in places):
        return True
    names = {parameter_of(row.name, {"kernel", "channels", "features", "heads"}) for row in arguments if row.name is not None}
    by_place = sum(row.name is None for row in arguments)
    return ("kernel" in names and by_place == 2) or bool(names & {"channels", "features", "heads"})


def _merge(word: str, name: str, called: Signature, arguments: Sequence[ast.Argument], is_label: IsLabel) -> str | None:
    """`torch.cat([a, b], dim=1)`, `torch.add(a, b)`: the tensors are the paths."""
    first = arguments[0].value
    if all(row.name is not None for row in arguments):
        return _head(word, name, called, arguments)
    if isinstance(first, ast.List):
        tensors, rest = list(first.items), arguments[1:]
    else:
        tensors = [row.value for row in arguments if row.name is None]
        rest = [row for row in arguments if row.name is not None]
    if len(tensors) < 2 or not all(isinstance(tensor, ast.Name) and is_label(tensor.name) for tensor in tensors):
        return None
    known = {slot.name for slot in called.slots}
    head: dict[str, str] = {}
    for row in rest:
        parameter = "axis" if row.name is None else parameter_of(row.name, known)
        text = value_of("axis", row.value.span.text) if parameter == "axis" and "axis" in known else None
        if text is None:
            return None
        if text != "0" or name == "stack":  # channels, which is the default
            head["axis"] = text
    return f"{_written(name, called, head)} {{ {' '.join(f'| skip({tensor.span.text})' for tensor in tensors)} }}"


def _head(word: str, name: str, called: Signature, arguments: Sequence[ast.Argument]) -> str | None:
    """`Concatenate(axis = -1) { | … | … }`: the paths are archc's already, and the axis is counted as there."""
    if (
        len(arguments) != 1
        or "axis" not in {slot.name for slot in called.slots}
        or parameter_of(arguments[0].name or "", {"axis"}) != "axis"
    ):
        return None
    written = arguments[0].value.span.text
    if written == "0":  # nobody joins the images of a batch: it is counted without it
        return f"{name}(axis = 0)"
    if key(word) == "concatenate":  # channels stand last there
        return name if written == "-1" else None
    axis = value_of("axis", written)
    return None if axis is None else name if axis == "0" and name != "stack" else f"{name}(axis = {axis})"


def _written(name: str, called: Signature, given: dict[str, str]) -> str:
    """The call; what is required stands without its name, and a default is left out."""
    parts: list[str] = []
    for number, slot in enumerate(called.slots):
        text = given.get(slot.name)
        if text is None or (not slot.required and text == slot.default and slot.name != "kernel"):
            continue
        in_order = number == len(parts) and all("=" not in part for part in parts) and number < 2
        parts.append(text if in_order else f"{slot.name} = {text}")
    return f"{name}({', '.join(parts)})" if parts else name
