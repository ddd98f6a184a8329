// The `fathom` that terminals of the editor find: two tiny scripts, one for each kind of shell, that call the tool
// with the Node of the terminal, or with the editor's own where there is none. Free of `vscode`, for its tests.

export interface ShimTargets {
  /** The terminal tool's script. */
  readonly tool: string;
  /** Node that a setting names; empty for none. */
  readonly node: string;
  /** The editor's own runtime. */
  readonly editor: string;
}

/** File names and contents, for POSIX shells and for Windows. */
export function shims(targets: ShimTargets): readonly { readonly name: string; readonly text: string }[] {
  return [
    { name: 'fathom', text: posix(targets) },
    { name: 'fathom.cmd', text: windows(targets) },
  ];
}

function posix({ tool, node, editor }: ShimTargets): string {
  const script = quoted(tool);
  const named = node === '' ? [] : [`exec ${quoted(node)} ${script} "$@"`];
  return [
    '#!/bin/sh',
    ...named,
    `if command -v node >/dev/null 2>&1; then exec node ${script} "$@"; fi`,
    `ELECTRON_RUN_AS_NODE=1 exec ${quoted(editor)} ${script} "$@"`,
    '',
  ].join('\n');
}

function windows({ tool, node, editor }: ShimTargets): string {
  const script = `"${percents(tool)}"`;
  const named = node === '' ? [] : [`"${percents(node)}" ${script} %*`, 'exit /b %errorlevel%'];
  return [
    '@echo off',
    'setlocal',
    ...named,
    'where node >nul 2>nul',
    'if %errorlevel% neq 0 goto editor',
    `node ${script} %*`,
    'exit /b %errorlevel%',
    ':editor',
    'set ELECTRON_RUN_AS_NODE=1',
    `"${percents(editor)}" ${script} %*`,
    'exit /b %errorlevel%',
    '',
  ].join('\r\n');
}

/** One word for a POSIX shell, whatever is in it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A batch file takes a single percent sign for a variable's. */
function percents(text: string): string {
  return text.replaceAll('%', '%%');
}
