// Plain JavaScript in place of the two native modules of VS Code's server that carry no prebuilt
// binary, so that installing it needs no compiler. `@vscode/spdlog` writes the log files and the
// files behind output channels; `@vscode/native-watchdog` ends an extension host whose parent died,
// which VS Code also polls for in JavaScript.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const SPDLOG = `'use strict';
const fs = require('node:fs');
const path = require('node:path');
const NAMES = ['trace', 'debug', 'info', 'warning', 'error', 'critical', 'off'];
class Logger {
  constructor(_type, _name, file) {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    Object.assign(this, { file, level: 2, raw: false, dropped: false });
    fs.closeSync(fs.openSync(file, 'a'));
  }
  write(level, message) {
    if (this.dropped || level < this.level) return;
    const stamp = new Date().toISOString().replace('T', ' ').replace('Z', '');
    try {
      fs.appendFileSync(this.file, this.raw ? message : stamp + ' [' + NAMES[level] + '] ' + message + '\\n');
    } catch {}
  }
  trace(m) { this.write(0, m); }
  debug(m) { this.write(1, m); }
  info(m) { this.write(2, m); }
  warn(m) { this.write(3, m); }
  error(m) { this.write(4, m); }
  critical(m) { this.write(5, m); }
  getLevel() { return this.level; }
  setLevel(level) { this.level = level; }
  setPattern() { this.raw = false; }
  clearFormatters() { this.raw = true; }
  flush() {}
  drop() { this.dropped = true; }
}
exports.version = 0;
exports.setLevel = () => {};
exports.setFlushOn = () => {};
exports.Logger = Logger;
exports.createRotatingLogger = async (name, file) => new Logger('rotating', name, file);
exports.createAsyncRotatingLogger = async (name, file) => new Logger('rotating_async', name, file);
`;

const WATCHDOG = `'use strict';
exports.start = () => {};
exports.exit = (code) => process.exit(code || 0);
`;

/** Overwrites both modules below `modules`, a `node_modules` folder. */
export function stubNatives(modules: string): void {
  for (const [name, code] of [
    ['@vscode/spdlog', SPDLOG],
    ['@vscode/native-watchdog', WATCHDOG],
  ] as const) {
    const folder = path.join(modules, name);
    const manifest: { main?: string } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
    writeFileSync(path.join(folder, manifest.main ?? 'index.js'), code);
  }
}
