"""What a part does to what comes in first, its way in, and what joins this from elsewhere: `3x3, 64 \u2192 +(t \u2192 linear 64)`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

from ..graph.graph import Graph
from ..graph.program import Node, Scope
from .paths import END, START, Plan, Steps, own_name, plan_of

Tell = Callable[[Steps], str]


def steps_of(graph: Graph, scope: Scope, words: Callable[[Node], str], title: Callable[[Scope], str], tell: Tell) -> Steps:
    """The steps of a part. `words` and `title` are as in `plan_of`; `tell` makes words of steps that join a step of the way."""
    plan, outside = plan_of(graph, scope, words, title)
    entry = next((min(nodes) for nodes in outside if nodes), None)
    is_on_way = _on_way(plan, outside, entry)
    joining = {end: group for end, group in _joining(plan, is_on_way).items() if len(set().union(*(outside[one] for one in group))) <= 1}
    units = list(plan.units)
    roots = _roots(plan, outside)
    folded = {number for group in joining.values() for number in group}
    for number, unit in enumerate(plan.units):
        group = joining.get(number, [])
        others = {node for member in [number, *group] for node in outside[member]} - {entry}
        others -= set() if is_on_way[number] else roots[number]
        if number in folded or not (group or (others and (plan.before[number] or entry in outside[number]))):
            continue
        steps = _steps_of_group(plan, outside, group, number)
        origin = _origin(graph, scope, graph.nodes[min(others) if others else plan.units[group[0]].nodes[0]])
        if steps:
            told = unit.sign or unit.words or graph.nodes[unit.nodes[0]].operation.name
            units[number] = replace(unit, words=f"{told}({tell((origin, *steps))})" if unit.sign else f"{told} ({tell((origin, *steps))})")
        elif others and unit.sign:
            units[number] = replace(unit, words=unit.sign)
        elif others and unit.words and len(unit.nodes) == 1 and graph.nodes[unit.nodes[0]].operation.least_inputs == 1:
            units[number] = replace(unit, words=f"{unit.words} ({origin})")
    kept = [number for number in range(len(units)) if number not in folded]
    place = {number: at for at, number in enumerate(kept)}
    before = []
    for number in kept:
        inside = {place[source] for source in plan.before[number] if source in place}
        skips = outside[number] & ({entry} if is_on_way[number] else roots[number])
        before.append(inside | ({START} if skips or not inside else set()))
    return Plan([units[number] for number in kept], before, {place[number] for number in plan.leaving if number in place}).steps()


def _on_way(plan: Plan, outside: list[set[int]], entry: int | None) -> list[bool]:
    """For each unit whether what comes in first leads to it; where nothing comes in, to all."""
    found: list[bool] = []
    for number, sources in enumerate(plan.before):
        found.append(entry is None or entry in outside[number] or any(source < number and found[source] for source in sources))
    return found


def _roots(plan: Plan, outside: list[set[int]]) -> list[set[int]]:
    """For each unit what comes in above it, whatever stands between."""
    found: list[set[int]] = []
    for number, sources in enumerate(plan.before):
        found.append(set().union(*(found[source] | outside[source] for source in sources if source < number)))
    return found


def _joining(plan: Plan, is_on_way: list[bool]) -> dict[int, list[int]]:
    """Units that are not on the way and lead to one unit of it alone, by this."""
    users: dict[int, set[int]] = defaultdict(set)
    for number, sources in enumerate(plan.before):
        for source in sources:
            users[source].add(number)
    ends: dict[int, set[int]] = {}
    for number in reversed(range(len(plan.units))):
        if not is_on_way[number]:
            led = [{user} if is_on_way[user] else ends.get(user, {END}) for user in users[number]]
            ends[number] = set().union(*led) | ({END} if number in plan.leaving else set())
    groups: dict[int, list[int]] = defaultdict(list)
    for number in sorted(ends):
        if len(ends[number]) == 1 and END not in ends[number]:
            groups[next(iter(ends[number]))].append(number)
    return {end: group for end, group in groups.items() if all(plan.before[number] <= set(group) for number in group)}


def _steps_of_group(plan: Plan, outside: list[set[int]], group: list[int], end: int) -> Steps:
    """The steps that lead to a unit of the way. Tensors that are fixed or learned and on which nothing that tells is done are no way beside them."""
    place = {number: at for at, number in enumerate(group)}
    silent: set[int] = set()
    before: list[set[int]] = []
    for number in group:
        if not plan.units[number].words and not outside[number] and plan.before[number] <= silent:
            silent.add(number)
        sources = plan.before[number]
        before.append({place[source] for source in (sources - silent or sources)} | ({START} if outside[number] else set()))
    return Plan([plan.units[number] for number in group], before, {place[number] for number in group if number in plan.before[end]}).steps()


def _origin(graph: Graph, scope: Scope, node: Node) -> str:
    """Where what joins a part comes from: the part's own name of it, else that of what makes it."""
    names = {unique: name for name, unique in scope.takes}
    label = node.names[-1] if node.label and node.names else ""
    around = [above for above in node.scope.ancestors() if above not in set(scope.ancestors())]
    makers = [own_name(above) for above in around]
    stages = [own_name(above) for above in reversed(around) if above.kind == "stage"]
    return names.get(node.unique) or label or next(filter(None, [*stages, *makers]), node.operation.name)
