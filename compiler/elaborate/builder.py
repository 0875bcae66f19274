"""Placing an operation: its arguments are read, its shape is inferred, a node is made; or the refusal becomes a diagnostic."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import field

from ...base.diagnostics import Diagnostic, Edit, Fix, Label, Problem, Report
from ...base.records import dataclass
from ...base.source import Span
from ...dsl import ast
from ..graph.batchless import is_batchless
from ..graph.program import BudgetLimit, CallSite, Node, Scope
from ..graph.provenance import chain_of_shapes
from ..ops.axis_names import Axes
from ..ops.base import Operation, Refusal, Shape, show
from ..ops.parameters import BadValue, Named, OpenSizes, Optional, Parameter, Plain, Sizes
from .axes_told import axis_moved, is_certain, named_at_input, named_axes
from .closures import Frame, Given, Labelled, Made, Names, Origin, Tensors
from .effort import MOST_ERRORS, MOST_REPEATS, STEPS_A_SCOPE, Effort
from .explain_arguments import bad_value
from .explain_before import from_before
from .explain_heads import behind_a_head
from .explain_quotients import told_already
from .explain_reuse import misfit_of
from .explain_sizes import places_of_size, told_axis
from .explain_values import with_origins
from .fitting import Fitting
from .foresight import LARGE, Count, Large, Unlike
from .nearest_sizes import nearest_sizes
from .shape_of import ShapeOf, Shapes
from .slots import Signature
from .trace import Trace
from .trial import argument_edit
from .values import Exhausted, show_value
from .whole_numbers import WholeNumbers

MOST_NODES = 200_000
"""The largest number of operations of a network."""


@dataclass(slots=True, eq=False)
class Sharing:
    """While a step is used again: the nodes and scopes of its first use, in order, whose weights and names the new ones take."""

    nodes: deque[Node]
    scopes: deque[Scope]
    label: str
    span: Span
    user: Scope  # the module in which it is used again
    own: str | None  # its label there
    named: Scope | None = None  # the scope that has this label

    def renamed(self, first: Node | Scope, parent: Scope) -> tuple[str, ...] | None:
        """The new name of the part or step that this use has a label for; None for what stands in it or beside it."""
        if self.own is None or parent.module is not self.user or first.use > 1 or first.names != tuple(self.label.split(".")):
            return None
        return tuple(self.own.split("."))


@dataclass(frozen=True, slots=True, eq=False)
class Alone:
    """A tensor that no step makes, on a line of its own: its step and scope, and the tensor that came in, with its name where it is the network's input."""

    step: ast.Step
    scope: Scope
    came: int
    name: str | None


