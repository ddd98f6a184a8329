// Every plot can be saved, by mouse and by keyboard: as an SVG file that stands alone, as a PNG, and
// its numbers as CSV.

import { writeFileSync } from 'node:fs';
import { expect, type Locator, type Page } from '@playwright/test';
import { EVERY, FakeRun } from './fakeRun';
import { test } from './harness';

const PICTURES = 'test-results/page-pictures';

interface Saved {
  readonly name: string;
  readonly format: string;
  /** One character a byte. */
  readonly data: string;
}

/** What the page handed to the host; waits until there is something. */
async function saved(page: Page): Promise<Saved> {
  const take = () =>
    page.evaluate(() => {
      const found = window.fake.asked.splice(0).flatMap((message) => (message.type === 'save' ? [message.file] : []))[0];
      return found && { ...found, data: Array.from(found.data, (byte) => String.fromCharCode(byte)).join('') };
    });
  let file: Saved | undefined;
  await expect
    .poll(async () => {
      file = await take();
      return file !== undefined;
    })
    .toBe(true);
  if (!file) throw new Error('nothing was saved');
  return file;
}

async function save(page: Page, within: Locator, format: string): Promise<Saved> {
  await within.locator('.save > button').click();
  await page.locator(`.menu:popover-open [data-format="${format}"]`).click();
  return saved(page);
}

const utf8 = ({ data }: Saved) => Buffer.from(data, 'latin1').toString('utf8');
const rowsOf = (file: Saved) =>
  utf8(file)
    .trimEnd()
    .split('\r\n')
    .map((line) => line.split(','));

async function opened(page: Page): Promise<void> {
  await expect(page.getByTestId('heatmap')).toHaveAttribute('data-columns', '160');
  await expect(page.getByTestId('curves')).toContainText(/train [12]\./);
}

