"""How many lines the reference implementations take: `python -m tests.conformance.reference_lines` writes `tests/facts/reference_lines.json`.

Counted are the classes of a network's modules, with the classes that they derive from, as far as they are torchvision's or timm's,
and the function that makes the network. Blank lines, comments and docstrings are not counted.
"""

from __future__ import annotations

import ast
import importlib.metadata
import inspect
import io
import json
import textwrap
import tokenize
from pathlib import Path
from types import FunctionType

from tests.conformance import reference

TARGET = Path(__file__).parents[1] / "facts" / "reference_lines.json"
PACKAGES = ("torchvision", "timm")


def code_lines(source: str) -> int:
    """Lines that hold code."""
    source = textwrap.dedent(source)
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    empty = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    lines = {line for token in tokens if token.type not in empty for line in range(token.start[0], token.end[0] + 1)}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            text = node.body[0]
            lines -= set(range(text.lineno, (text.end_lineno or text.lineno) + 1))
    return len(lines)


def maker(name: str) -> FunctionType:
    """The function that makes the reference."""
    models = reference.torchvision().models
    if name in reference.TORCHVISION:
        found = models.get_model_builder(reference.TORCHVISION[name])
    elif name in reference.TIMM:
        import timm

        found = timm.models.model_entrypoint(reference.TIMM[name])
    elif name in reference.DETECTORS:
        found = models.get_model_builder(reference.DETECTORS[name])
    else:
        found = {"fcn_resnet50": models.segmentation.fcn_resnet50, "resnet50_fpn": models.detection.retinanet_resnet50_fpn}[name]
    found = inspect.unwrap(found)
    assert isinstance(found, FunctionType)
    return found


def lines(name: str) -> int:
    """Lines of the reference of `name`."""
    classes = {base for module in reference.build_empty(name).modules() for base in type(module).__mro__}
    ours = sorted((item for item in classes if item.__module__.split(".")[0] in PACKAGES), key=lambda item: item.__qualname__)
    return sum(code_lines(inspect.getsource(item)) for item in (*ours, maker(name)))


def source(name: str) -> str:
    return "timm" if name in reference.TIMM else "torchvision"


def measure() -> dict[str, object]:
    versions = {package: importlib.metadata.version(package) for package in PACKAGES}
    return {"versions": versions, "lines": {name: [source(name), lines(name)] for name in reference.NAMES}}


if __name__ == "__main__":
    TARGET.write_text(json.dumps(measure(), indent=1) + "\n", encoding="utf-8")
