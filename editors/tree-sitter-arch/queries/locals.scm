; A block has names of its own, and so has each body in it.

(block) @local.scope
(network) @local.scope
(operation) @local.scope
(body) @local.scope
(path) @local.scope

(block name: (identifier) @local.definition.type)
(network name: (identifier) @local.definition.type)
(operation name: (identifier) @local.definition.type)
(from_import name: (identifier) @local.definition.import)
(import alias: (identifier) @local.definition.import)
(parameter name: (identifier) @local.definition.parameter)
(let name: (identifier) @local.definition.constant)
(input name: (identifier) @local.definition.var)
(label (identifier) @local.definition.var)
(step result: (identifier) @local.definition.var)
(repeat variable: (identifier) @local.definition.parameter)
(for variable: (identifier) @local.definition.parameter)
(times variable: (identifier) @local.definition.parameter)
(each variable: (identifier) @local.definition.parameter)

(dotted . (identifier) @local.reference)