@dataclass(slots=True, eq=False)
class Builder:
    """The program under construction: what all bodies add to."""

    report: Report = field(default_factory=Report)
    nodes: list[Node] = field(default_factory=list)
    scopes: list[Scope] = field(default_factory=list)
    budgets: list[BudgetLimit] = field(default_factory=list)
    via: tuple[CallSite, ...] = ()
    sharing: Sharing | None = None
    depth: int = 0
    effort: Effort = field(default_factory=Effort)
    most: int = MOST_NODES  # more operations end the attempt
    count: Count | None = None  # the operations are only counted
    reserved: Mapping[int, set[str]] = field(default_factory=dict)  # labels known from an earlier attempt, by the number of their scope
    clashes: dict[int, Names] = field(default_factory=dict)  # the scopes in which a step without a label has the name of a label
    _named: int = 0
    lost: Span | None = None  # the first statement that an earlier mistake kept from being worked out
    given_up: bool = False  # a limit is passed, and that is said
    givens: dict[int, Mapping[str, Given]] = field(default_factory=dict)  # by the identity of a call: its arguments, for messages
    labels: list[Labelled] = field(default_factory=list)  # those of steps: nobody may ever read them
    named: list[tuple[Scope, Labelled]] = field(default_factory=list)  # all that labels stand for, and where they were given
    _said: set[tuple[str, str, int]] = field(default_factory=set)
    _errors: int = 0
    _repeats: int = 0
    held: set[tuple[str, int]] = field(default_factory=set)
    """Where an `expect` stands that held: its text may run again."""
    _uses: dict[tuple[str, ...], int] = field(default_factory=dict)
    fitting: Fitting = field(default_factory=Fitting)
    unnamed: dict[int, ast.List] = field(default_factory=dict)  # the inputs whose axes have the usual names: where their sizes stand
    batchless: list[bool] = field(default_factory=list)  # of each node, whether its output is one for the whole batch
    alone: dict[int, Alone] = field(default_factory=dict)  # those that nothing went on from yet
    whole_numbers: WholeNumbers = field(default_factory=WholeNumbers)
    trace: Trace | None = None  # what an editor wants to know beside the program

    def places_of_size(self, index: int, axis: int, told: str) -> tuple[list[Label], list[Origin]]:
        """The places that gave an axis of a node its size, and the expressions that go farther back."""
        return places_of_size(self.nodes, self.via, self.givens, index, axis, told)

    def shape_of(self, tensors: Tensors) -> Shapes | None:
        """A tensor's sizes with their names, or those of several; None where it is unknown."""
        if isinstance(tensors, tuple):
            return tuple(ShapeOf(self.nodes[index].shape, self.nodes[index].axes) for index in tensors)
        return None if tensors is None else ShapeOf(self.nodes[tensors].shape, self.nodes[tensors].axes)

    # -------------------------------------------------------------------------------------- diagnostics

    def say(self, diagnostic: Diagnostic, frame: Frame | None = None) -> None:
        """Report once: a block that is called sixteen times has its mistake once."""
        # That there is no tensor is said of the first step that needs one.
        key = (diagnostic.code, diagnostic.primary.span.source.name, diagnostic.primary.span.start * (diagnostic.code != "E236"))
        if key in self._said:
            if diagnostic.is_error:
                self._repeats += 1
                self._give_up_after(self._repeats, MOST_REPEATS, diagnostic)
            return
        self._said.add(key)
        if frame is not None and (self.via or frame.scope.depth > 1):
            diagnostic = dataclasses.replace(diagnostic, where=self.where(frame.scope))
        if self.sharing is not None:
            again = f"`{self.sharing.label}`, used again at {self.sharing.span}"
            diagnostic = dataclasses.replace(diagnostic, where=(*diagnostic.where, again))
        if told_already(self.report.diagnostics, diagnostic):
            return
        self.report.add(diagnostic)
        if diagnostic.is_error:
            self._errors += 1
            self._give_up_after(self._errors, MOST_ERRORS, diagnostic)

    def _give_up_after(self, count: int, most: int, diagnostic: Diagnostic) -> None:
        if count > most and not self.given_up:
            self.given_up = True
            raise Exhausted(diagnostic)

    def where(self, scope: Scope) -> tuple[str, ...]:
        """In which part of the network a mistake is, and through which calls it was reached."""
        titles = [part.title or ".".join(part.names) for part in scope.ancestors()]
        titles = [title for title in titles if title]
        path = " > ".join(titles if len(titles) <= 8 else [*titles[:3], "…", *titles[-3:]])
        if not self.via:
            return (path,)
        nearest, between, outermost = self.via[-3:], self.via[1:-3], self.via[:-3][:1]
        told_of = [call.told() for call in reversed(nearest)]
        told_of[0] = f"{path} ({told_of[0]})"
        if between:
            told_of.append(f"… {len(between)} more call{'s' * (len(between) > 1)}")
        told_of += [call.told() for call in outermost]  # where the network gave its numbers
        return tuple(told_of)

    # -------------------------------------------------------------------------------------------- counting

    @property
    def placed(self) -> int:
        return len(self.nodes) + (self.count.skipped if self.count is not None else 0)

    def run(self, key: tuple[Hashable, ...], run: Callable[[], Made], span: Span) -> Made:
        """What `run` makes. While operations are only counted, what was run under the same key is not run again."""
        if self.count is None:
            return run()
        known = self.count.known.get(key)
        if known is None:
            placed, left = self.placed, self.effort.left
            made = run()
            self.count.known[key] = (made, self.placed - placed, left - self.effort.left)
            if not self.count.skipped and len(self.nodes) > LARGE:
                raise Unlike
            return made
        made, operations, steps = known
        self.count.skipped += operations
        if self.placed > MOST_NODES:
            raise self._too_many(span, "the first one too many is in here")
        self.effort.spend(steps, span)
        return made

    def _too_many(self, span: Span, told: str) -> Exhausted:
        return Exhausted(Diagnostic("E403", f"the network has more than {MOST_NODES} operations, the limit", Label(span, told)))

    @property
    def done(self) -> tuple[int, int]:
        """What came of the text so far, in numbers: operations, and what was said."""
        return self.placed, len(self._said)

    # -------------------------------------------------------------------------------------------- scopes

    def names(self, indexed: bool = False, is_network: bool = False) -> Names:
        """The names of a scope that is opened."""
        self._named += 1
        return Names(indexed, is_network, self._named, labels=set(self.reserved.get(self._named, ())))

    def open(self, scope: Scope) -> Scope:
        """Record a scope; while sharing, tie it to its counterpart of the first use."""
        self.effort.spend(STEPS_A_SCOPE, scope.span)
        if self.sharing is not None:
            if not self.sharing.scopes:
                raise Problem(self._different())
            first = self.sharing.scopes.popleft()
            assert scope.parent is not None
            own = self.sharing.renamed(first, scope.parent)
            names, title, use = first.names, first.title, 1
            if own is not None:
                names, title = own, ".".join(own)
            elif names and (first.use > 1 or scope.parent.module is self.sharing.user):
                use = self._next_use((*scope.parent.path, *names))
            scope = dataclasses.replace(scope, names=names, title=title, shares=first.shares or first, use=use)
            if own is not None:
                self.sharing.named = scope
        self.scopes.append(scope)
        return scope

    def _next_use(self, path: tuple[str, ...]) -> int:
        """The number of what is used again without a label of its own: its path is taken already."""
        self._uses[path] = self._uses.get(path, 1) + 1
        return self._uses[path]

    def ended(self) -> None:
        """What is used again has run through: there must be nothing left of its first use."""
        if self.sharing is not None and (self.sharing.nodes or self.sharing.scopes):
            raise Problem(self._different())

    def _different(self) -> Diagnostic:
        assert self.sharing is not None
        return Diagnostic(
            "E235",
            f"`{self.sharing.label}` cannot be reused here: for this input it has other steps than for the first",
            Label(self.sharing.span, "other steps for this input"),
            help="a condition in it reads the shape of its input; write a step of its own here",
        )

    # -------------------------------------------------------------------------------------------- nodes

    def place(
        self,
        frame: Frame,
        operation: type[Operation],
        given: Mapping[str, Given],
        inputs: Sequence[int | None],
        names: tuple[str, ...],
        span: Span,
        called: Signature,
        *,
        label: bool = False,
        parts: Sequence[Label] = (),
    ) -> int | None:
        """The index of the new node; None where it is unknown (an input is, or a refusal was reported).

        `parts` are the places of the operands of a merge.
        """
        values = self._read(frame, operation, given, called, span)
        if values is None or any(index is None for index in inputs):
            return None
        known = [index for index in inputs if index is not None]
        made = operation(**values)
        shapes = tuple(self.nodes[index].shape for index in known)
        axes = tuple(self.nodes[index].axes for index in known)
        try:
            # What hangs on the wrong input is the cause of the shapes that do not fit with it.
            made.check_batch([self.batchless[index] for index in known])
            fitted = self.fitting.fit(made, axes, shapes, tuple(given))
            made = fitted.operation
            self.whole_numbers.check(self.nodes, made, known, fitted.shape)
        except Refusal as refused_for:
            refusal = self.whole_numbers.first_of(refused_for, self.nodes, made, known)
            refused = self.refused(frame, made, refusal, given, known, span, parts)
            # The word of the text: `split` places a `chunk` for each part.
            self.say(dataclasses.replace(refused, message=refused.message.replace(f"`{made.name}`", f"`{called.name}`")), frame)
            return None
        if fitted.moved is not None and not is_certain(made, fitted.moved, self.nodes, known[0]):
            self.say(axis_moved(made, fitted.moved, self.nodes[known[0]], self._naming(known[0], -1), span), frame)
        if fitted.too_large is not None:
            refused = Diagnostic("E405", fitted.too_large, Label(span, "more elements than 64 bits can count"))
            for row in given.values():
                refused = refused if row.origin is None else with_origins(row.origin.reader, refused, row.origin.expression)
            self.say(refused, frame)
            return None
        return self.add(frame, made, tuple(known), fitted.shape, names, span, label, fitted.axes)

    def _naming(self, index: int, place: int) -> Fix | None:
        """How to say at the input that axis `place` of a node is the channels, where the input said no names."""
        return named_at_input(self.nodes, self.unnamed, index, place)

    def add(
        self,
        frame: Frame,
        operation: Operation,
        inputs: tuple[int, ...],
        shape: Shape,
        names: tuple[str, ...],
        span: Span,
        label: bool = False,
        axes: Axes | None = None,
    ) -> int:
        """Append a checked node. `axes` are those of its output, where they are known."""
        if self.placed + (self.effort.calls if self.most < MOST_NODES else 0) >= self.most:
            raise self._too_many(span, "the first one too many") if self.most == MOST_NODES else Large
        shapes = tuple(self.nodes[index].shape for index in inputs)
        entering = tuple(self.nodes[index].axes for index in inputs)
        shares, use = None, 1
        if self.sharing is not None:
            first = self._shared(operation, shapes)
            if operation.family != "port":
                shares = first.shares if first.shares is not None else first.index
                own = self.sharing.renamed(first, frame.scope)
                if own is not None:
                    names, label = own, True
                else:
                    names = first.names
                    if first.use > 1 or self.sharing.named not in frame.scope.ancestors():
                        use = self._next_use((*frame.scope.path, *names))
        node = Node(
            index=len(self.nodes),
            operation=operation,
            inputs=inputs,
            input_shapes=shapes,
            shape=shape,
            scope=frame.scope,
            names=names,
            span=span,
            via=self.via,
            shares=shares,
            use=use,
            training_only=frame.training_only,
            label=label,
            axes=named_axes(operation, entering, shapes, shape) if axes is None else axes,
            input_axes=entering,
        )
        self.nodes.append(node)
        self.batchless.append(is_batchless(operation.is_source(), [self.batchless[index] for index in inputs]))
        self.effort.earn()
        return node.index

    def _shared(self, operation: Operation, shapes: tuple[Shape, ...]) -> Node:
        assert self.sharing is not None
        if not self.sharing.nodes:
            raise Problem(self._different())
        first = self.sharing.nodes.popleft()
        if type(first.operation) is not type(operation):
            raise Problem(self._different())
        if (misfit := misfit_of(first, operation, shapes, self.sharing.label, self.sharing.span)) is not None:
            raise Problem(misfit)
        return first

    # ------------------------------------------------------------------------------------------ refusals

    def _read(
        self, frame: Frame, operation: type[Operation], given: Mapping[str, Given], called: Signature, place: Span
    ) -> dict[str, Plain] | None:
        values: dict[str, Plain] = {}
        refused = False
        rows = {row.name: row for row in operation.parameters()}
        opened = next((row for row in rows.values() if isinstance(row.kind, OpenSizes)), None)
        if opened is not None:
            del rows[opened.name]
            sizes = [dataclasses.replace(opened, name=name, kind=OpenSizes.item) for name in given if name not in rows]
            rows |= {row.name: row for row in sizes}
        for row in rows.values():
            if row.name not in given:
                try:
                    values[row.name] = row.default if not row.text or refused else self._worked_out(operation, row, values)
                except Refusal as refusal:
                    refused = True
                    self.say(Diagnostic(refusal.code, refusal.message, Label(place), notes=refusal.notes, help=refusal.help), frame)
                continue
            value, span = given[row.name].value, given[row.name].span
            try:
                if isinstance(value, Named) and not isinstance(row.kind.kind if isinstance(row.kind, Optional) else row.kind, Sizes):
                    raise row.kind.refuse()
                values[row.name] = row.kind.read(value)
            except BadValue as bad:
                refused = True
                diagnostic = bad_value(called, row, value, bad.expected, span, given, self._sizes(frame))
                origin = given[row.name].origin
                self.say(diagnostic if origin is None else with_origins(origin.reader, diagnostic, origin.expression), frame)
        if opened is not None and not refused:
            values[opened.name] = tuple((row.name, values.pop(row.name)) for row in sizes)
        return None if refused else values

    def _sizes(self, frame: Frame) -> Shape:
        return self.nodes[frame.current].shape if isinstance(frame.current, int) else ()

    def _worked_out(self, operation: type[Operation], row: Parameter, values: Mapping[str, Plain]) -> Plain:
        """A default that reads other parameters: those of the user's own operations may."""
        from .own_record import OwnOperation

        assert issubclass(operation, OwnOperation)
        return operation.default(row, values)

    def refused(
        self,
        frame: Frame,
        operation: Operation,
        refusal: Refusal,
        given: Mapping[str, Given],
        inputs: list[int],
        span: Span,
        parts: Sequence[Label],
    ) -> Diagnostic:
        if parts and len(inputs) > 1 and refusal.parameter is None and refusal.code != "E331" and operation.borrowed() is None:
            from .explain_merge import describe_clash  # only a mistake needs it, and all that is looked for

            clash = describe_clash(self.nodes, frame, operation, refusal, inputs, span, parts)
            if refusal.code == "E332":
                clash = self._with_naming(clash, operation, inputs[refusal.operand or 0])
            return self._from_where(clash, refusal, given, None)
        argument = given.get(refusal.parameter) if refusal.parameter is not None else None
        # An argument that a `default` row gives stands elsewhere: the step that cannot have it is the place, not the row.
        is_own = argument is not None and span.source is argument.span.source and span.start <= argument.span.start < span.end
        place = argument.span if argument is not None and is_own else span
        operand = inputs[refusal.operand or 0] if inputs else None
        secondary: list[Label] = []
        notes = list(refusal.notes)
        if operand is not None:
            source = self.nodes[operand]
            secondary.append(Label(source.span, f"gives {show(source.shape)}"))
            trace = chain_of_shapes(self.nodes, operand)
            if trace is not None:
                notes.append(trace)
        if is_own and span.line != place.line:
            secondary.append(Label(span, "used here"))
        if argument is not None and not is_own:
            secondary.append(Label(argument.span, f"its `{refusal.parameter}` comes from here"))
        if refusal.axis is not None and refusal.axis > 0:
            sizes = nearest_sizes(self.nodes, operation, inputs, refusal.axes, refusal.axis)
            notes += [sizes] if sizes is not None else []
        fix, help_text = None, refusal.help if operand is None else self.whole_numbers.with_features(self.nodes, refusal, operand)
        if operand is not None:
            help_text = from_before(self.nodes, frame, operation, refusal, inputs, argument, span) or help_text
        if refusal.suggestions:
            texts = [show_value(value) for value in refusal.suggestions[:4]]
            help_text = help_text or f"`{refusal.parameter}` may be {' or '.join(texts)} here"
            # Of several numbers that would do the author takes one, and where the help tells of another way out, too.
            is_the_way = len(texts) == 1 and (refusal.help is None or refusal.code == "E320")
            if is_the_way and argument is not None and argument.span.text.replace("x", "").isdigit():
                fix = Fix(f"write {texts[0]}", (Edit(argument.span, texts[0]),))
        if refusal.argument is not None:
            text = refusal.argument[1]
            edit = Edit(argument.span, text) if argument is not None and is_own else argument_edit(span, operation, *refusal.argument)
            fix = Fix(f"write `{refusal.argument[0]} = {text}`", (edit,)) if edit is not None else fix
        if refusal.code == "E313" and operand is not None and (head := behind_a_head(self.nodes, frame, operation, operand)) is not None:
            fix, help_text = head.fix, head.help
        message = refusal.told(self.nodes[operand].axes) if operand is not None else refusal.message
        refused = Diagnostic(refusal.code, message, Label(place, ""), tuple(secondary), tuple(notes), help_text, fix)
        if refusal.code == "E332" and operand is not None:
            refused = self._with_naming(refused, operation, operand)
        return self._from_where(refused, refusal, given, operand)

    def _with_naming(self, refused: Diagnostic, operation: Operation, operand: int) -> Diagnostic:
        """The refusal of channels that stand elsewhere, where an input may have been written in another order than it says."""
        named = self._naming(operand, 0 if operation.channels_wanted() == "first" else -1)
        if named is None:
            return refused
        return dataclasses.replace(refused, help=f"{named.message}, where these are its axes; else {refused.help}", fix=named)

    def _from_where(self, refused: Diagnostic, refusal: Refusal, given: Mapping[str, Given], operand: int | None) -> Diagnostic:
        """The refusal with the places where its numbers come from: those of arguments, and the size of the input's axis at fault."""
        for name, row in given.items():
            if (name == refusal.parameter or name in refusal.beside) and row.origin is not None:
                refused = with_origins(row.origin.reader, refused, row.origin.expression)
        if refusal.code == "E310" and operand is not None and refusal.axis is not None:
            labels, origins = self.places_of_size(operand, refusal.axis, told_axis(self.nodes[operand], refusal.axis))
            shown = {(label.span.source.name, label.span.start, label.span.end) for label in (refused.primary, *refused.secondary)}
            further = tuple(label for label in labels if (label.span.source.name, label.span.start, label.span.end) not in shown)
            refused = dataclasses.replace(refused, secondary=(*refused.secondary, *further))
            for origin in origins:
                refused = with_origins(origin.reader, refused, origin.expression)
        return refused
