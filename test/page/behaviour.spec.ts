// What the dashboard does: its picture shows the data and grows with it, both surfaces agree, one
// cursor moves through everything by mouse and keys, and little is asked of host and main thread.

import { expect, type Page } from '@playwright/test';
import { INFINITE_COLOUR, NAN_COLOUR, type Rgb } from '../../webview/heatmap/colour';
import type { FakeHost } from './fakeHost';
import { EVERY } from './fakeRun';
import { askedForShown, type Pixels, pixelsOf, test } from './harness';

const HEATMAP = '[data-testid="heatmap"] .surface';

async function settled(page: Page, columns: number): Promise<void> {
  await expect(page.getByTestId('heatmap')).toHaveAttribute('data-columns', String(columns));
  // The picture is drawn in the frame that sets the attribute; wait for the one that shows it.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

/** Hides what lies over the cells. */
async function bare(page: Page): Promise<void> {
  await page.addStyleTag({ url: 'https://dashboard.test/bare.css' });
}

function colours(pixels: Pixels): Map<number, number> {
  const seen = new Map<number, number>();
  for (let at = 0; at < pixels.data.length; at += 4) {
    const [red = 0, green = 0, blue = 0] = pixels.data.subarray(at, at + 3);
    const colour = (red << 16) | (green << 8) | blue;
    seen.set(colour, (seen.get(colour) ?? 0) + 1);
  }
  return seen;
}

function count(pixels: Pixels, [red, green, blue]: Rgb): number {
  return colours(pixels).get((red << 16) | (green << 8) | blue) ?? 0;
}

/** Waits until the page has asked nothing for a while. */
async function quiet(page: Page): Promise<void> {
  let before = -1;
  await expect
    .poll(
      async () => {
        const last = before;
        before = await page.evaluate(() => window.fake.asked.length);
        return before === last;
      },
      { intervals: [400] },
    )
    .toBe(true);
}

/** Messages the page sent since the last call, by type. */
async function asked(page: Page): Promise<FakeHost['asked']> {
  return page.evaluate(() => window.fake.asked.splice(0));
}

test.describe('the picture', () => {
  for (const surface of ['webgl2', 'canvas'] as const) {
    test(`shows the data, NaN and infinities on ${surface}`, async ({ page, open }) => {
      await open({ host: { stored: { statistic: 'gradient_rms' } }, ...(surface === 'canvas' ? { surface } : {}) });
      await settled(page, 160);
      await expect(page.getByTestId('heatmap')).toHaveAttribute('data-surface', surface);
      await bare(page);
      const pixels = await pixelsOf(page, HEATMAP);
      expect(colours(pixels).size).toBeGreaterThanOrEqual(32);
      // 4 columns × 12 rows of 160 × 102 cells are NaN, one cell is infinite.
      const area = pixels.width * pixels.height;
      expect(count(pixels, NAN_COLOUR) / area).toBeCloseTo((4 * 12) / (160 * 102), 3);
      expect(count(pixels, INFINITE_COLOUR)).toBeGreaterThan(0);
    });
  }

  test('is the same on both surfaces', async ({ page, open }) => {
    const pictures: Pixels[] = [];
    for (const surface of [undefined, 'canvas'] as const) {
      await open({ host: { stored: { statistic: 'gradient_rms' } }, ...(surface ? { surface } : {}) });
      await settled(page, 160);
      await bare(page);
      pictures.push(await pixelsOf(page, HEATMAP));
    }
    const [one, other] = pictures;
    if (!one || !other) throw new Error('two pictures were taken');
    expect([other.width, other.height]).toEqual([one.width, one.height]);
    let different = 0;
    for (let at = 0; at < one.data.length; at++) if (Math.abs((one.data[at] ?? 0) - (other.data[at] ?? 0)) > 3) different++;
    expect(different / one.data.length).toBeLessThan(0.005);
  });

  test('goes on without WebGL when the context is lost', async ({ page, open }) => {
    await open();
    await settled(page, 160);
    await page.evaluate(() => {
      const canvas = document.querySelector('canvas.surface');
      if (!(canvas instanceof HTMLCanvasElement)) throw new Error('there is no surface');
      canvas.getContext('webgl2')?.getExtension('WEBGL_lose_context')?.loseContext();
    });
    await expect(page.getByTestId('heatmap')).toHaveAttribute('data-surface', 'canvas');
    await bare(page);
    expect(colours(await pixelsOf(page, HEATMAP)).size).toBeGreaterThanOrEqual(32);
  });
});

test.describe('growth', () => {
  test('asks for the new columns only and shows them', async ({ page, open }) => {
    await open({ host: { columns: 40 } });
    await settled(page, 40);
    await quiet(page);
    await bare(page);
    const before = colours(await pixelsOf(page, HEATMAP)).size;
    await asked(page);
    await page.evaluate(() => window.fake.grow(3));
    await settled(page, 43);
    await quiet(page);
    const questions = await asked(page);
    const tiles = await askedForShown(page, questions);
    expect(tiles.map(({ request }) => [request.columns.from, request.columns.to])).toEqual([[40, 43]]);
    const series = questions.filter((question) => question.type === 'ask-series');
    for (const { request } of series) expect(request.steps.from).toBe(40 * EVERY + 1);
    expect(before).toBeGreaterThan(8);
    await expect(page.getByTestId('panel')).toContainText(`Step ${43 * EVERY}`);
  });

  test('asks at most ten times a second however fast the run is', async ({ page, open }) => {
    await open({ host: { columns: 40 } });
    await settled(page, 40);
    await quiet(page);
    await asked(page);
    const elapsed = await page.evaluate(async () => {
      const start = performance.now();
      for (let message = 0; message < 100; message++) {
        window.fake.grow(1);
        await new Promise((done) => setTimeout(done, 10));
      }
      return performance.now() - start;
    });
    await settled(page, 140);
    const tiles = await askedForShown(page, await asked(page));
    expect(tiles.length).toBeLessThanOrEqual(elapsed / 100 + 4);
  });

  test('merges columns beyond the pixels and still asks for the end only', async ({ page, open }) => {
    await open({ host: { columns: 3000, layers: 20 } });
    await settled(page, 3000);
    await quiet(page);
    await asked(page);
    await page.evaluate(() => window.fake.grow(1));
    await settled(page, 3001);
    const tiles = await askedForShown(page, await asked(page));
    expect(tiles).toHaveLength(1);
    const columns = tiles[0]?.request.columns;
    expect(columns?.to).toBe(3001);
    expect((columns?.to ?? 0) - (columns?.from ?? 0)).toBeLessThanOrEqual(8);
  });

  test('starts anew when earlier columns were superseded', async ({ page, open }) => {
    await open();
    await settled(page, 160);
    await page.evaluate(() => window.fake.supersede(50));
    await settled(page, 50);
    await expect(page.getByTestId('panel')).toContainText(`Step ${50 * EVERY}`);
  });

  test('a changed range or scale asks nobody', async ({ page, open }) => {
    await open();
    await settled(page, 160);
    await quiet(page);
    await bare(page);
    const before = await pixelsOf(page, HEATMAP);
    await asked(page);
    await page.getByTestId('transform-linear').click();
    await page.getByTestId('range-recent').click();
    await quiet(page);
    expect(await askedForShown(page, await asked(page))).toEqual([]);
    const after = await pixelsOf(page, HEATMAP);
    expect(Buffer.compare(before.data, after.data)).not.toBe(0);
  });
});

test.describe('the cursor', () => {
  test('moves by keys through all plots and is read out', async ({ page, open }) => {
    await open({ host: { stored: { row: 10 } } });
    await settled(page, 160);
    const place = page.getByTestId('place');
    await expect(place).toHaveText(`Step ${160 * EVERY} · Layer 10`);
    await page.getByTestId('heatmap').focus();
    await page.keyboard.press('ArrowDown');
    await expect(place).toHaveText(`Step ${160 * EVERY} · Layer 11`);
    await page.keyboard.press('Shift+ArrowDown');
    await page.keyboard.press('ArrowLeft');
    await expect(place).toHaveText(`Step ${159 * EVERY} · Layer 21`);
    await page.keyboard.press('Shift+ArrowLeft');
    await expect(place).toHaveText(`Step ${149 * EVERY} · Layer 21`);
    await expect(page.getByTestId('readout')).toContainText(new RegExp(`Step ${149 * EVERY}, Layer 21, Gradient RMS: \\d`));
    await page.keyboard.press('Home');
    await expect(place).toHaveText(`Step ${EVERY} · Layer 21`);
    await expect(page.getByRole('heading', { name: `Profile at step ${EVERY}`, exact: true })).toBeVisible();
    await page.keyboard.press('End');
    await expect(place).toHaveText(`Step ${160 * EVERY} · Layer 21`);
    await page.evaluate(() => window.fake.grow(1));
    await expect(place).toHaveText(`Step ${161 * EVERY} · Layer 21`);
  });

  test('follows the mouse, returns when it leaves, and stays where it clicks', async ({ page, open }) => {
    await open({ host: { stored: { row: 5 } } });
    await settled(page, 160);
    const box = await page.getByTestId('heatmap').boundingBox();
    if (!box) throw new Error('the heatmap is not shown');
    const place = page.getByTestId('place');
    await page.mouse.move(box.x + box.width / 4, box.y + box.height / 2);
    await expect(place).toHaveText(/Step 205 · Layer 51/);
    await page.mouse.move(box.x + box.width / 4, 20);
    await expect(place).toHaveText(`Step ${160 * EVERY} · Layer 5`);
    await page.mouse.click(box.x + box.width / 4, box.y + box.height / 2);
    await page.mouse.move(box.x, 20);
    await expect(place).toHaveText(/Step 205 · Layer 51/);
  });

  test('says NaN where there is one', async ({ page, open }) => {
    await open({ host: { stored: { statistic: 'gradient_rms', row: 65, step: 98 * EVERY } } });
    await settled(page, 160);
    await expect(page.getByTestId('panel').locator('dd').first()).toHaveText('NaN');
    await expect(page.getByTestId('panel').locator('dd').last()).not.toHaveText('NaN');
  });

  test('pins steps, and everything chosen survives a reload', async ({ page, open }) => {
    await open();
    await settled(page, 160);
    await page.getByTestId('heatmap').focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('p');
    await page.getByTestId('range-all').click();
    await expect(page.locator('.pins li')).toHaveCount(1);
    await page.waitForTimeout(400);
    const stored = await page.evaluate(() => window.fake.stored);
    expect(stored).toMatchObject({ directory: expect.stringContaining('deep-gpt'), range: 'all' });
    await open({ host: { stored } });
    await settled(page, 160);
    await expect(page.locator('.pins li')).toHaveText(/A\s*Step 5/);
    await expect(page.getByTestId('place')).toHaveText(/Step 5 ·/);
    await expect(page.locator('#range-all')).toBeChecked();
  });

  test('comes back zoomed, with the curves of that part only', async ({ page, open }) => {
    const zoom = { columns: { from: 60, to: 160 }, rows: { from: 40, to: 90 } };
    await open({ host: { stored: { statistic: 'gradient_rms', row: 60, step: 98 * EVERY, zoom } } });
    await settled(page, 160);
    await expect(page.getByTestId('curves')).toContainText('train 2.');
    const series = (await asked(page)).filter((question) => question.type === 'ask-series');
    for (const { request } of series) expect(request.steps.from).toBe(60 * EVERY);
    await expect(page.getByTestId('reset-zoom')).toBeVisible();
  });

  test('zooms by dragging and back by key', async ({ page, open }) => {
    await open();
    await settled(page, 160);
    const box = await page.getByTestId('heatmap').boundingBox();
    if (!box) throw new Error('the heatmap is not shown');
    await page.mouse.move(box.x + box.width * 0.25, box.y + box.height * 0.25);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.5, { steps: 4 });
    await page.mouse.up();
    await expect(page.getByTestId('reset-zoom')).toBeVisible();
    await expect(page.locator('.layer-axis')).not.toContainText('80');
    await expect(page.locator('.layer-axis')).toContainText('40');
    await page.keyboard.press('0');
    await expect(page.getByTestId('reset-zoom')).toBeHidden();
    await expect(page.locator('.layer-axis')).toContainText('80');
  });
});

