"""What a folded block says of itself comes from the graph: what is parallel stands as parallel, however the text wrote it."""

from __future__ import annotations

import pytest

from archc.compiler.draw.labels import caption, summary
from archc.compiler.driver import check
from archc.compiler.graph.graph import Graph
from tests.support import graph_of

AROUND = """
network n {{
  input x[16, 8, 8]
  conv(16, 3) -> part -> conv(16, 1)
}}
block part takes start {{
  {body}
}}
"""


def said(graph: Graph, title: str) -> str:
    """The rows of the first part with that name as one line: an arrow begins a row that goes on."""
    found = next(scope for scope in graph.members if title in (scope.template, scope.title) and scope.kind != "network")
    return " / ".join(summary(graph, found)).replace(" / \u2192", " \u2192")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        # Steps with labels that read one tensor: no chain.
        ("x: conv(8, 1); a: conv(8, 3); skip(x) -> b: conv(8, 5); concat { | skip(a) | skip(b) }", "1x1, 8 / | 3x3, 8 / | 5x5, 8"),
        ("a: conv(8, 3); skip(start) -> b: conv(8, 5); concat { | skip(a) | skip(b) } -> conv(8, 1)", "| 3x3, 8 / | 5x5, 8 / 1x1, 8"),
        # The same block written with paths.
        ("conv(8, 1) -> concat { | conv(8, 3) | conv(8, 5) }", "1x1, 8 / | 3x3, 8 / | 5x5, 8"),
        # Rounds side by side; a block that is its residual branch, and one within others.
        ("concat { | repeat 3: conv(8, 3) -> bn }", "3 × 3x3, 8"),
        # What is told of each of them once ends where its brackets do.
        ("add { | repeat 3: conv(8, 1) -> conv(16, 3) }", "3 × (1x1, 8 → 3x3, 16)"),
        ("concat { | repeat 3: conv(8, 1) -> conv(8, 3) } -> conv(16, 1)", "3 × (1x1, 8 → 3x3, 8) → 1x1, 16"),
        ("add { | skip | concat { | repeat 3: conv(8, 1) -> conv(8, 3) } -> conv(16, 1) }", "3 × (1x1, 8 → 3x3, 8) → 1x1, 16"),
        ("add { | skip | conv(16, 3) -> relu -> conv(16, 3) } -> relu", "3x3, 16 → 3x3, 16"),
        ("conv(16, 1) -> add { | skip | conv(16, 3) } -> conv(16, 1)", "1x1, 16 → +(3x3, 16) → 1x1, 16"),
        # Each step goes on and into the merge: one sign is enough.
        ("a: conv(8, 1); b: conv(8, 3); c: conv(8, 5); concat { | skip(a) | skip(b) | skip(c) } -> conv(8, 7)",
         "1x1, 8 → concat(3x3, 8 → 5x5, 8) → 7x7, 8"),
        # Woven steps are in rows, and what is around them stays as it is: the residual, what comes before and after.
        ("conv(16, 1) -> add { | skip | inner: { x: relu; a: conv(16, 3); skip(x) -> b: conv(16, 5); p: add { | skip(a) | skip(b) }"
         "; skip(b) -> c: conv(16, 7); add { | skip(p) | skip(c) } } } -> conv(16, 1)",
         "1x1, 16 → +((3x3, 16 | 5x5, 16) → 7x7, 16) → 1x1, 16"),
        # Equal steps in a row; what is multiplied, and what is joined within what is added.
        ("conv(8, 3) -> conv(8, 3) -> conv(8, 3) -> conv(8, 3) -> conv(16, 1)", "3x3, 8 ×4 → 1x1, 16"),
        ("mul { | conv(16, 3) | conv(16, 5) -> sigmoid }", "×(3x3, 16 | 5x5, 16)"),
        ("add { | skip | stack { | conv(16, 1) | conv(16, 3) } -> reduce(\"sum\", axis = 0) }", "stack(1x1, 16 | 3x3, 16) → sum over axis 0"),
        ("add { | skip | concat { | conv(8, 1) | conv(8, 3) } }", "| 1x1, 8 / | 3x3, 8"),
        ("conv(16, 7) -> add { | skip | concat { | conv(8, 1) | conv(8, 3) } }", "7x7, 16 → +(concat(1x1, 8 | 3x3, 8))"),
        # A learned tensor beside the way is no skip.
        ("add { | conv(16, 3) | parameter([16, 8, 8]) }", "3x3, 16"),
        # What is added on the way from one to the next is told: in a row they would seem to be a chain.
        ("a: conv(16, 3); add { | skip(a) | skip(start) } -> b: conv(16, 5); add { | skip(b) | skip(start) } -> c: conv(16, 7)"
         "; concat { | skip(a) | skip(b) | skip(c) | skip(start) }",
         "concat(3x3, 16 → + → 5x5, 16 → + → 7x7, 16)"),
        # Woven: of four steps the last two read the second, one of them the first as well. No forks within each other say that.
        ("a: conv(8, 1); skip(start) -> b: conv(8, 3); c: conv(8, 5); add { | skip(a) | skip(b) } -> d: conv(8, 7); concat { | skip(c) | skip(d) }",
         "(1x1, 8 | 3x3, 8) → (5x5, 8 | + → 7x7, 8)"),
    ],
)  # fmt: skip
def test_captions_follow_the_graph(body: str, expected: str) -> None:
    assert said(graph_of(AROUND.format(body=body.replace("; ", "\n"))), "part") == expected


