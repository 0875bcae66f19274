// The language server for `.arch` files, and the picture of a network beside its text.
// @ts-check
const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

/** @type {LanguageClient | undefined} */
let client;
/** @type {vscode.WebviewPanel | undefined} */
let panel;
/** @type {vscode.Uri | undefined} What the panel shows. */
let shown;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let waiting;

const PAUSE = 250; // milliseconds without an edit before a new picture is asked for
const SETTING = "Open the setting";

/** Starts the server that the settings name. */
async function start() {
  const settings = vscode.workspace.getConfiguration("arch");
  const [command, ...args] = /** @type {string[]} */ (settings.get("command") ?? ["archc", "lsp"]);
  client = new LanguageClient(
    "arch",
    "arch",
    { command, args },
    {
      documentSelector: [{ language: "arch" }],
      initializationOptions: { inlayHints: settings.get("inlayHints") },
      synchronize: { configurationSection: "arch" },
    },
  );
  try {
    await client.start();
  } catch (error) {
    const told = `arch: \`${command}\` does not start (${error}). \`pip install 'archc[lsp]'\`, or name it in \`arch.command\`.`;
    const chosen = await vscode.window.showErrorMessage(told, SETTING);
    if (chosen === SETTING) await vscode.commands.executeCommand("workbench.action.openSettings", "arch.command");
  }
}

/** Ends the server; one that did not start, or has ended by itself, needs no end. */
async function stop() {
  const ended = client;
  client = undefined;
  if (ended?.isRunning()) await ended.dispose();
}

async function restart() {
  await stop();
  await start();
}

/** Asks for the picture of what is shown; a text with mistakes keeps the last good one. */
async function draw() {
  if (!panel || !shown || !client?.isRunning()) return;
  const made = await client.sendRequest("workspace/executeCommand", { command: "archc.draw", arguments: [shown.toString(), ""] });
  if (!panel) return;
  if (made.svg) {
    panel.title = made.network;
    panel.webview.html = page(made.svg);
  } else if (!panel.webview.html) {
    panel.webview.html = page(`<p>${escaped(made.error)}</p>`);
  }
}

/** @param {string} text */
function escaped(text) {
  return text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** A page that runs no script and loads nothing. @param {string} body */
function page(body) {
  const policy = "default-src 'none'; style-src 'unsafe-inline'; font-src data:; img-src data:";
  return `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">
<style>body { background: #fff; color: #222; text-align: center } svg { max-width: 100%; height: auto }</style></head><body>${body}</body></html>`;
}

function preview() {
  const editor = vscode.window.activeTextEditor;
  if (editor?.document.languageId !== "arch") return;
  shown = editor.document.uri;
  if (!panel) {
    panel = vscode.window.createWebviewPanel("archPicture", "arch", { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true });
    panel.onDidDispose(() => {
      panel = undefined;
    });
  }
  return draw();
}

/** @param {vscode.ExtensionContext} context */
async function activate(context) {
  context.subscriptions.push(
    vscode.commands.registerCommand("arch.preview", preview),
    vscode.commands.registerCommand("arch.restart", restart),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration("arch.command")) restart();
    }),
    vscode.workspace.onDidChangeTextDocument((event) => {
      if (event.document.languageId !== "arch") return;
      clearTimeout(waiting);
      waiting = setTimeout(draw, PAUSE);
    }),
    vscode.window.onDidChangeActiveTextEditor((editor) => {
      if (panel && editor?.document.languageId === "arch") {
        shown = editor.document.uri;
        draw();
      }
    }),
  );
  start(); // without waiting: it tells by itself where it fails
}

function deactivate() {
  clearTimeout(waiting);
  return stop();
}

module.exports = { activate, deactivate };
