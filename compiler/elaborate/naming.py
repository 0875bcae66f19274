"""Names of steps: which are legal, and what a step without a label is called (language.md, "Names in the generated module")."""

from __future__ import annotations

import keyword
from collections.abc import Sequence

from ...dsl import ast

# What an nn.Module has already: a label of that name would hide it. `tests/compiler/test_naming.py` holds this against torch.
RESERVED = frozenset(
    [
        "T_destination",
        "add_module",
        "apply",
        "bfloat16",
        "buffers",
        "call_super_init",
        "children",
        "compile",
        "cpu",
        "cuda",
        "double",
        "dump_patches",
        "eval",
        "extra_repr",
        "float",
        "forward",
        "get_buffer",
        "get_extra_state",
        "get_parameter",
        "get_submodule",
        "half",
        "ipu",
        "load_state_dict",
        "modules",
        "mtia",
        "named_buffers",
        "named_children",
        "named_modules",
        "named_parameters",
        "parameters",
        "register_backward_hook",
        "register_buffer",
        "register_forward_hook",
        "register_forward_pre_hook",
        "register_full_backward_hook",
        "register_full_backward_pre_hook",
        "register_load_state_dict_post_hook",
        "register_load_state_dict_pre_hook",
        "register_module",
        "register_parameter",
        "register_state_dict_post_hook",
        "register_state_dict_pre_hook",
        "requires_grad_",
        "set_extra_state",
        "set_submodule",
        "share_memory",
        "state_dict",
        "to",
        "to_empty",
        "train",
        "training",
        "type",
        "xpu",
        "zero_grad",
        "self",
        "trunk",
    ]
)

LONGEST_LABEL = 200
"""Characters of the longest label: every step within it has it in its name."""


def why_not(label: str) -> str | None:
    """Why `label` cannot name a step, as the end of a sentence; None where it can.

    A label is an identifier, or several joined by dots (`convs.0`: step 0 of the container `convs`), of which all but the
    first may be numbers. Inside a part there may be dashes.
    """
    if len(label) > LONGEST_LABEL:
        return f"has {len(label)} characters, and {LONGEST_LABEL} is the limit"
    parts = label.split(".")
    for position, part in enumerate(parts):
        if not part:
            return "is empty" if len(parts) == 1 else "has an empty part"
        if position > 0 and part.isascii() and part.isdigit():
            if part != "0" and part.startswith("0"):
                return f"has the number `{part}`, which begins with a zero"
            continue
        if not part.isascii() or not _without_dashes(part).isidentifier():
            return _characters(part)
        if keyword.iskeyword(part):
            return f"is a word of Python's own (`{part}`), and the generated module would not be valid Python"
        if part in RESERVED or part.startswith("_"):
            return (
                f"is taken by PyTorch's nn.Module (`{part}`)"
                if part in RESERVED
                else "begins with an underscore, which PyTorch keeps for itself"
            )
    return None


def _without_dashes(part: str) -> str:
    # A text label may hold dashes inside (`"block1-0"`): docs/decisions/0012. A name in the text of a file never does.
    return part if part.startswith("-") or part.endswith("-") else part.replace("-", "_")


def _characters(part: str) -> str:
    if part[0].isdigit():
        return "begins with a digit, and names in Python do not"
    wrong = next((character for character in part if not (character.isascii() and (character.isalnum() or character == "_"))), part[0])
    return f"has a `{wrong}`, and names in Python are made of letters, digits and `_`"


def legal_name(label: str) -> str:
    """The nearest legal name, for the fix."""
    cleaned = "".join(character if character.isascii() and character.isalnum() else "_" for character in label)
    cleaned = cleaned[:LONGEST_LABEL].strip("_") or "step"
    if cleaned[0].isdigit():
        cleaned = f"step_{cleaned}"
    if keyword.iskeyword(cleaned) or cleaned in RESERVED:
        cleaned += "_"
    return cleaned


def has_dynamic_label(body: Sequence[ast.Statement]) -> bool:
    """Whether a step of the loop's body carries a label with an expression: then the rounds need no number."""
    for statement in body:
        match statement:
            case ast.Chain(steps=steps):
                for step in steps:
                    if step.label is not None and _is_dynamic(step.label):
                        return True
                    if isinstance(step.action, ast.Merge) and any(has_dynamic_label(path.body) for path in step.action.paths):
                        return True
                    if isinstance(step.action, ast.Group) and step.label is None and has_dynamic_label(step.action.body):
                        return True
            case ast.Stage(name=name, mode=mode, body=inner):
                if _is_dynamic(name) or (mode == "flat" and has_dynamic_label(inner)):
                    return True
            case ast.Aux(name=name):
                if _is_dynamic(name):
                    return True
            case ast.If(body=inner, otherwise=otherwise):
                if has_dynamic_label(inner) or has_dynamic_label(otherwise):
                    return True
            case ast.Repeat(body=inner) | ast.For(body=inner):
                if has_dynamic_label(inner):
                    return True
    return False


