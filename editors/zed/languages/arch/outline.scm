(network "network" @context name: (identifier) @name) @item
(block "block" @context name: (identifier) @name) @item
(operation "operation" @context name: (identifier) @name) @item
(stage "stage" @context label: (label) @name) @item
(let "let" @context name: (identifier) @name) @item
