"""Bodies unrolled: statements, loops, conditions, scopes. Steps are in `steps.py`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from ...base.diagnostics import Diagnostic, Edit, Fix, Label, Problem
from ...base.records import dataclass
from ...base.source import Span
from ...dsl import ast
from ..graph.program import Scope, ScopeKind
from ..ops import TABLE
from ..ops.base import Shape
from . import inputs_outputs
from .builder import Builder
from .closures import Binding, Environment, Frame, Labelled, Made, Origin, Rounds, Tensors
from .declarations import budget, default, expect, require
from .doubts import doubt_of_pairs, doubts_of_comparison
from .effort import MOST_ROUNDS_IN_VAIN, STEPS_A_LABEL
from .evaluator import Evaluator, nowhere
from .explain_numbers import rounded
from .explain_values import with_origins
from .foresight import alike
from .freeze import plain
from .gone_on_from import doubt_of_going_on, stands_alone
from .labels import moment, repeater
from .naming import (
    LONGEST_LABEL,
    has_dynamic_label,
    is_assigned,
    is_broken,
    is_loop_alone,
    is_single_step,
    legal_name,
    static_labels,
    why_not,
)
from .shape_of import Shapes
from .steps import run_step
from .trace import Trace
from .values import LARGEST_LIST, UNKNOWN, Exhausted, Unknowable, kind_of, show_value

DEEPEST = 100
"""How deep bodies and block calls may nest."""


def _how_named(span: Span, name: str, told: str) -> str:
    """`told`; of a step without a label, what named it."""
    unlabelled = name not in span.text and "{" not in span.text and not name.isdecimal()
    return f"{told}, by its kind and its place among them" if unlabelled else told


def _told_apart(is_one_text: bool, indexed: bool) -> str:
    """What is done about two steps of one name: of one text, which a loop or two calls run twice, or of two."""
    example = '`"conv{i}": conv(…)`'
    if is_one_text and not indexed:
        return (
            f"a label with an expression tells the rounds of a loop apart, and the calls of a `flat` block by a parameter of it: {example}"
        )
    rounds = f"a label with an expression tells the rounds apart: {example}"
    if is_one_text:
        rounds = "whose rounds an `indexed` body does not number, braces around what a round holds give it a number: `{ … }`"
    return f"give one of them another label; in a loop, {rounds}"


def _begins_with_a_label(frame: Frame, step: ast.Step) -> bool:
    """Whether the name of a step is that of a label, and of nothing that could run."""
    if step.label is not None or not isinstance(step.action, ast.Call) or not step.action.bare or step.action.path[0] in TABLE:
        return False
    return frame.environment.binding(step.action.path[0]) is None and frame.environment.label(step.action.path[0]) is not None


@dataclass(slots=True, eq=False)
class Expansion:
    """Unrolls bodies into a builder. `settings` replace the sizes of the root network's inputs."""

    build: Builder
    input_sizes: dict[str, Shape]

    # -------------------------------------------------------------------------------------------- helpers

    def evaluator(self, frame: Frame) -> Evaluator:
        """What works out the expressions of a body: the same as long as the same enters it."""
        lost = frame.network is not None and not frame.is_before_input
        if frame.reader is not None and frame.reader[:2] == (frame.entry, lost) and isinstance(known := frame.reader[2], Evaluator):
            return known
        decided = partial(self.build.places_of_size, frame.entry) if isinstance(frame.entry, int) else nowhere
        made = Evaluator(
            *(frame.environment, self.build.shape_of(frame.entry), self.shape_of, decided, self.build.effort, lost),
            current=lambda: self.build.shape_of(frame.current),
        )
        frame.reader = frame.entry, lost, made
        return made

    def shape_of(self, labelled: Labelled) -> Shapes | None:
        return self.build.shape_of(labelled.tensors)

    def inner(self, frame: Frame, body: Sequence[ast.Statement], **changes: object) -> Frame:
        """A frame for a body inside `frame`: the current tensor enters it."""
        inside = Frame(
            scope=frame.scope,
            environment=Environment(frame.environment, body=body),
            defaults=frame.defaults,
            names=frame.names,
            entry=frame.current,
            current=frame.current,
            training_only=frame.training_only,
            network=frame.network,
        )
        for name, value in changes.items():
            setattr(inside, name, value)
        return inside

    def body(self, frame: Frame, body: Sequence[ast.Statement]) -> None:
        """Run every statement; one that cannot be worked out leaves an unknown tensor, and the next is tried."""
        self.build.depth += 1
        try:
            if self.build.depth > DEEPEST and body:
                from .explain_depth import too_deep  # only a mistake needs it

                raise Exhausted(too_deep(self.build.via, body[0].span, DEEPEST))
            for statement in body:
                self.statement(frame, statement)
            if frame.lines is not None:
                from .foreign_lines import said_of_lines  # only a text with this mistake needs it

                for row in said_of_lines(frame.lines):
                    self.build.say(row, frame)
        finally:
            self.build.depth -= 1

    def statement(self, frame: Frame, statement: ast.Statement) -> None:
        try:
            self.build.effort.spend(1, statement.span)
            if self.build.trace is None:
                self._run(frame, statement)
            else:
                self._traced(self.build.trace, frame, statement)
        except Exhausted as limit:
            if not self.build.given_up:
                self.build.given_up = True
                self.build.say(limit.diagnostic, frame)
            raise
        except (Problem, Unknowable) as failure:
            if isinstance(statement, ast.Let) and isinstance(failure, Problem):
                from .foreign_lines import in_its_place  # only a text with a mistake needs it

                failure = in_its_place(self, frame, statement, failure)
            self._failed(frame, statement, failure)

    def _traced(self, trace: Trace, frame: Frame, statement: ast.Statement) -> None:
        if trace.wants_reader(statement.span):
            trace.read(statement.span, self.evaluator(frame))
        before = frame.current
        self._run(frame, statement)
        if not isinstance(statement, ast.Chain):  # whose steps are traced one by one
            trace.passed(statement.span, self.build.shape_of(before), self.build.shape_of(frame.current))

    def _failed(self, frame: Frame, statement: ast.Statement, failure: Problem | Unknowable) -> None:
        if self.build.sharing is not None:
            raise failure  # what is used again is no longer as it was the first time: the `reuse` itself fails
        if isinstance(failure, Problem):
            self.build.say(failure.diagnostic, frame)
        else:
            self.build.lost = self.build.lost or statement.span
        self.lose(frame, statement)

    def lose(self, frame: Frame, statement: ast.Statement) -> None:
        """What `statement` would have made is unknown: the current tensor, and what it names."""
        if isinstance(statement, ast.Let):
            frame.environment.bindings[statement.name.name] = Binding(UNKNOWN, statement.name.span, used=True)
            return
        if isinstance(statement, ast.Default | ast.Require | ast.Expect | ast.Budget | ast.Aux | ast.Output):
            return
        frame.current = None
        if isinstance(statement, ast.Input) and frame.network is not None:
            frame.network.taken += 1
            frame.environment.labels.setdefault(statement.name.name, Labelled(statement.name.name, None, statement.name.span, used=True))
        for name, label in static_labels([statement]).items():
            if name not in frame.environment.labels:
                frame.environment.labels[name] = frame.names.members[name] = Labelled(name, None, label.span, used=True)
        if isinstance(statement, ast.Broken) or has_dynamic_label([statement]):
            frame.environment.incomplete = True  # what it would have named is not even known by name

    # ----------------------------------------------------------------------------------------- statements

    def _run(self, frame: Frame, statement: ast.Statement) -> None:
        if frame.lines is not None and not isinstance(statement, ast.Let | ast.Chain):
            frame.lines.at_hand = frozenset()
        match statement:
            case ast.Chain(steps=steps):
                before = frame.current
                for step in self._not_run(frame, statement) if _begins_with_a_label(frame, steps[0]) else steps:
                    self.chained(frame, step)
                stands_alone(self.build, frame, before, statement)
            case ast.Stage():
                self.stage(frame, statement)
            case ast.Repeat() | ast.For():
                self.loop(frame, statement)
            case ast.If():
                self.choose(frame, statement)
            case ast.Let(name=name, value=value):
                if statement.span.start == name.span.start and self._as_given(frame, statement):
                    return
                evaluator = self.evaluator(frame)
                self.let(frame, name, evaluator.value(value), Origin(evaluator, value))
            case ast.Default(calls=calls):
                for call in calls:
                    frame.defaults = default(self, frame, call)
            case ast.Require():
                require(self, frame, statement)
            case ast.Expect():
                expect(self, frame, statement)
            case ast.Budget(limits=limits):
                for limit in limits:
                    budget(self, frame, limit)
            case ast.Input():
                inputs_outputs.input(self, frame, statement)
            case ast.Output():
                inputs_outputs.output(self, frame, statement)
            case ast.Aux():
                inputs_outputs.aux(self, frame, statement)
            case ast.Broken():
                from .foreign_lines import not_read  # only a text with a mistake needs it

                not_read(frame, statement.span)
                raise Unknowable

    def chained(self, frame: Frame, step: ast.Step) -> None:
        """One step of a chain; one that cannot be worked out leaves an unknown tensor, and the next is looked at all the same."""
        before = frame.current
        if step.label is not None and is_assigned(step.label.span) and self._as_given(frame, step):
            return
        if frame.lines is not None:
            from .foreign_lines import ran_on_what_is_at_hand  # only a text with this mistake has lines

            if ran_on_what_is_at_hand(self, frame, step):
                return
            frame.lines.at_hand = frozenset()
        try:
            run_step(self, frame, step)
            doubt_of_going_on(self.build, frame, before, step)
            if self.build.trace is not None:
                self.build.trace.passed(step.span, self.build.shape_of(before), self.build.shape_of(frame.current))
        except (Problem, Unknowable) as failure:
            if isinstance(failure, Problem):
                from .foreign_lines import in_its_place  # only a text with a mistake needs it

                failure = in_its_place(self, frame, step, failure)
            self._failed(frame, ast.Chain(step.span, (step,)), failure)

    def _not_run(self, frame: Frame, chain: ast.Chain) -> Sequence[ast.Step]:
        from .foreign_lines import not_run  # only a text with this mistake needs it

        return not_run(self, frame, chain)

    def _as_given(self, frame: Frame, line: ast.Step | ast.Let) -> bool:
        from .foreign_lines import ran_as_given  # only a text with this mistake needs it

        return ran_as_given(self, frame, line)

    def let(self, frame: Frame, name: ast.Name, value: object, origin: Origin | None = None) -> None:
        earlier = frame.environment.bindings.get(name.name)
        if earlier is not None:
            raise Problem(
                Diagnostic(
                    "E216",
                    f"`{name.name}` is defined twice in this body",
                    Label(name.span, "defined again here"),
                    (Label(earlier.span, "first defined here"),),
                    help="a name keeps its value; choose another name",
                )
            )
        frame.environment.bindings[name.name] = Binding(value, name.span, origin=origin)
        frame.scope.values[name.name] = plain(value)

    # ---------------------------------------------------------------------------------- conditions, loops

    def choose(self, frame: Frame, statement: ast.If) -> None:
        evaluator = self.evaluator(frame)
        chosen = statement.body if evaluator.condition(statement.condition) else statement.otherwise
        for doubt in doubts_of_comparison(evaluator, statement.condition):
            self.build.say(doubt, frame)
        if not chosen:
            return
        inside = self.inner(frame, chosen, round_name=frame.round_name)
        # Labels made here belong to the body that holds the `if`, as the names of its steps do.
        inside.environment.labels = frame.environment.labels
        frame.round_name = None
        self.body(inside, chosen)
        frame.current = inside.current
        frame.environment.incomplete |= inside.environment.incomplete

    def rounds(self, frame: Frame, loop: ast.Repeat | ast.For, body: Sequence[ast.Statement]) -> Iterator[dict[str, Binding]]:
        """What each round of a loop over `body` binds."""
        evaluator = self.evaluator(frame)
        if isinstance(loop, ast.Repeat):
            count = evaluator.value(loop.count)
            if isinstance(count, bool) or not isinstance(count, int) or count < 0:
                refused = Diagnostic(
                    "E208",
                    f"`repeat` needs a whole number of at least 0, and `{loop.count.span.text}` is {show_value(count)}",
                    Label(loop.count.span, f"is {show_value(count)}"),
                    help="to go through a list, write `for x in list { … }`"
                    if isinstance(count, tuple)
                    else rounded(count, loop.count.span.text),
                )
                raise Problem(with_origins(evaluator, refused, loop.count))
            self._few_enough(count, loop.count.span)
            for index in range(count):
                self.build.effort.spend(1, loop.span)
                yield {} if loop.variable is None else {loop.variable.name: Binding(index, loop.variable.span, counts="rounds")}
            return
        values = evaluator.value(loop.values)
        if not isinstance(values, tuple):
            refused = Diagnostic(
                "E208",
                f"`for` needs a list, and `{loop.values.span.text}` is {show_value(values)}",
                Label(loop.values.span, f"is {kind_of(values)}"),
                help=f"write `range({loop.values.span.text})`" if isinstance(values, int) else None,
            )
            raise Problem(with_origins(evaluator, refused, loop.values))
        self._few_enough(len(values), loop.values.span)
        doubt = doubt_of_pairs(loop, values, body)
        if doubt is not None:
            self.build.say(doubt, frame)
        counted = isinstance(loop.values, ast.Call) and loop.values.path == ("range",) and len(loop.values.arguments) == 1
        for index, value in enumerate(values):
            self.build.effort.spend(1, loop.span)
            bindings = {
                loop.variable.name: Binding(
                    value, loop.variable.span, origin=Origin(evaluator, loop.values), counts="rounds" if counted else ""
                )
            }
            if loop.index is not None:
                bindings[loop.index.name] = Binding(index, loop.index.span, counts="rounds" if doubt is None else "doubted")
            yield bindings

    def _few_enough(self, count: int, span: Span) -> None:
        if count > LARGEST_LIST:
            raise Problem(
                Diagnostic(
                    "E404",
                    f"{show_value(count)} rounds, and {LARGEST_LIST} is the limit of one loop",
                    Label(span, f"is {show_value(count)}"),
                    help="each round is layers of its own; what goes over the places of a tensor is one step, `lstm(64)` or `conv(64, 1)`",
                )
            )

    def loop(self, frame: Frame, loop: ast.Repeat | ast.For) -> None:
        numbers = frame.rounds or frame.names.loop()
        effort, vain = self.build.effort, 0
        for bindings in self.rounds(frame, loop, loop.body):
            begun, done, left = frame.current, self.build.done, effort.loops_left
            frame.current = self.round(frame, loop.body, bindings, loop.span, frame.current, numbers)
            in_vain = begun is None and frame.current is None and done == self.build.done
            vain = vain + 1 if in_vain else 0
            # The other rounds are taken to be like these: the mistake before them is to be read soon, and alone.
            if vain == MOST_ROUNDS_IN_VAIN or (in_vain and effort.loops_left > left):
                effort.loops_left += 1
                frame.environment.incomplete |= has_dynamic_label(loop.body)  # what they would have named is not known
                break

    def round(
        self,
        frame: Frame,
        body: Sequence[ast.Statement],
        bindings: dict[str, Binding],
        span: Span,
        start: Tensors,
        numbers: Rounds,
    ) -> Tensors:
        """One round of a loop; the tensor that it ends in."""
        if not body and not frame.names.indexed:
            frame.names.next_round(numbers)
            return start
        values = alike((name, binding.value) for name, binding in bindings.items()) if self.build.count is not None else None
        key = (id(body), frame.environment, frame.defaults, self.build.shape_of(start), frame.training_only, values)
        return self.build.run(key, lambda: (self._round(frame, body, bindings, span, start, numbers), {}), span)[0]

    def _round(
        self,
        frame: Frame,
        body: Sequence[ast.Statement],
        bindings: dict[str, Binding],
        span: Span,
        start: Tensors,
        numbers: Rounds,
    ) -> Tensors:
        """One round: its steps are numbered, or their labels tell them apart (language.md, naming rule 2)."""
        inside = self.inner(frame, body, entry=start, current=start)
        inside.environment.bindings.update(bindings)
        if frame.names.indexed or has_dynamic_label(body):
            # The steps belong to the scope that holds the loop, and so do their labels.
            inside.environment.labels = frame.environment.labels if has_dynamic_label(body) else inside.environment.labels
        elif is_single_step(body):
            inside.round_name = frame.names.next_round(numbers)
        elif is_loop_alone(body):
            inside.rounds = numbers
        else:
            names = frame.names.next_round(numbers)
            self.claim(frame, names, span, labelled=False)
            inside.names = self.build.names()
            inside.scope = self.build.open(Scope("round", names, frame.scope, span, title=names[-1]))
            # In what is used again the rounds have the numbers of the first use.
            held = Labelled(names[-1], None, span, inside.names.members, used=True)
            frame.names.keep(inside.scope.names, held)
        if inside.scope is not frame.scope:
            inside.scope.values.update({name: plain(binding.value) for name, binding in bindings.items()})
        self.body(inside, body)
        if inside.scope is not frame.scope:
            held.tensor = inside.current
        # A statement that could not be read may have had the label that tells the rounds apart.
        is_open = inside.environment.labels is frame.environment.labels or is_broken(body)
        frame.environment.incomplete |= inside.environment.incomplete and is_open
        return inside.current

    # ----------------------------------------------------------------------------------------- named scopes

    def label_text(self, frame: Frame, label: ast.Text) -> str:
        """The text of a label, checked."""
        text = self.evaluator(frame).text(label)
        reason = why_not(text)
        if reason is not None:
            better = legal_name(text)
            plain = len(label.pieces) <= 1
            raise Problem(
                Diagnostic(
                    "E210",
                    f"`{text if len(text) <= LONGEST_LABEL else text[:20] + '…'}` cannot name a step: it {reason}",
                    Label(label.span, "" if plain else f"is {show_value(text)}"),
                    help=f"write `{better}`" if plain else None,
                    fix=Fix(f"write `{better}`", (Edit(label.span, better),)) if plain else None,
                )
            )
        return text

    def claim(self, frame: Frame, names: tuple[str, ...], span: Span, labelled: bool = True) -> None:
        """Give `names` out once in the naming scope. `labelled`: they are a label, to which the names of steps without one yield."""
        if not names or self.build.sharing is not None:
            return  # what is used again has the names of its first use
        known = frame.names
        if labelled:
            if known.yields(names[0]):
                self.build.clashes[known.number] = known  # elaborate() tries again, with the labels of this scope known from its beginning
                known.used.pop(names[:1], None)
            known.labels.add(names[0])
        earlier = known.used.get(names)
        if earlier is not None:
            raise Problem(
                Diagnostic(
                    "E209",
                    f"two steps are named `{'.'.join((*frame.scope.module.path, *names))}`",
                    Label(span, _how_named(span, names[-1], "named again here")),
                    (Label(earlier, _how_named(earlier, names[-1], "first named here")),),
                    help=_told_apart(span == earlier, known.indexed),
                )
            )
        known.used[names] = span

    def register(self, frame: Frame, labelled: Labelled) -> None:
        """Make a label known: after its step, in the body that holds it; by its dotted name from outside."""
        frame.environment.labels[labelled.name] = labelled
        self.build.named.append((frame.scope, labelled))
        path = labelled.name.split(".")
        frame.names.keep(path, labelled)
        if len(path) > 1:
            frame.environment.labels[path[0]] = frame.names.members[path[0]]

    def stage(self, frame: Frame, stage: ast.Stage) -> None:
        title = self.label_text(frame, stage.name)
        flat = stage.mode == "flat"
        names = () if flat else tuple(title.split("."))
        self.claim(frame, names, stage.name.span)
        if frame.names.indexed:
            frame.names.next_position()
        self.run_scope(frame, "stage", stage, title, names)

    def run_scope(self, frame: Frame, kind: ScopeKind, part: ast.Stage | ast.Aux, title: str, names: tuple[str, ...]) -> None:
        def run(frame: Frame, _place: Span) -> Made:
            inner_names = self.build.names(part.mode == "indexed") if names else frame.names
            scope = self.build.open(
                Scope(kind, names, frame.scope, part.span, part.mode, part.doc if isinstance(part, ast.Stage) else "", title=title)
            )
            inside = self.inner(frame, part.body, scope=scope, names=inner_names)
            self.body(inside, part.body)
            frame.environment.incomplete |= inside.environment.incomplete and inside.current is None
            return inside.current, dict(inner_names.members)

        self.build.effort.spend(STEPS_A_LABEL, part.span)
        before = moment(self.build, frame)
        frame.current, members = run(frame, part.span)
        self.register(frame, Labelled(title, frame.current, part.name.span, members, repeater(self.build, before, title, run)))