JOINED = """
network n {{
  input x[16, 8]
  input y[16, 8]
  permute([1, 0]) -> here: identity
  skip(y) -> permute([1, 0]) -> there: identity
  skip(here) -> part {{ | skip | skip(there) }}
}}
block part takes main, other {{
  {body}
}}
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        # Attention to itself and to another tensor are no equals.
        (
            "a: add { | skip(main) | skip(main) -> attention(4) }; add { | skip | attention(4) { | skip | skip(other) } }",
            "+(attention 4 heads) → +(attention 4 heads (other))",
        ),
        ("skip(main) -> attention(4) -> attention(4) -> concat { | skip | skip(other) }", "attention 4 heads → attention 4 heads → concat"),
        # What is done to another tensor before it joins is told where it joins.
        (
            "skip(main) -> linear(8) -> add { | skip | skip(other) -> linear(8) } -> linear(16)",
            "linear 8 → +(other → linear 8) → linear 16",
        ),
        (
            "skip(main) -> ln -> q: linear(16); sdpa { | skip(q) | skip(other) -> linear(16) | skip(other) -> linear(16) }",
            "linear 16 → sdpa (other → (2 × linear 16))",
        ),
        # A skip of another tensor that only it runs around is one.
        (
            "concat { | skip(main) -> linear(4) | add { | skip(other) | skip(other) -> linear(16) } -> linear(4) -> add { | skip | skip(main) -> linear(4) } }",
            "| linear 4 / | linear 4 → +(other → +(linear 16) → linear 4)",
        ),
    ],
)
def test_what_joins_from_elsewhere_is_told_where_it_joins(body: str, expected: str) -> None:
    assert said(graph_of(JOINED.format(body=body.replace("; ", "\n"))), "part") == expected


@pytest.mark.parametrize(
    ("name", "part", "expected"),
    [
        ("googlenet", "inception", "| 1x1, 64 / | 1x1, 96 → 3x3, 128 / | 1x1, 16 → 5x5, 32 / | maxpool 3x3, pad 1, ceil → 1x1, 32"),
        ("resnext50", "bottleneck", "| 1x1, 128 → 3x3, 128, g32 → 1x1, 256 / + 1x1, 256"),
        ("dpn68", "dual", "| 1x1, 96 / | 1x1, 128 → 3x3, 128, g32 → 1x1, 80"),
        ("resnet50_fpn", "fpn", "1x1, 256 → (upsample to 50 → +(layer3 → 1x1, 256) → (upsample to 100 → +(layer2 → 1x1, 256) → 3x3, 256 | 3x3, 256)"
         " | 3x3, 256 → 3x3, 256, /2 → 3x3, 256, /2)"),
        ("ddpm", "residual", "3x3, 128 → +(t → linear 128) → 3x3, 128"),
        ("swin_v2_t", "layer", "+(sdpa (relative_position_index → linear 512 → linear 3) → linear 96) → +(linear 384 → linear 96)"),
        ("mvit_v2_s", "layer", "+(linear 288 → (concat(3x3x3, 96, depthwise) | (2 × concat(3x3x3, 96, /1x8x8, depthwise))) → sdpa → linear 96)"
         " → +(linear 384 → linear 96)"),
        ("hrnet_w18", "stage2", "(+(3x3, 18 → 3x3, 18) ×4 | +(3x3, 36 → 3x3, 36) ×4) → (1x1, 18 → upsample *2 | 3x3, 36, /2)"),
        ("yolov8n", "sppf", "1x1, 128 → concat(maxpool 5x5, pad 2 ×3) → 1x1, 256"),
        ("yolov8n", "c2f", "1x1, 32 → concat(+(3x3, 16 → 3x3, 16)) → 1x1, 32"),
        ("res2net50_26w_4s", "bottle2neck", "| 1x1, 104 → (3 × 3x3, 26 | avgpool 3x3, pad 1) → 1x1, 256 / + 1x1, 256"),
        # Where all of it is too much, blocks within stand by their names, and calls that differ by what they differ in.
        ("pnasnet5large", "cell", "| (act_conv 1; / ((twice 7, 2 + maxpool 3x3, /2, same) | ((twice 5, 2 + twice 3, 2);"
         " / twice 3, 1; maxpool 3x3, /2, same)); twice 3, 2; / act_conv 2) / | (twice 5, 2 + pooled)"),
        ("hrnet_w18", "hear", "1x1, 18 → upsample *2"),
        ("hourglass", "see", "nested → residual → 1x1, 256"),
        ("unet", "decoder", "deconv 2x2, 512, *2 → concat → double → deconv 2x2, 256, *2 → concat → double"
         " → deconv 2x2, 128, *2 → concat → double → deconv 2x2, 64, *2 → concat → double"),
    ],
)  # fmt: skip
def test_captions_of_shipped_networks(name: str, part: str, expected: str) -> None:
    assert said(check(name).graph, part) == expected


def test_attention_that_does_not_look_ahead_says_so() -> None:
    graph = graph_of(
        "network n { input x[16, 32] permute([1, 0]) -> attention(4) -> attention(4, causal = true) -> attention(1, causal = true) }"
    )
    assert [caption(node) for node in graph.nodes if node.operation.name == "attention"] == ["4 heads", "4 heads, causal", "1 head, causal"]
    assert said(check("gpt2_small").graph, "layer") == "+(attention 12 heads, causal) \u2192 +(linear 3072 \u2192 linear 768)"


def test_fixed_numbers_are_told_in_six_digits() -> None:
    """The root of 512 has sixteen."""
    graph = graph_of("network n { input x[8, 4, 4] scale(sqrt(512)) -> offset(1 / 3.0) -> power(2.0) -> clamp(-1 / 3.0, 1) }")
    told = [
        node.operation.caption(node.input_shapes, node.shape) for node in graph.nodes if node.operation.family in ("elementwise", "other")
    ]
    assert told == ["22.6274", "+0.333333", "2", "-0.333333..1"]


def test_a_pattern_is_told_with_the_sizes_of_its_parts() -> None:
    graph = graph_of('network n { input x[8, 4, 6] rearrange("c (h p) (w q) -> (h w) (p q) c", p = 2, q = 3) }')
    assert caption(graph.nodes[1]) == "c (h p) (w q) -> (h w) (p q) c, p = 2, q = 3"


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ("roll([-3, 2], [0, 1])", "channels -3, height +2"),
        ("permute([1, 2, 0]) -> roll([-3, 2], [0, 1])", "height -3, width +2"),
        ("permute([1, 2, 0]) -> flip([0, 2])", "height, channels"),
        ("permute([2, 1, 0]) -> normalize(axis = 0)", "over width"),
        ("permute([1, 2, 0]) -> concat { | relu | tanh }", "channels"),
        ("permute([1, 2, 0]) -> concat(axis = 1) { | relu | tanh }", "width"),
        ("concat { | relu | tanh }", ""),
        ('permute([1, 2, 0]) -> reduce("mean", axis = 0)', "mean over height"),
        ('tokens -> reduce("max", length)', "max over length"),
        ('stack(axis = 0) { | relu | tanh } -> reduce("sum", axis = 0)', "sum over axis 0"),
        ('rearrange("c (h p) (w q) -> (h w) (p q) c", p = 2, q = 2) -> reduce("mean", axis = 1)', "mean over axis 1"),
        ('rearrange("c (h p) (w q) -> (h w) (p q) c", p = 2, q = 2) -> roll(1, 0)', "axis 0 +1"),
        (
            'rearrange("c (h p) (w q) -> (h w) (p q) c", p = 2, q = 2)'
            ' -> rearrange("(height width) (p q) c -> c (height p) (width q)", height = 2, p = 2) -> roll([1, 2], [1, 2])',
            "height +1, width +2",
        ),
        ('rearrange("c (height p) (w q) -> (height w) (p q) c", p = 2, q = 2) -> roll(1, 0)', "axis 0 +1"),
    ],
)
def test_axes_are_told_by_the_names_that_they_have_in_the_tensor(steps: str, told: str) -> None:
    graph = graph_of(f"network n {{ input x[8, 4, 6] {steps} }}")
    assert (
        caption(next(node for node in reversed(graph.nodes) if node.operation.name in ("roll", "flip", "normalize", "reduce", "concat")))
        == told
    )


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ("flatten", "flatten"),
        ("bn -> relu", "bn \u2192 relu"),
        ("identity -> bn -> dropout(0) -> relu -> bn -> relu -> bn -> relu", "(bn \u2192 relu) \u00d73"),
        ("bn -> conv(16, 3)", "3x3, 16"),
        ("add { | relu | tanh }", ""),
    ],
)
def test_a_part_without_telling_steps_tells_those_that_it_has(steps: str, told: str) -> None:
    graph = graph_of(f"network n {{ input image[16, 8, 8]\n conv(16, 3) -> part: {{ {steps} }}\n stage whole {{ {steps} }}\n relu }}")
    (part,) = [scope for scope in graph.members if scope.names == ("part",)]
    assert "".join(summary(graph, part)) == told
    (stage,) = [scope for scope in graph.members if scope.kind == "stage"]
    assert "".join(summary(graph, stage)) == told


def test_two_ways_in_say_the_same() -> None:
    """A group around a step hides nothing of it."""
    text = "network n { input a[8]\n input b[8]\n one: { skip(a) -> embedding(9, 4) }\n skip(b) -> two: embedding(9, 4)\n add { | skip(one) | skip(two) } }"
    graph = graph_of(text)
    (one,) = [scope for scope in graph.members if scope.names == ("one",)]
    (step,) = [node for node in graph.nodes if node.key == "two"]
    assert summary(graph, one) == (f"embedding {caption(step)}",)
