//! Starts `archc lsp` for Zed: the one that the settings name, else the one on the path.

use zed_extension_api::{self as zed, settings::LspSettings, LanguageServerId, Result, Worktree};

struct Arch;

impl zed::Extension for Arch {
    fn new() -> Self {
        Arch
    }

    fn language_server_command(&mut self, server: &LanguageServerId, worktree: &Worktree) -> Result<zed::Command> {
        let own = LspSettings::for_worktree(server.as_ref(), worktree)?.binary;
        let (path, arguments) = own.map_or((None, None), |binary| (binary.path, binary.arguments));
        let command = path
            .or_else(|| worktree.which("archc"))
            .ok_or("archc is not on the path: `pip install 'archc[lsp]'`, or name it in `lsp.archc.binary.path`")?;
        Ok(zed::Command { command, args: arguments.unwrap_or_else(|| vec!["lsp".into()]), env: worktree.shell_env() })
    }

    fn language_server_initialization_options(
        &mut self,
        server: &LanguageServerId,
        worktree: &Worktree,
    ) -> Result<Option<zed::serde_json::Value>> {
        Ok(LspSettings::for_worktree(server.as_ref(), worktree)?.initialization_options)
    }
}

zed::register_extension!(Arch);