def _is_dynamic(label: ast.Text) -> bool:
    return any(not isinstance(piece, str) for piece in label.pieces)


_SILENT = (ast.Let, ast.Default, ast.Require, ast.Expect, ast.Budget)


def is_single_step(body: Sequence[ast.Statement]) -> bool:
    """Whether a round of this body is one unlabelled step, which then takes the round's number as its name."""
    rest = [statement for statement in body if not isinstance(statement, _SILENT)]
    if len(rest) != 1:
        return False
    only = rest[0]
    if isinstance(only, ast.If):
        return is_single_step(only.body) and (not only.otherwise or is_single_step(only.otherwise))
    if not isinstance(only, ast.Chain) or len(only.steps) != 1 or only.steps[0].label is not None:
        return False
    action = only.steps[0].action
    # A merge is one step where its paths make none of their own.
    return not isinstance(action, ast.Merge) or all(_hands_on(path.body) for path in action.paths)


def _hands_on(body: Sequence[ast.Statement]) -> bool:
    """Whether a path gives a tensor that there is: `skip`, or `skip(label)`."""
    return all(
        isinstance(statement, _SILENT)
        or (
            isinstance(statement, ast.Chain)
            and all(step.label is None and isinstance(step.action, ast.Call) and step.action.path == ("skip",) for step in statement.steps)
        )
        for statement in body
    )


def is_loop_alone(body: Sequence[ast.Statement]) -> bool:
    """Whether a round of this body is one more loop: its rounds are numbered through all the loops of the scope."""
    rest = [statement for statement in body if not isinstance(statement, _SILENT)]
    return len(rest) == 1 and isinstance(rest[0], ast.Repeat | ast.For)


def static_labels(body: Sequence[ast.Statement]) -> dict[str, ast.Text]:
    """The plain labels of a body, those in its ifs, loops and merges included: to explain one that comes later."""
    found: dict[str, ast.Text] = {}
    stack: list[ast.Statement] = list(reversed(body))
    while stack:
        statement = stack.pop()
        match statement:
            case ast.Chain(steps=steps):
                for step in steps:
                    _note(found, step.label)
                    if isinstance(step.action, ast.Merge):
                        for path in step.action.paths:
                            stack.extend(reversed(path.body))
                    elif isinstance(step.action, ast.Group) and step.label is None:
                        stack.extend(reversed(step.action.body))
            case ast.Stage(name=name, mode=mode, body=inner):
                _note(found, name)
                if mode == "flat":
                    stack.extend(reversed(inner))
            case ast.If(body=inner, otherwise=otherwise):
                stack.extend(reversed(inner))
                stack.extend(reversed(otherwise))
            case ast.Repeat(body=inner) | ast.For(body=inner):
                stack.extend(reversed(inner))
    return found


def certain_labels(body: Sequence[ast.Statement]) -> frozenset[str]:
    """The plain labels that steps of this very naming scope have, whatever its conditions and loops do: names that no unlabelled step takes."""
    found: dict[str, ast.Text] = {}
    stack: list[ast.Statement] = list(body)
    while stack:
        match stack.pop():
            case ast.Chain(steps=steps):
                for step in steps:
                    _note(found, step.label)
                    if isinstance(step.action, ast.Merge):
                        stack += [row for path in step.action.paths if path.qualifier is None for row in path.body]
                    elif isinstance(step.action, ast.Group) and step.label is None and step.action.mode != "indexed":
                        stack += step.action.body
            case ast.Stage(mode="flat", body=inner):
                stack += inner
            case ast.Stage(name=name) | ast.Aux(name=name):
                _note(found, name)
    return frozenset(found) | {row.name.name for row in body if isinstance(row, ast.Input)}


def _note(found: dict[str, ast.Text], label: ast.Text | None) -> None:
    if label is not None and len(label.pieces) == 1 and isinstance(label.pieces[0], str):
        found.setdefault(label.pieces[0], label)
