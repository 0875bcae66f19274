"""The one layout: the same meaning, the same comments, and nothing left to change."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archc.base.source import Source
from archc.dsl.format.printer import WIDTH, format_source
from archc.dsl.parser.parse import parse

from .reading import TEXTS, bare


def formatted(text: str) -> str:
    return format_source(Source.of("test.arch", text))


TEXT = re.compile(r'"[^"#]*"')  # a `#` in a text begins no comment, and a comment may stand behind a text


def comments(text: str) -> list[str]:
    lines = [TEXT.sub("", line) for line in text.splitlines()]
    return [line[line.index("#") :].strip() for line in lines if "#" in line]


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_the_meaning_stays(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    result = formatted(text)
    before, _ = parse(Source.of("before", text))
    after, diagnostics = parse(Source.of("after", result))
    assert diagnostics == ()
    assert bare(after.items) == bare(before.items)
    assert after.doc == before.doc
    assert comments(result) == comments(text)
    assert formatted(result) == result
    code = [line.partition("#")[0].rstrip() for line in result.splitlines()]
    assert all(len(line) <= WIDTH for line in code)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_other_white_space_and_comments(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(TEXTS)).read_text(encoding="utf-8")
    for _ in range(data.draw(st.integers(1, 6))):
        places = [index for index, character in enumerate(text) if character in " \n"]
        place = data.draw(st.sampled_from(places))
        white = data.draw(st.sampled_from(["\n", "\n\n\n", "    ", "\t", "\n  # a comment\n", "  # behind\n", "\n\n# a\n\n# b\n"]))
        text = text[:place] + white + text[place + 1 :]
    before, diagnostics = parse(Source.of("before", text))
    result = formatted(text)
    if diagnostics:
        assert result == text
        return
    after, diagnostics = parse(Source.of("after", result))
    assert diagnostics == ()
    assert (bare(after.items), after.doc) == (bare(before.items), before.doc)
    assert comments(result) == comments(text)
    assert formatted(result) == result


def lays_out(before: str, after: str) -> None:
    assert formatted(dedent(before)) == dedent(after).lstrip("\n")
    assert formatted(dedent(after).lstrip("\n")) == dedent(after).lstrip("\n")


def test_spaces_and_indentation() -> None:
    lays_out(
        """
        default  conv( bias=false ),bn
        block b(out,stride=1){
        let width=out/4*-2**i
        conv( width,1 )->bn->relu
            conv(x[0].channels, kernel = 1x7) -> "a{ i }":bn
        expect[2048,7,7]
        for i,x in[1,2]{bn}
        }
        """,
        """
        default conv(bias = false), bn

        block b(out, stride = 1) {
          let width = out / 4 * -2 ** i
          conv(width, 1) -> bn -> relu
          conv(x[0].channels, kernel = 1x7) -> "a{ i }": bn
          expect [2048, 7, 7]
          for i, x in [1, 2] { bn }
        }
        """,
    )


def test_a_body_stays_on_one_line_or_on_several() -> None:
    lays_out(
        """
        block a { bn }
        block b { bn
        relu }
        block c { add { | bn | skip } -> relu }
        block d { add { | bn
          relu
          | skip } -> relu }
        """,
        """
        block a { bn }

        block b {
          bn
          relu
        }

        block c { add { | bn | skip } -> relu }

        block d {
          add {
            | bn
              relu
            | skip
          } -> relu
        }
        """,
    )


def test_paths_hold_bodies() -> None:
    lays_out(
        """
        block a {
          add {
          | block: indexed { if a { bn
          }
          relu
          }
          | if a: skip } }
        """,
        """
        block a {
          add {
            | block: indexed {
                if a {
                  bn
                }
                relu
              }
            | if a: skip
          }
        }
        """,
    )


def test_if_and_else() -> None:
    lays_out(
        """
        block a { if a { bn }
          else if b { relu } else { gelu }
          if a { bn } else {
            relu }
        }
        """,
        """
        block a {
          if a { bn } else if b { relu } else { gelu }
          if a {
            bn
          } else {
            relu
          }
        }
        """,
    )


def test_lines_that_are_too_long() -> None:
    step = "branch3x3dbl_1: conv(384, 3, stride = 2)"
    lays_out(
        f"""
        block a {{ {step} -> {step} -> {step} }}
        """,
        f"""
        block a {{
          {step} -> {step}
            -> {step}
        }}
        """,
    )
    numbers = ", ".join(f"parameter{i} = {i}" for i in range(8))
    lays_out(
        f"""
        block long_name({numbers}) {{ bn }}
        """,
        f"""
        block long_name({numbers[: numbers.index(" parameter6")]}
                        {numbers[numbers.index("parameter6") :]}) {{ bn }}
        """,
    )


def test_line_breaks_of_rows_and_chains_stay() -> None:
    lays_out(
        """
        block a {
          for row in [
            [1, 2],
            [3, 4] ] { bn }
          for row in [[1, 2],
           [3, 4]] { bn }
          conv(3) ->
            bn
            -> relu
        }

        network n(a = 1) =
            a(a)
        """,
        """
        block a {
          for row in [
            [1, 2],
            [3, 4]
          ] { bn }
          for row in [[1, 2],
                      [3, 4]] { bn }
          conv(3)
            -> bn
            -> relu
        }

        network n(a = 1) =
          a(a)
        """,
    )


def test_comments_and_blank_lines() -> None:
    lays_out(
        """
        ## The file.


        #plain
        import resnet # behind
        ## The block.
        block a {

          # first
          bn   #behind


          # between

          # more
          relu
          # last
        }
        # the end
        """,
        """
        ## The file.

        # plain
        import resnet  # behind

        ## The block.
        block a {
          # first
          bn  # behind

          # between

          # more
          relu
          # last
        }
        # the end
        """,
    )


def test_a_text_with_mistakes_is_left_alone() -> None:
    assert formatted("block  a{bn relu}") == "block  a{bn relu}"


def test_an_empty_text() -> None:
    assert formatted("") == ""
    assert formatted("\n\n# only\n\n\n") == "# only\n"
