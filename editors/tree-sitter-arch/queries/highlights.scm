; Later patterns win: what is said of a name by itself comes first.

(comment) @comment
((comment) @comment.documentation (#match? @comment.documentation "^##"))

(identifier) @variable
(reference (dotted (identifier) @variable))
(attribute (identifier) @variable.member)

(call name: (dotted (identifier) @function.call))
(argument name: (identifier) @variable.parameter)
(parameter name: (identifier) @variable.parameter)
(label (identifier) @label)
(label (text) @label)
(step result: (identifier) @label)
(output_item name: (identifier) @label)
(limit name: (identifier) @property)
(rule name: (identifier) @property)

(block name: (identifier) @type)
(network name: (identifier) @type)
(operation name: (identifier) @type)
(import path: (dotted) @module)
(from_import path: (dotted) @module)
(from_import name: (identifier) @type)
(import alias: (identifier) @module)

(input name: (identifier) @variable.parameter)
(let name: (identifier) @constant)
(repeat variable: (identifier) @variable.parameter)
(for variable: (identifier) @variable.parameter)
(times variable: (identifier) @variable.parameter)
(each variable: (identifier) @variable.parameter)

(number) @number
(size) @number
["true" "false"] @boolean
"none" @constant.builtin
(text) @string
(text_piece) @string
(hole ["{" "}"] @punctuation.special)

["block" "network" "operation" "stage" "aux" "let" "takes" "gives" "indexed" "flat" "arch"] @keyword
["import" "from" "as"] @keyword.import
["if" "else"] @keyword.conditional
["for" "in" "repeat"] @keyword.repeat
["and" "or" "not"] @keyword.operator
["default" "require" "expect" "budget" "input" "output" "weight" "buffer"] @keyword

["->" "==" "!=" "<=" ">=" "<" ">" "+" "-" "*" "/" "//" "%" "**" "=" "|"] @operator
["(" ")" "[" "]" "{" "}"] @punctuation.bracket
["," ":" "."] @punctuation.delimiter
