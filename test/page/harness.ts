// Builds the page once per worker, serves it under its real content security policy from a made-up
// origin, and opens it with a fake host and a theme.

import path from 'node:path';
import { test as base, type Page } from '@playwright/test';
import { build } from 'esbuild';
import { pageHtml } from '../../src/protocol/page';
import type { FakeHost, FakeOptions } from './fakeHost';
import { THEMES, type ThemeName, themeCss } from './themes';

const ORIGIN = 'https://dashboard.test';
const TYPES: Readonly<Record<string, string>> = { js: 'text/javascript', css: 'text/css', ttf: 'font/ttf', html: 'text/html' };

/** Hides what lies over the heatmap's cells. */
const BARE = '.cursor-line, .marks { visibility: hidden; }';

export interface OpenOptions {
  readonly theme?: ThemeName;
  readonly surface?: 'canvas';
  readonly host?: FakeOptions;
  /** Runs in the place of the fake host. */
  readonly script?: string;
}

interface Built {
  readonly files: ReadonlyMap<string, Buffer>;
  readonly fakeHost: string;
}

async function buildPage(): Promise<Built> {
  const shared = { bundle: true, platform: 'browser', target: 'chrome120', write: false, logLevel: 'silent' } as const;
  const page = await build({
    ...shared,
    format: 'esm',
    entryPoints: ['webview/main.ts'],
    outdir: '/',
    loader: { '.ttf': 'file' },
  });
  const host = await build({ ...shared, format: 'iife', entryPoints: ['test/page/fakeHost.ts'] });
  const files = page.outputFiles.map((file) => [path.basename(file.path), Buffer.from(file.contents)] as const);
  return { files: new Map(files), fakeHost: host.outputFiles[0]?.text ?? '' };
}

async function openDashboard(page: Page, built: Built, { theme = 'dark', surface, host = {}, script }: OpenOptions): Promise<void> {
  const html = pageHtml({
    cspSource: ORIGIN,
    nonce: 'bm9uY2Utb2YtYS10ZXN0',
    scriptUri: `${ORIGIN}/main.js`,
    styleUri: `${ORIGIN}/main.css`,
    title: 'Fathom',
    ...(surface ? { surface } : {}),
  })
    .replace('</head>', `<link rel="stylesheet" href="${ORIGIN}/theme.css">\n</head>`)
    .replace('<body>', `<body class="${THEMES[theme].body}">`);
  await page.route(`${ORIGIN}/**`, async (route) => {
    const name = new URL(route.request().url()).pathname.slice(1) || 'index.html';
    const own: Readonly<Record<string, string>> = { 'index.html': html, 'theme.css': themeCss(theme), 'bare.css': BARE };
    const body = own[name] ?? built.files.get(name);
    const contentType = TYPES[path.extname(name).slice(1)] ?? 'application/octet-stream';
    await (body === undefined ? route.abort() : route.fulfill({ body, contentType }));
  });
  await page.addInitScript(script ?? `window.fakeOptions = ${JSON.stringify(host)};\n${built.fakeHost}`);
  await page.goto(`${ORIGIN}/`);
}

/** `open` opens the dashboard; a test fails where the page logs an error or breaks its policy. */
export const test = base.extend<{ open: (options?: OpenOptions) => Promise<void> }, { built: Built }>({
  built: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads fixtures from the pattern
    async ({}, use) => use(await buildPage()),
    { scope: 'worker' },
  ],
  open: async ({ page, built }, use) => {
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    await use((options = {}) => openDashboard(page, built, options));
    if (complaints.length > 0) throw new Error(`The page complained:\n${complaints.join('\n')}`);
  },
});

/** Questions about the picture that is shown: those of other statistics are asked ahead, whenever the page rests. */
export async function askedForShown(page: Page, questions: FakeHost['asked']) {
  const shown = await page.getByTestId('heatmap').getAttribute('data-statistic');
  return questions.filter((question) => question.type === 'ask-tile').filter(({ request }) => request.statistic === shown);
}

/** Pixels of an element as the screen shows it. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** RGBA. */
  readonly data: Uint8Array;
}

/** A screenshot of an element, decoded by the browser that took it. */
export async function pixelsOf(page: Page, selector: string): Promise<Pixels> {
  const png = await page.locator(selector).screenshot({ animations: 'disabled' });
  const decoded = await page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext('2d');
    context?.drawImage(bitmap, 0, 0);
    const data = context?.getImageData(0, 0, bitmap.width, bitmap.height).data ?? new Uint8ClampedArray();
    let text = '';
    for (let at = 0; at < data.length; at += 0x8000) text += String.fromCharCode(...data.subarray(at, at + 0x8000));
    return { width: bitmap.width, height: bitmap.height, data: btoa(text) };
  }, png.toString('base64'));
  return { width: decoded.width, height: decoded.height, data: new Uint8Array(Buffer.from(decoded.data, 'base64')) };
}