test('alerts lead to where they happened', async ({ page, open }) => {
  const text = JSON.stringify({ code: 'made-up-alert', place: 'layer 61' });
  await open({ host: { texts: [{ step: 485, tag: 'alert', text }] } });
  await settled(page, 160);
  await page.getByTestId('alerts').getByRole('button').click();
  await expect(page.getByTestId('place')).toHaveText('Step 485 · Layer 61');
});

test('a choice in the making is not disturbed by a growing run', async ({ page, open }) => {
  await open();
  await settled(page, 160);
  await page.locator('#statistic').click();
  await page.evaluate(() => window.fake.grow(1));
  await settled(page, 161);
  await page.getByRole('option', { name: 'Weight norm' }).click();
  await expect(page.getByRole('heading', { name: 'Weight norm' })).toBeVisible();
  await expect(page.getByTestId('heatmap')).toHaveAttribute('aria-label', /Weight norm/);
});

test.describe('actions', () => {
  test('are offered as the state allows and reach the host', async ({ page, open }) => {
    await open();
    await settled(page, 160);
    const button = (action: string) => page.locator(`.actions [data-action="${action}"]`);
    await expect(button('resume')).toBeDisabled();
    await asked(page);
    await button('pause').click();
    expect(await asked(page)).toContainEqual({ type: 'action', action: 'pause' });
    await page.evaluate(() => window.fake.become('paused'));
    await expect(button('resume')).toBeEnabled();
    await expect(button('pause')).toBeDisabled();
    await page.evaluate(() => window.fake.become('failed'));
    await expect(page.locator('.banner [data-action="show-log"]')).toBeVisible();
  });
});

