// What a dashboard shows, read from its page and from the pixels of its heatmap.
import { expect, type FrameLocator, type Locator, type Page } from '@playwright/test';
import type { Workbench } from './workbench';

const EXTENSION = 'fathom.fathom';

/** What can be seen of a heatmap. */
export interface Picture {
  /** Share of the width that is painted with data, 0…1. */
  readonly painted: number;
  /** Painted columns of pixels that differ from all others. */
  readonly columns: number;
  readonly colours: number;
}

export class Dashboard {
  private readonly frame: FrameLocator;
  readonly heatmap: Locator;

  constructor(private readonly workbench: Workbench) {
    this.frame = workbench.webview(EXTENSION);
    this.heatmap = this.frame.getByTestId('heatmap');
  }

  /** The words and colour of the run's state. */
  state(state: string): Locator {
    return this.frame.locator(`[data-testid="state"][data-state="${state}"]`);
  }

  button(action: string): Locator {
    return this.frame.locator(`button[data-action="${action}"]:visible`).first();
  }

  /** Saves a report of everything the dashboard shows. */
  get report(): Locator {
    return this.frame.getByTestId('report');
  }

  /** What a tab holds, once it is shown. */
  async tab(name: string): Promise<Locator> {
    await this.frame.getByRole('tab', { name }).click();
    const panel = this.frame.getByRole('tabpanel', { name });
    await expect(panel).toBeVisible();
    return panel;
  }

  async choose(statistic: string): Promise<void> {
    await this.frame.locator('#statistic').click();
    await this.frame.getByRole('option', { name: statistic }).first().click();
    await expect(this.frame.locator('h2', { hasText: statistic }).first()).toBeVisible();
  }

  /** Moves the focus, which is on the page already, with the Tab key until something has it. */
  async tabTo(target: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
    const hasFocus = () => target.evaluate((element) => element.contains(document.activeElement) || element === document.activeElement);
    for (let presses = 0; presses < 80; presses++) {
      if (await hasFocus()) return;
      await this.workbench.page.keyboard.press(key);
    }
    throw new Error('No number of tabs leads there.');
  }

  /** What a screen reader is told about the cursor's place. */
  async readout(): Promise<string> {
    return (await this.frame.getByTestId('readout').textContent()) ?? '';
  }

  /** What stands above the plots: why there is nothing to see, or what went wrong. */
  get banner(): Locator {
    return this.frame.locator('.banners');
  }

  /** Recorded columns that the page has received; none where no dashboard shows a heatmap yet. */
  async columns(): Promise<number> {
    if (!(await this.heatmap.isVisible())) return 0;
    return Number(await this.heatmap.getAttribute('data-columns'));
  }

  /** Waits until more columns than a number are there; returns how many. */
  async growBeyond(columns: number): Promise<number> {
    await expect.poll(() => this.columns(), { message: 'columns of the heatmap', timeout: 90_000 }).toBeGreaterThan(columns);
    return this.columns();
  }

  /** Looks at the heatmap's pixels. A screenshot, since a WebGL canvas cannot be read from outside. */
  async picture(): Promise<Picture> {
    const shot = await this.heatmap.screenshot();
    const blank = await this.workbench.page.context().newPage();
    try {
      return await look(blank, shot);
    } finally {
      await blank.close();
    }
  }
}

/** Colours that a column of pixels of data has at least; a column of background and cursor lines has fewer. */
const COLOURS_OF_DATA = 5;

function look(blank: Page, png: Buffer): Promise<Picture> {
  return blank.evaluate(
    async ({ source, least }) => {
      const image = new Image();
      image.src = source;
      await image.decode();
      const { width, height } = image;
      const context = new OffscreenCanvas(width, height).getContext('2d');
      if (context === null) throw new Error('There is no canvas.');
      context.drawImage(image, 0, 0);
      const pixels = new Uint32Array(context.getImageData(0, 0, width, height).data.buffer);
      const colours = new Set<number>();
      const columns = new Set<string>();
      let painted = 0;
      for (let x = 0; x < width; x++) {
        const column = Array.from({ length: height }, (_, y) => pixels[y * width + x] ?? 0);
        const own = new Set(column);
        if (own.size < least) continue;
        painted++;
        columns.add(column.join());
        for (const colour of own) colours.add(colour);
      }
      return { painted: painted / width, columns: columns.size, colours: colours.size };
    },
    { source: `data:image/png;base64,${png.toString('base64')}`, least: COLOURS_OF_DATA },
  );
}
