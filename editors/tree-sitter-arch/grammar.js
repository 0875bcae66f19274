// The syntax of `.arch` files for editors: the rules of grammar/arch.lark, under their names there. A test holds that both read the same texts.
//
// Words, braces and texts are told apart by what follows them, as there; `src/scanner.c` looks ahead.

/// <reference types="tree-sitter-cli/dsl" />
// @ts-check

const HARD = ["if", "else", "for", "in", "let", "repeat", "require", "and", "or", "not", "true", "false", "none"];
const SOFT = [
  "arch", "import", "from", "as", "block", "takes", "gives", "network", "operation", "weight", "buffer", "stage", "aux", "default", "budget",
  "input", "output", "expect", "indexed", "flat",
];

/** A word of the language, as a leaf of its own text. */
const word = ($, text) => alias($[`_${text}`], text);
const list = (item) => seq(item, repeat(seq(",", item)));
const several = (item) => seq(item, repeat(seq(",", item)), optional(","));
const chained = (operand, operator) => seq(operand, repeat1(seq(operator, operand)));

module.exports = grammar({
  name: "arch",

  externals: ($) => [
    $.identifier,
    $._member, // a name behind a dot, which may be any word
    $._value_if, // the `if` of `a if c else b`
    $._brace,
    $._brace_bar, // a `{` that a `|` follows
    $._text,
    $._text_start,
    $.text_piece,
    $._hole_start,
    $._text_end,
    ...HARD.map((text) => $[`_${text}`]),
    ...SOFT.map((text) => $[`_${text}`]),
    $._none_of_these, // is expected nowhere: where it is, the parser is looking for its way back from a mistake
  ],

  extras: ($) => [/[ \t\r\n\f]/, $.comment],

  rules: {
    file: ($) => seq(optional($.edition), repeat($._item)),
    edition: ($) => seq(word($, "arch"), $.number),

    _item: ($) => choice($.import, $.from_import, $.let, $.default, $.block, $.network, $.operation),

    import: ($) => seq(word($, "import"), field("path", $.dotted), optional(seq(word($, "as"), field("alias", $.identifier)))),
    from_import: ($) => seq(word($, "from"), field("path", $.dotted), word($, "import"), list(field("name", $.identifier))),

    // ------------------------------------------------------------------------------------------ blocks and networks

    block: ($) =>
      seq(
        word($, "block"),
        field("name", $.identifier),
        optional($.parameters),
        optional(seq(word($, "takes"), $.tensors)),
        optional(seq(word($, "gives"), $.tensors)),
        optional($._mode),
        $.body,
      ),
    network: ($) =>
      seq(
        word($, "network"),
        field("name", $.identifier),
        optional($.parameters),
        choice(seq(optional(word($, "indexed")), $.body), seq("=", field("variant_of", $._callee))),
      ),
    operation: ($) =>
      seq(
        word($, "operation"),
        field("name", $.identifier),
        optional($.parameters),
        optional(seq(word($, "takes"), $.tensors)),
        optional(seq(word($, "gives"), $.tensors)),
        word($, "from"),
        $.text,
        $.declared_body,
      ),
    declared_body: ($) => seq(alias($._brace, "{"), repeat($._declared), "}"),
    _declared: ($) => choice($.rule, $.kept, $.declared_if, $.declared_for, $.let, $.require),
    rule: ($) => seq(field("name", $.identifier), $._expression),
    kept: ($) => seq(choice(word($, "weight"), word($, "buffer")), list($.keyed)),
    keyed: ($) => seq(choice($.dotted, $.text), $.list),
    declared_if: ($) =>
      seq(word($, "if"), $._expression, $.declared_body, optional(seq(word($, "else"), choice($.declared_if, $.declared_body)))),
    declared_for: ($) => seq(word($, "for"), list2($.identifier), word($, "in"), $._expression, $.declared_body),

    parameters: ($) => seq("(", optional(several($.parameter)), ")"),
    parameter: ($) => seq(field("name", $.identifier), optional(seq("=", $._expression))),
    tensors: ($) => seq(list(field("name", $.identifier)), optional(seq("[", "]"))),
    _mode: ($) => choice(word($, "indexed"), word($, "flat")),

    // ------------------------------------------------------------------------------------------------------- bodies

    body: ($) => seq(alias($._brace, "{"), repeat($._statement), "}"),
    _statement: ($) =>
      choice(
        $.chain, $.stage, $.aux, $.repeat, $.for, $.if, $.let, $.default, $.require, $.expect, $.budget, $.input, $.output,
      ),

    chain: ($) => seq($.step, repeat(seq("->", $.step))),
    step: ($) => seq(optional(seq(field("label", $.label), ":")), $._action, optional(seq(word($, "as"), list(field("result", $.identifier))))),
    _action: ($) => choice($._callee, $.merge, $.group),
    label: ($) => choice($.identifier, $.text),
    group: ($) => seq(optional($._mode), $.body),
    _callee: ($) => choice(alias($.bare_call, $.call), $.call),
    bare_call: ($) => field("name", $.dotted),
    call: ($) => seq(field("name", $.dotted), $.arguments),

    merge: ($) => seq($._callee, alias($._brace_bar, "{"), repeat1($.path), "}"),
    path: ($) => seq("|", optional(seq($._qualifier, ":")), repeat1($._statement)),
    _qualifier: ($) => choice($.when, $.times, $.each),
    when: ($) => seq(word($, "if"), $._expression),
    times: ($) => seq(word($, "repeat"), $._expression, optional(seq(word($, "as"), field("variable", $.identifier)))),
    each: ($) => seq(word($, "for"), list2(field("variable", $.identifier)), word($, "in"), $._expression),

    stage: ($) => seq(word($, "stage"), field("label", $.label), optional($._mode), $.body),
    aux: ($) => seq(word($, "aux"), field("label", $.label), optional($._mode), $.body),
    repeat: ($) => seq(word($, "repeat"), $._expression, optional(seq(word($, "as"), field("variable", $.identifier))), $.body),
    for: ($) => seq(word($, "for"), list2(field("variable", $.identifier)), word($, "in"), $._expression, $.body),
    if: ($) => seq(word($, "if"), $._expression, $.body, optional(seq(word($, "else"), choice($.if, $.body)))),
    let: ($) => seq(word($, "let"), field("name", $.identifier), "=", $._expression),
    default: ($) => seq(word($, "default"), list($._callee)),
    require: ($) => seq(word($, "require"), $._expression, optional(seq(",", $.text))),
    expect: ($) => seq(word($, "expect"), $.list),
    budget: ($) => seq(word($, "budget"), list($.limit)),
    limit: ($) => seq(field("name", $.identifier), $._comparison_sign, $._sum),
    input: ($) => seq(word($, "input"), field("name", $.identifier), $.list),
    output: ($) => seq(word($, "output"), list($.output_item)),
    output_item: ($) => seq(optional(seq(field("name", $.identifier), "=")), choice($.dotted, $.text)),

    // -------------------------------------------------------------------------------------------------- expressions

    _expression: ($) => choice($._either, $.conditional),
    conditional: ($) => seq($._either, alias($._value_if, "if"), $._either, word($, "else"), $._expression),
    _either: ($) => choice($._both, alias($.any, $.binary)),
    any: ($) => chained($._both, word($, "or")),
    _both: ($) => choice($._negated, alias($.all, $.binary)),
    all: ($) => chained($._negated, word($, "and")),
    _negated: ($) => choice($._comparison, alias($.negation, $.unary)),
    negation: ($) => seq(word($, "not"), $._negated),
    _comparison: ($) => choice($._sum, alias($.comparisons, $.binary)),
    comparisons: ($) => chained($._sum, $._comparison_sign),
    _comparison_sign: () => choice("==", "!=", "<=", ">=", "<", ">"),
    _sum: ($) => choice($._product, alias($.sum, $.binary)),
    sum: ($) => chained($._product, choice("+", "-")),
    _product: ($) => choice($._signed, alias($.product, $.binary)),
    product: ($) => chained($._signed, choice("*", "/", "//", "%")),
    _signed: ($) => choice($._power, alias($.minus, $.unary)),
    minus: ($) => seq("-", $._signed),
    _power: ($) => choice($._primary, alias($.power, $.binary)),
    power: ($) => seq($._primary, "**", $._signed),

    _primary: ($) => choice($.reference, $._suffixed),
    _suffixed: ($) =>
      choice(
        $.number,
        $.size,
        alias($.constant, $.constant),
        $.text,
        $.list,
        $.parenthesis,
        alias($.value_call, $.call),
        $.index,
        $.attribute,
      ),
    constant: ($) => choice(word($, "true"), word($, "false"), word($, "none")),
    parenthesis: ($) => seq("(", $._expression, ")"),
    value_call: ($) => seq(field("name", $.dotted), $.arguments),
    index: ($) => seq($._primary, "[", $._expression, "]"),
    attribute: ($) => seq($._suffixed, ".", alias($._member, $.identifier)),
    reference: ($) => $.dotted,

    list: ($) => seq("[", optional(several($.argument)), "]"),
    arguments: ($) => seq("(", optional(several($.argument)), ")"),
    argument: ($) => seq(optional(seq(field("name", $.identifier), "=")), $._expression),

    dotted: ($) => seq(choice($.identifier, word($, "in")), repeat(seq(".", alias($._member, $.identifier)))),

    text: ($) => choice(alias($._text, $.plain), seq(alias($._text_start, '"'), repeat(choice($.text_piece, $.hole)), alias($._text_end, '"'))),
    hole: ($) => seq(alias($._hole_start, "{"), $._expression, "}"),

    // -------------------------------------------------------------------------------------------------------- words

    comment: () => token(/#[^\n]*/),
    number: () => token(/[0-9]+(\.[0-9]+)?([KMG]|[eE][+-]?[0-9]+)?/),
    size: () => token(/[0-9]+(x[0-9]+)+/),
  },
});

/** `a`, or `a, b`: the variables of a loop. */
function list2(item) {
  return seq(item, optional(seq(",", item)));
}