/** Whether text is well-formed SVG that names no class, no script and nothing outside itself. */
async function standsAlone(page: Page, text: string): Promise<void> {
  const problem = await page.evaluate((source) => {
    const document = new DOMParser().parseFromString(source, 'image/svg+xml');
    if (document.querySelector('parsererror')) return document.querySelector('parsererror')?.textContent;
    const outside = [...document.querySelectorAll('[href]')].filter(
      (node) => !node.getAttribute('href')?.startsWith('data:image/png;base64,'),
    );
    return document.querySelector('script, [class], foreignObject') || outside.length > 0 ? 'it leans on something' : undefined;
  }, text);
  expect(problem).toBeUndefined();
  expect(text).not.toMatch(/color\(srgb|var\(--/);
}

test('the heatmap as SVG has its cells, axes and legend', async ({ page, open }) => {
  await open({ host: { stored: { statistic: 'gradient_rms', pins: [100] } } });
  await opened(page);
  const file = await save(page, page.locator('.heat-title'), 'svg');
  expect(file.name).toBe('deep-gpt gradient_rms heatmap.svg');
  const text = utf8(file);
  await standsAlone(page, text);
  expect(text.match(/<image/g)).toHaveLength(2);
  for (const words of ['Gradient RMS', 'Training step', 'Embedding', '>700<', 'NaN', '>A<']) expect(text).toContain(words);
  writeFileSync(`${PICTURES}/heatmap.svg`, text);
  // The cells are not blank: the embedded picture has many colours.
  const colours = await page.evaluate(async (source) => {
    const image = new DOMParser().parseFromString(source, 'image/svg+xml').querySelectorAll('image')[1];
    const bitmap = new Image();
    bitmap.src = image?.getAttribute('href') ?? '';
    await bitmap.decode();
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext('2d');
    context?.drawImage(bitmap, 0, 0);
    const data = new Uint32Array(context?.getImageData(0, 0, bitmap.width, bitmap.height).data.buffer ?? new ArrayBuffer(0));
    return new Set(data).size;
  }, text);
  expect(colours).toBeGreaterThanOrEqual(32);
});

test('every plot of the depth view as PNG', async ({ page, open }) => {
  await open({ host: { stored: { statistic: 'gradient_rms', pins: [100], layers: [20] } } });
  await opened(page);
  for (const plot of ['.heat-title', '.profile-title', '.curves']) {
    const file = await save(page, page.locator(plot), 'png');
    expect(file.data.slice(1, 4)).toBe('PNG');
    const width = Buffer.from(file.data.slice(16, 20), 'latin1').readUInt32BE();
    expect(width).toBeGreaterThan(600);
    writeFileSync(`${PICTURES}/saved-${file.name.replaceAll(' ', '-')}`, Buffer.from(file.data, 'latin1'));
  }
});

test('numbers as CSV are those of the run', async ({ page, open }) => {
  await open({ host: { stored: { statistic: 'gradient_rms', step: 98 * EVERY, pins: [100] } } });
  await opened(page);
  const run = new FakeRun(100, 160);
  const statistic = run.layout.columns.indexOf('gradient_rms');

  const [heads, ...cells] = rowsOf(await save(page, page.locator('.heat-title'), 'csv'));
  expect(heads).toEqual(['step', ...run.layout.rows]);
  expect(cells).toHaveLength(160);
  expect(Number(cells[20]?.[0])).toBe(21 * EVERY);
  for (const row of [0, 1, 50, 101]) expect(Math.fround(Number(cells[20]?.[row + 1]))).toBe(Math.fround(run.value(statistic, row, 20)));
  expect(cells[97]?.[66]).toBe('NaN');
  expect(cells[100]?.[61]).toBe('inf');

  const profile = rowsOf(await save(page, page.locator('.profile-title'), 'csv'));
  expect(profile[0]).toEqual([
    'row',
    'gradient_rms at step 490',
    'gradient_rms/attention at step 490',
    'gradient_rms/feed_forward at step 490',
    'gradient_rms at step 100',
  ]);
  expect(profile[66]?.slice(0, 2)).toEqual(['layer 65', 'NaN']);
  expect(Math.fround(Number(profile[31]?.[4]))).toBe(Math.fround(run.value(statistic, 30, 19)));
  // The embedding has no attention.
  expect(profile[1]?.[2]).toBe('');

  const curves = rowsOf(await save(page, page.locator('.curves'), 'csv'));
  const loss = curves.filter(([name]) => name === 'loss/train');
  expect(loss).toHaveLength(800);
  expect(Math.fround(Number(loss[99]?.[3]))).toBe(Math.fround(run.scalar('loss/train', 100) ?? 0));
});

test('charts, strips and the table of compared runs', async ({ page, open }) => {
  const compared = [{ name: 'one, other', skew: 1, layers: 50 }];
  await open({ host: { compared, stored: { tab: 'compare', curves: { smoothing: 0.9 } } } });
  await expect(page.getByTestId('strip').locator('.strip-line')).toHaveCount(2);
  await expect(page.locator('.line.smooth').first()).toBeAttached();
  await page.waitForTimeout(300);
  const table = utf8(await save(page, page.locator('.compare-title').first(), 'csv'));
  expect(table.split('\r\n')[0]).toMatch(/^Run,State,Steps,Loss/);
  expect(table).toContain('"one, other",finished,600');
  const strip = await save(page, page.locator('.compare-title').last(), 'svg');
  await standsAlone(page, utf8(strip));
  const rows = rowsOf(await save(page, page.locator('.compare-title').last(), 'csv'));
  expect(rows).toHaveLength(1 + 102 + 52);
  const chart = await save(page, page.locator('.chart').first(), 'svg');
  await standsAlone(page, utf8(chart));
  expect(utf8(chart)).toContain('Loss');
  const png = await save(page, page.locator('.chart').first(), 'png');
  writeFileSync(`${PICTURES}/saved-chart.png`, Buffer.from(png.data, 'latin1'));
});

test('a report holds every tab, needs nothing else, and leaves the page as it was', async ({ page, open, context }) => {
  const text = JSON.stringify({ code: 'made-up-alert', place: '<layer 61>' });
  const host = { compared: [{ name: 'other', skew: 1 }], texts: [{ step: 485, tag: 'alert', text }], stored: { tab: 'compare' } };
  await open({ host });
  await expect(page.getByTestId('strip').locator('.strip-line')).toHaveCount(2);
  await page.getByTestId('report').click();
  const file = await saved(page);
  expect(file.name).toBe('deep-gpt report.html');
  await expect(page.getByRole('tab', { name: /Compare/ })).toHaveAttribute('aria-selected', 'true');
  const report = await context.newPage();
  const asked: string[] = [];
  await report.route('**/*', (route) => {
    asked.push(route.request().url());
    return route.abort();
  });
  await report.setContent(utf8(file));
  await expect(report.getByRole('heading', { level: 2 })).toHaveText(['Depth', 'Curves', 'Compare', 'Alerts', 'Configuration']);
  // The depth view, four charts, axes of choices where they differ, and the strip.
  expect(await report.locator('figure').count()).toBeGreaterThanOrEqual(6);
  await expect(report.locator('body')).toContainText('place: <layer 61>');
  await expect(report.locator('table tbody tr')).toHaveCount(2);
  await expect(report.locator('pre')).toContainText('"scheme": "foundation"');
  expect(asked).toEqual([]);
  await report.screenshot({ path: `${PICTURES}/report.png`, fullPage: true });
});

test('by keyboard alone', async ({ page, open }) => {
  await open({ theme: 'high-contrast' });
  await opened(page);
  await page.locator('.heat-title .save > button').focus();
  await page.keyboard.press('Enter');
  await expect(page.locator('.menu:popover-open [data-format="svg"]')).toBeFocused();
  await page.screenshot({ path: `${PICTURES}/save-menu.png` });
  await page.keyboard.press('ArrowUp');
  await expect(page.locator('[data-format="csv"]:focus')).toHaveText('Data as CSV…');
  await page.keyboard.press('Escape');
  await expect(page.locator('.menu:popover-open')).toHaveCount(0);
  await expect(page.locator('.heat-title .save > button')).toBeFocused();
  await page.keyboard.press('Space');
  await expect(page.locator('[data-format="svg"]:focus')).toBeVisible();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  expect((await saved(page)).format).toBe('png');
});
