"""What an expression of Python's gives: calls of layers and functions, methods of tensors, operators between them."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import field
from typing import Final, TypeAlias

from ...base.records import dataclass
from ..elaborate.functions import FUNCTIONS
from ..ops import TABLE
from ..ops.foreign_names import key, otherwise
from .meant import Unread, Value, named
from .state import AT_HAND, Module, State

_JOINED: Final = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.MatMult: "matmul"}
_IN_PLACE: Final = {"add_": "add", "mul_": "mul", "sub_": "sub", "relu_": "relu"}
_SIZES: Final = frozenset({"shape", "size", "dim", "ndim", "numel", "channels", "height", "width", "length", "features", "dtype", "device"})
_THE_SAME: Final = frozenset({"contiguous", "identity", "Identity"})

Scalar: TypeAlias = "float | None"
"""A number, or what is no tensor and not worked out."""
Found: TypeAlias = "Value | Module | Scalar"


def expression(text: str) -> ast.expr:
    """The tree of a text, in which sizes are tuples. Raises `Unread`."""
    text = re.sub(r"\b(\d+)x(\d+)(?:x(\d+))?\b", lambda size: f"({', '.join(part for part in size.groups() if part)})", text)
    text = re.sub(r"\bin\.(?=\w)", "in_.", text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes that Python does not know
            return ast.parse(f"({text}\n)", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise Unread from None


@dataclass(slots=True, eq=False)
class Lines:
    """Reads expressions at a place of a body. `target` is the name that the line gives its result."""

    state: State
    target: str | None = None
    takes_at_hand: bool = False
    read: list[str] = field(default_factory=list)

    def tensor(self, node: ast.expr) -> Value:
        found = self.found(node)
        if callable(found):  # layers without a tensor take what is at hand
            self.takes_at_hand = True
            return found((self.state.at_hand(),))
        if not isinstance(found, Value):
            raise Unread
        return found

    def found(self, node: ast.expr) -> Found:
        match node:
            case ast.Name(id=word):
                return self._name(word)
            case ast.Constant(value=value):
                return float(value) if isinstance(value, int | float) else None
            case ast.Attribute():
                return self._attribute(node)
            case ast.Call():
                return self._call(node)
            case ast.BinOp():
                return self._joined(node)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self._negative(self.found(operand))
            case ast.Subscript(value=value):
                return self._scalar(self.found(value))
            case ast.List(elts=items) | ast.Tuple(elts=items):
                for item in items:
                    self._scalar(self.found(item))
                return None
        for part in ast.iter_child_nodes(node):
            if isinstance(part, ast.expr):
                self._scalar(self.found(part))
        return None

    def is_tensor(self, node: ast.expr) -> bool:
        """Whether it can be nothing else; nothing is said of where it comes from."""
        state = self.state
        match node:
            case ast.Name(id=word):
                return word == "skip" or word in state.names or (not state.has_run and word not in state.scalars and self._may_be(word))
            case ast.Call(func=ast.Call() as inner):
                return not self._is_size(inner)
            case ast.Call():
                return not self._is_size(node)
            case ast.BinOp(left=left, right=right):
                return self.is_tensor(left) or self.is_tensor(right)
            case ast.UnaryOp(operand=operand):
                return self.is_tensor(operand)
            case ast.IfExp(body=body, orelse=other):
                return self.is_tensor(body) or self.is_tensor(other)
        return False

    def _may_be(self, word: str) -> bool:
        return word in AT_HAND

    def _is_size(self, node: ast.Call) -> bool:
        word = _dotted(node.func)
        if word is None:
            return isinstance(node.func, ast.Attribute) and node.func.attr in _SIZES
        return (word in FUNCTIONS and word not in TABLE) or word in ("int", "float", "tuple", "list") or word.rpartition(".")[2] in _SIZES

    # ------------------------------------------------------------------------------------------------ parts

    def _name(self, word: str) -> Found:
        state = self.state
        if word == "skip":
            self.takes_at_hand = True
            return state.at_hand()
        if word in state.names:
            self.read.append(word)
            return state.read(word)
        if word in state.modules:
            return state.modules[word]
        if word in state.scalars:
            return None
        if self._may_be(word) or (word == self.target and word not in TABLE):
            return state.unnamed(word, self.target)
        if word in state.declared:
            raise Unread
        return None

    def _attribute(self, node: ast.Attribute) -> Found:
        word = _dotted(node)
        if word is not None and word.startswith("self."):
            name = word[5:]
            if name in self.state.modules:
                return self.state.modules[name]
            raise Unread
        if node.attr in _SIZES or (word is not None and word.partition(".")[0] not in self.state.names):
            return None
        raise Unread

    @staticmethod
    def _scalar(found: Found) -> Scalar:
        if isinstance(found, Value) or callable(found):
            raise Unread
        return found

    @staticmethod
    def _negative(found: Found) -> Found:
        if isinstance(found, Value):
            return Value("scale", (found,), number=-1.0)
        return -found if isinstance(found, float) else None

    def _joined(self, node: ast.BinOp) -> Found:
        left, right = self.found(node.left), self.found(node.right)
        sign = type(node.op)
        tensors = [part for part in (left, right) if isinstance(part, Value) or callable(part)]
        if not tensors:
            return None
        self.state.is_python |= sign in _JOINED
        if len(tensors) == 2:
            if sign not in _JOINED:
                raise Unread
            self._apart()
            return Value(_JOINED[sign], (self._made(left), self._made(right)))
        tensor = self._made(tensors[0])
        number = right if tensors[0] is left else left
        if not isinstance(number, float):
            raise Unread
        first = tensors[0] is left
        if sign is ast.Mult:
            return Value("scale", (tensor,), number=number)
        if sign is ast.Add:
            return Value("offset", (tensor,), number=number)
        if first and sign is ast.Sub:
            return Value("offset", (tensor,), number=-number)
        if first and sign is ast.Div and number:
            return Value("scale", (tensor,), number=1 / number)
        raise Unread

    def _made(self, found: Found) -> Value:
        if isinstance(found, Value):
            return found
        if not callable(found):
            raise Unread
        self.takes_at_hand = True
        return found((self.state.at_hand(),))

    # ------------------------------------------------------------------------------------------------ calls

    def _call(self, node: ast.Call) -> Found:
        function, word = node.func, _dotted(node.func)
        if self._is_size(node):
            return None
        if isinstance(function, ast.Call):
            return self._applied(self.layers(function, len(node.args)), node)
        if isinstance(function, ast.Attribute) and self._is_method(function):
            return self._method(function, node)
        if word is None:
            raise Unread
        own = word.removeprefix("self.")
        if own in self.state.modules:
            self.state.is_python = True
            return self._applied(self.state.modules[own], node)
        if own in self.state.again and node.args:
            return self._applied(self.state.again[own], node)
        if own in self.state.declared or word.startswith("self."):
            raise Unread
        if word in ("skip", "reuse"):
            return self._archcs_own(word, node)
        tensors = self._tensors(node)
        if tensors:
            self.state.is_python = True
            return self._layer(node, word, len(tensors))(tuple(tensors))
        return self.layers(node)

    def _is_method(self, function: ast.Attribute) -> bool:
        return self.is_tensor(function.value) and not (isinstance(function.value, ast.Name) and function.value.id in self.state.modules)

    def _method(self, function: ast.Attribute, node: ast.Call) -> Value:
        self.state.is_python = True
        base = self.tensor(function.value)
        if function.attr in _THE_SAME:
            return base
        others = self._tensors(node)
        word = _IN_PLACE.get(function.attr, function.attr)
        return Value(named(f"torch.{word}"), (base, *others), self._site(node))

    def _archcs_own(self, word: str, node: ast.Call) -> Value:
        if len(node.args) != 1 or not isinstance(node.args[0], ast.Name):
            raise Unread
        name = node.args[0].id
        if word == "reuse":
            if name not in self.state.again:
                raise Unread
            self.takes_at_hand = True
            return self.state.again[name]((self.state.at_hand(),))
        if name not in self.state.names:
            raise Unread
        return self.state.read(name, as_in_python=False)

    def _tensors(self, node: ast.Call) -> list[Value]:
        """The tensors among the arguments, in order."""
        if any(self.is_tensor(row.value) for row in node.keywords) or any(isinstance(row, ast.Starred) for row in node.args):
            raise Unread
        first = node.args[0] if node.args else None
        items = first.elts if isinstance(first, ast.List | ast.Tuple) and any(map(self.is_tensor, first.elts)) else None
        rows = [*items, *node.args[1:]] if items is not None else node.args
        found = [self.tensor(row) for row in rows if self.is_tensor(row)]
        if len(found) > 1:
            self._apart()
        return found

    def _apart(self) -> None:
        """`a = conv(8, 1)`, `b = conv(8, 3)`, joined: whether the second was to go on from the first, nobody knows."""
        if any(self.state.goes_on.get(name) in self.read for name in self.read):
            raise Unread

    def _applied(self, module: Module, node: ast.Call) -> Value:
        self.state.is_python = True
        tensors = self._tensors(node)
        if not tensors or len(tensors) != len(node.args):
            raise Unread
        return module(tuple(tensors))

    def layers(self, node: ast.expr, tensors: int = 1) -> Module:
        """What makes layers: `nn.Conv2d(3, 8, 3)`, `nn.Sequential(…)`."""
        word = _dotted(node.func) if isinstance(node, ast.Call) else None
        if not isinstance(node, ast.Call) or word is None or self._tensorial(node):
            raise Unread
        if key(word) != "sequential":
            return self._layer(node, word, tensors)
        if any(not isinstance(part, ast.Call) for part in node.args) or node.keywords or not node.args:
            raise Unread
        parts = [self.layers(part) for part in node.args if isinstance(part, ast.Call)]

        def chained(inputs: tuple[Value, ...]) -> Value:
            for part in parts:
                inputs = (part(inputs),)
            return inputs[0]

        return chained

    def _tensorial(self, node: ast.Call) -> bool:
        return key(_dotted(node.func) or "") != "sequential" and any(
            isinstance(row, ast.Name) and row.id in self.state.names for row in node.args
        )

    def _layer(self, node: ast.Call, word: str, tensors: int) -> Module:
        operation, site = named(word), self._site(node)
        if key(word) == "activation" and node.args and isinstance(node.args[0], ast.Constant):
            operation = named(str(node.args[0].value))
        if operation not in TABLE and (otherwise(word) is not None or "." in word):
            raise Unread  # another library's, which nothing here is
        if tensors == 1 and operation in TABLE and TABLE[operation].least_inputs > 1 and operation not in ("maximum", "minimum", "mean"):
            raise Unread
        after = [named(str(row.value.value)) for row in node.keywords if row.arg == "activation" and isinstance(row.value, ast.Constant)]

        def run(inputs: tuple[Value, ...]) -> Value:
            if operation == "identity":
                return inputs[0]
            value = Value(operation, inputs, site)
            for function in after:
                value = Value(function, (value,))
            return value

        return run

    def _site(self, node: ast.AST) -> object:
        return (*self.state.place, getattr(node, "lineno", 0), getattr(node, "col_offset", 0))


def _dotted(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = _dotted(node.value)
        return None if before is None else f"{before}.{node.attr}"
    return None
