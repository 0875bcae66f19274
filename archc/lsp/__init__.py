"""The language server: what `archc/editor` knows, in the words of the Language Server Protocol. It needs `archc[lsp]`."""
