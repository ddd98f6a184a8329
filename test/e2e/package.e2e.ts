// What the packaged extension contains, as VS Code's installer unpacked it.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { EXTENSIONS } from './places';

function installed(): string {
  const folder = readdirSync(EXTENSIONS).find((name) => name.startsWith('fathom.fathom-'));
  if (folder === undefined) throw new Error('The extension is not installed.');
  return path.join(EXTENSIONS, folder);
}

function list(folder: string): string[] {
  return readdirSync(folder)
    .map((name) => (statSync(path.join(folder, name)).isDirectory() ? `${name}/` : name))
    .sort();
}

test('holds the build, the pictures and the papers, and nothing else', () => {
  const extension = installed();
  expect(list(extension)).toEqual([
    '.vsixmanifest',
    'LICENSE.txt',
    'changelog.md',
    'dist/',
    'l10n/',
    'media/',
    'package.json',
    'package.nls.json',
    'readme.md',
  ]);
  expect(list(path.join(extension, 'dist'))).toEqual([
    'cli.mjs',
    'corpora/',
    'extension.cjs',
    'node_modules/',
    'observer.mjs',
    'third-party-notices.txt',
    'trainer.mjs',
    'webview/',
  ]);
  expect(list(path.join(extension, 'dist/webview'))).toEqual([expect.stringMatching(/^codicon-.*\.ttf$/), 'main.css', 'main.js']);
  const everything = readdirSync(extension, { recursive: true, encoding: 'utf8' });
  expect(everything.filter((file) => /\.(ts|map)$|(^|\/)(test|src)\//.test(file))).toEqual([]);
});

test("carries one platform's engine, free of what its installation would run", () => {
  const modules = path.join(installed(), 'dist/node_modules');
  expect(list(modules)).toEqual(['@tensorflow/', 'koffi/', 'onnxruntime-common/', 'onnxruntime-node/']);
  expect(list(path.join(modules, '@tensorflow'))).toEqual(['tfjs-backend-wasm/', 'tfjs-core/']);
  expect(list(path.join(modules, '@tensorflow/tfjs-backend-wasm/dist'))).toEqual([
    'tf-backend-wasm.node.js',
    'tfjs-backend-wasm-simd.wasm',
  ]);
  expect(list(path.join(modules, 'onnxruntime-node/bin/napi-v6'))).toEqual([`${process.platform}/`]);
  expect(list(path.join(modules, `onnxruntime-node/bin/napi-v6/${process.platform}`))).toEqual([`${process.arch}/`]);
  expect(list(path.join(modules, 'koffi/build/koffi'))).toEqual([`${process.platform}_${process.arch}/`]);
  const manifest = JSON.parse(readFileSync(path.join(modules, 'onnxruntime-node/package.json'), 'utf8'));
  expect(Object.keys(manifest)).not.toContain('scripts');
  expect(Object.keys(manifest)).not.toContain('dependencies');
});
