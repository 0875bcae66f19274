"""Names of steps: which are legal, and what a step without a label is called (language.md, "Names in the generated module")."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Sequence

from ...base.source import Span
from ...dsl import ast

# What an nn.Module has already: a label of that name would hide it. `tests/compiler/test_naming.py` holds this against torch.
RESERVED = frozenset(
    [
        "T_destination",
        "_apply",
        "_backward_hooks",
        "_backward_pre_hooks",
        "_buffers",
        "_call_impl",
        "_compiled_call_impl",
        "_forward_hooks",
        "_forward_hooks_always_called",
        "_forward_hooks_with_kwargs",
        "_forward_pre_hooks",
        "_forward_pre_hooks_with_kwargs",
        "_get_backward_hooks",
        "_get_backward_pre_hooks",
        "_get_name",
        "_is_full_backward_hook",
        "_load_from_state_dict",
        "_load_state_dict_post_hooks",
        "_load_state_dict_pre_hooks",
        "_maybe_warn_non_full_backward_hook",
        "_modules",
        "_named_members",
        "_non_persistent_buffers_set",
        "_parameters",
        "_register_load_state_dict_pre_hook",
        "_register_state_dict_hook",
        "_replicate_for_data_parallel",
        "_save_to_state_dict",
        "_slow_forward",
        "_state_dict_hooks",
        "_state_dict_pre_hooks",
        "_version",
        "_wrapped_call_impl",
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
    ]
)

# What a module has once TorchScript has read it.
SCRIPTED = frozenset({"_c", "_concrete_type", "_initializing"})

# What Python reads as a word where a name should stand, and TorchScript with it.
WORDS = frozenset({*keyword.kwlist, "NoneType"})

LONGEST_LABEL = 200
"""Characters of the longest label: every step within it has it in its name."""


def why_not(label: str) -> str | None:
    """Why `label` cannot name a step, as the end of a sentence; None where it can.

    A label is what `nn.Module.add_module` takes, or several of them joined by dots (`convs.0`: step 0 of the container `convs`).
    One that is no name in a text of ours stands in quotes. Not every format holds all of them: `emit/label_limits.py`.
    """
    if len(label) > LONGEST_LABEL:
        return f"has {len(label)} characters, and {LONGEST_LABEL} is the limit"
    parts = label.split(".")
    if "" in parts:
        return "is empty" if len(parts) == 1 else "has an empty part"
    return next(filter(None, map(_why_no_part, parts)), None)


def _why_no_part(part: str) -> str | None:
    wrong = next((character for character in part if not character.isprintable() or character in '"\\'), None)
    if wrong is not None:
        shown = wrong if wrong.isprintable() else f"U+{ord(wrong):04X}"
        return f"has a `{shown}`"
    if part in RESERVED:
        return f"is taken by PyTorch's nn.Module (`{part}`)"
    if part in SCRIPTED:
        return f"is taken by TorchScript's modules (`{part}`)"
    if part.startswith("__") and part.endswith("__"):
        return f"has the form that Python keeps for itself (`{part}`)"
    if re.search(r"@\d+$", part):
        return f"ends as the name of a second use does (`{part}`)"
    return None


def why_no_variable(name: str) -> str | None:
    """The same of an input's or an output's name: it becomes an argument or a field in the generated module."""
    if name in WORDS:
        return f"is a word of Python's own (`{name}`)"
    return why_not(name)


def legal_name(label: str) -> str:
    """The nearest legal name, for the fix."""
    bare = (sign for sign in unicodedata.normalize("NFKD", label) if not unicodedata.combining(sign))
    cleaned = "".join(sign if sign.isascii() and sign.isalnum() else "_" for sign in bare)
    cleaned = cleaned[:LONGEST_LABEL].strip("_") or "step"
    if cleaned[0].isdigit():
        cleaned = f"step_{cleaned}"
    if cleaned in WORDS or cleaned in RESERVED:
        cleaned += "_"
    return cleaned


def in_one_scope(node: ast.Node) -> Sequence[ast.Node]:
    """The parts of a statement whose labels stand beside its own: those of its conditions, loops and merges, not of parts with a name."""
    match node:
        case ast.Chain(steps=steps):
            return steps
        case ast.Step(action=ast.Merge(paths=paths)):
            return paths
        case ast.Step(label=None, action=ast.Group(body=body)):
            return body
        case ast.Stage(mode="flat", body=body) | ast.Path(body=body) | ast.Repeat(body=body) | ast.For(body=body):
            return body
        case ast.If(body=body, otherwise=otherwise):
            return (*body, *otherwise)
    return ()


def has_dynamic_label(body: Sequence[ast.Statement]) -> bool:
    """Whether a step of the loop's body carries a label with an expression: then the rounds need no number."""
    return any(plain_label(label) is None for _, label in ast.labels(*body, parts=in_one_scope))


def is_broken(body: Sequence[ast.Statement]) -> bool:
    """Whether something that stands in this scope could not be read."""
    return any(isinstance(part, ast.Broken) for part in ast.walk(*body, parts=in_one_scope))


_ASSIGNED = re.compile(r"\s*[-+*/]?=(?!=)")


def is_assigned(name: Span) -> bool:
    """Whether a sign of Python's follows a name, `x = …`, `x += …`, where a label has its colon."""
    return _ASSIGNED.match(name.source.text, name.end) is not None


def plain_label(label: ast.Text) -> str | None:
    """A label's text; None where it holds expressions."""
    return label.pieces[0] if len(label.pieces) == 1 and isinstance(label.pieces[0], str) else None


_SILENT = (ast.Let, ast.Default, ast.Require, ast.Expect, ast.Budget)


def is_single_step(body: Sequence[ast.Statement]) -> bool:
    """Whether a round of this body is one unlabelled step, which then takes the round's number as its name."""
    rest = [statement for statement in body if not isinstance(statement, _SILENT)]
    if len(rest) != 1:
        return False
    only = rest[0]
    if isinstance(only, ast.If):
        return is_single_step(only.body) and (not only.otherwise or is_single_step(only.otherwise))
    if not isinstance(only, ast.Chain) or len(only.steps) != 1 or only.steps[0].label is not None or only.steps[0].names:
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
            and all(
                step.label is None and not step.names and isinstance(step.action, ast.Call) and step.action.path == ("skip",)
                for step in statement.steps
            )
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
    for part, label in ast.labels(*body, parts=in_one_scope):
        name = plain_label(label)
        if name is not None and not isinstance(part, ast.Aux):
            found.setdefault(name, label)
    return found