test.describe('cost on the main thread', () => {
  /** Milliseconds of processor time on the page's main thread per repetition: frames, layout and the fake host's answers. */
  async function cost(page: Page, work: string, times: number): Promise<number> {
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    const spent = async (): Promise<number> => {
      const { metrics } = await session.send('Performance.getMetrics');
      const named = new Map(metrics.map(({ name, value }) => [name, value]));
      return ['ScriptDuration', 'LayoutDuration', 'RecalcStyleDuration'].reduce((sum, name) => sum + (named.get(name) ?? 0), 0);
    };
    const rounds: number[] = [];
    // The best of three: other processes of the machine cost caches, and so processor time.
    for (let round = 0; round < 3; round++) {
      const before = await spent();
      await page.evaluate(`(async () => {
        for (let index = 0; index < ${times}; index++) {
          ${work};
          await new Promise((done) => setTimeout(done, 120));
        }
      })()`);
      rounds.push(((await spent()) - before) * (1000 / times));
    }
    await session.detach();
    return Math.min(...rounds);
  }

  for (const [layers, columns] of [
    [100, 160],
    [1000, 160],
    [1000, 4000],
  ] as const) {
    test(`of a cursor move and a live column, ${layers} layers, ${columns} columns @bench`, async ({ page, open }) => {
      await open({ host: { columns, layers, stored: { statistic: 'gradient_rms', row: 5, pins: [100, 300] } } });
      await settled(page, columns);
      await page.waitForTimeout(500);
      const press = "document.querySelector('.heatmap').dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowLeft' }))";
      const cursor = await cost(page, press, 15);
      await page.getByTestId('heatmap').press('End');
      const column = await cost(page, 'window.fake.grow(1)', 15);
      console.log(
        `${layers} layers, ${columns} columns: cursor move ${cursor.toFixed(2)} ms, live column ${column.toFixed(2)} ms (each should stay below 8)`,
      );
    });
  }

  test('of a live column in the Curves tab, three runs, smoothed @bench', async ({ page, open }) => {
    const compared = [{ name: 'one' }, { name: 'other' }];
    await open({ host: { compared, stored: { tab: 'curves', curves: { smoothing: 0.9 } } } });
    await expect(page.locator('.line.smooth.run-2').first()).toBeAttached();
    await page.waitForTimeout(500);
    const column = await cost(page, 'window.fake.grow(1)', 15);
    console.log(`three runs' curves: live column ${column.toFixed(2)} ms (should stay below 8)`);
  });
});
