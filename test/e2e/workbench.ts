// Drives VS Code's workbench in a page of Chromium as a person would: palette, pickers, editors,
// trees, problems, webviews. Every helper waits for what it needs; none sleeps. Selectors were
// checked with Code 1.139.
import { expect, type FrameLocator, type Locator, type Page } from '@playwright/test';

export interface Problem {
  readonly severity: string;
  readonly message: string;
  readonly code: string;
  /** 1-based, as the Problems view shows them. */
  readonly line: number;
  readonly column: number;
}

/**
 * For what has to be opened again until it shows an entry. The entry is clicked after the retries,
 * once: on a busy machine a click can time out although VS Code has received it. Tried again, it
 * would run the command twice, and the Escape before it would hide the command's notification.
 */
const REOPENING = { timeout: 60_000, intervals: [100, 250, 500] };

export class Workbench {
  /** What the page printed as errors, for the report of a failed test. */
  readonly errors: string[] = [];

  constructor(readonly page: Page) {
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(message.text());
    });
    page.on('pageerror', (error) => this.errors.push(error.stack ?? error.message));
  }

  async open(url: string): Promise<void> {
    // code-server registers a service worker over the whole origin, and the first webview then waits
    // seconds for an update check of it. The webview's own worker is another script and stays.
    await this.page.addInitScript(() => {
      const container = navigator.serviceWorker as ServiceWorkerContainer | undefined;
      if (container === undefined) return;
      const register = container.register.bind(container);
      container.register = (script, options) =>
        String(script).includes('browser/serviceWorker.js') ? new Promise(() => undefined) : register(script, options);
    });
    await this.page.goto(url, { waitUntil: 'commit' });
    await this.ready();
  }

  /** *Developer: Reload Window*: the browser's own reload would not let VS Code keep what is open. */
  async reload(): Promise<void> {
    const reloaded = this.page.waitForEvent('framenavigated', (frame) => frame === this.page.mainFrame());
    await this.runCommand('workbench.action.reloadWindow');
    await reloaded;
    await this.ready();
  }

  private async ready(): Promise<void> {
    await this.page.locator('.part.statusbar').waitFor({ timeout: 60_000 });
    await this.page.locator('.part.activitybar .action-item').first().waitFor({ timeout: 60_000 });
  }

  get quickInput(): Locator {
    return this.page.locator('.quick-input-widget:visible');
  }

  private get quickText(): Locator {
    return this.quickInput.locator('.quick-input-filter input.input');
  }

  private async openPalette(text: string): Promise<void> {
    // Keys pressed inside a webview reach VS Code late, by message: take the focus back first, and
    // fill the box instead of typing, or a space presses a button of the page.
    await this.page.evaluate(() => {
      if (document.activeElement instanceof HTMLIFrameElement) document.activeElement.blur();
    });
    await this.page.keyboard.press('F1');
    await this.quickText.waitFor({ timeout: 5000 });
    await this.quickText.fill(text);
  }

  /** Clicks an entry of the palette. An open palette never refreshes, so it is closed and opened until the entry is there. */
  private async choose(text: string, entry: Locator): Promise<void> {
    await expect(async () => {
      await this.openPalette(text);
      try {
        await entry.first().waitFor({ timeout: 2000 });
      } catch (error) {
        await this.page.keyboard.press('Escape');
        throw error;
      }
    }).toPass(REOPENING);
    await entry.first().click();
    // What opens next uses the same box, which must not be filled before it has changed hands.
    await entry.first().waitFor({ state: 'hidden' });
  }

  /** Runs a command by id through the palette, which fails where a person could not run it either. */
  async runCommand(id: string): Promise<void> {
    await this.choose(`>${id}`, this.quickInput.locator(`.quick-input-list-entry[data-quick-input-id="${id}"]`));
  }

  /** Whether the palette offers a command now. */
  async offersCommand(id: string, title: string): Promise<boolean> {
    await this.openPalette(`>${title}`);
    await this.quickInput.locator('.monaco-list-row').first().waitFor();
    const offered = await this.quickInput.locator(`.quick-input-list-entry[data-quick-input-id="${id}"]`).count();
    await this.page.keyboard.press('Escape');
    return offered > 0;
  }

  /** Chooses from an open quick pick, by the start of the label. */
  async pick(label: string | RegExp): Promise<void> {
    const row = this.quickInput.locator('.monaco-list-row').filter({ has: this.page.locator('.label-name', { hasText: label }) });
    await row.first().click();
  }

  /** Answers an open input box. */
  async input(text: string): Promise<void> {
    await this.quickText.fill(text);
    await this.page.keyboard.press('Enter');
  }

  /**
   * Answers a file dialog, which fills in its folder, or the name it proposes, when it is ready, over
   * whatever was typed before. While it still looks into that folder it may do so once more: what was
   * typed counts once it has stayed.
   */
  async inputFile(file: string): Promise<void> {
    await expect(this.quickText).toHaveValue(/[/\\]$|\.\w+$/);
    await expect(this.quickInput.locator('.monaco-list-row').first()).toBeVisible();
    await expect(async () => {
      const stayed = (await this.quickText.inputValue()) === file;
      if (!stayed) await this.quickText.fill(file);
      expect(stayed).toBe(true);
    }).toPass({ timeout: 60_000, intervals: [500] });
    await this.page.keyboard.press('Enter');
  }

  async openFile(name: string): Promise<void> {
    const row = this.quickInput.locator('.monaco-list-row').filter({ has: this.page.locator('.label-name', { hasText: exactly(name) }) });
    await this.choose(name, row);
    await this.page.locator('.editor-group-container .tab.active', { hasText: name }).waitFor();
    await this.page.locator('.editor-instance .view-line').first().waitFor();
  }

  /** Puts the cursor of the active editor somewhere; both counted from 1. */
  async goTo(line: number, column: number): Promise<void> {
    await this.openPalette(`:${line}:${column}`);
    await this.page.keyboard.press('Enter');
    await expect(this.statusBar(`Ln ${line}, Col ${column}`)).toBeVisible();
  }

  /** Applies the preferred quick fix at the cursor, once there is one. */
  async quickFix(): Promise<void> {
    const menu = this.page.locator('.action-widget:not(.action-list-submenu-panel)');
    const preferred = menu.locator('.monaco-list-row.action').first();
    await expect(async () => {
      await this.page.keyboard.press('Control+.');
      await preferred.waitFor({ timeout: 2000 });
    }).toPass(REOPENING);
    await preferred.click();
    await menu.waitFor({ state: 'hidden' });
  }

  /** Shows a view container of an extension, by its id. */
  async showContainer(id: string): Promise<void> {
    await this.runCommand(`workbench.view.extension.${id}`);
  }

  /** Rows of a view of the Fathom container that contain a text. */
  treeItem(text: string | RegExp, view: 'Runs' | 'Experiments' | 'Devices' = 'Runs'): Locator {
    return this.view(view).locator('.monaco-list-row[role="treeitem"]').filter({ hasText: text });
  }

  /** Takes the pointer away: what is told of a row it rests on covers the rows below. */
  private leave(): Promise<void> {
    return this.page.mouse.move(1, 1);
  }

  /** Opens what a row of a tree stands for. */
  async openRow(row: Locator): Promise<void> {
    await this.leave();
    await row.click();
  }

  /** Selects rows of a tree, all of them together: a click may open something that takes its time. */
  async select(first: Locator, ...others: readonly Locator[]): Promise<void> {
    await expect(async () => {
      await this.leave();
      await first.click({ timeout: 5000 });
      for (const row of others) {
        await this.leave();
        await row.click({ modifiers: ['ControlOrMeta'], timeout: 5000 });
      }
      for (const row of [first, ...others]) await expect(row).toHaveAttribute('aria-selected', 'true', { timeout: 2000 });
    }).toPass(REOPENING);
  }

  view(name: string): Locator {
    return this.page.locator('.part.sidebar .pane').filter({ has: this.page.locator(`.pane-header[aria-label^="${name}"]`) });
  }

  /** Chooses from the context menu of a row, or of all that are selected with it. */
  async contextMenu(row: Locator, label: string | RegExp): Promise<void> {
    const menu = this.page.locator('.monaco-menu:visible');
    const item = menu.locator('.action-item').filter({ hasText: label }).first();
    // A tree that is refreshed takes its menu away, and a menu just drawn takes no click.
    await expect(async () => {
      // Not by Escape, which where there is no menu any more takes the selection away.
      if ((await menu.count()) > 0) await this.page.locator('.context-view-block').first().click({ timeout: 1000 });
      await this.leave();
      await row.click({ button: 'right', timeout: 5000 });
      await item.waitFor({ timeout: 2000 });
    }).toPass(REOPENING);
    await expect(async () => {
      if (await item.isVisible()) await item.click({ timeout: 2000 });
      await item.waitFor({ state: 'hidden', timeout: 2000 });
    }).toPass(REOPENING);
  }

  /** Answers a modal dialog. */
  async answer(button: string | RegExp): Promise<void> {
    await this.page.locator('.monaco-dialog-box').getByRole('button', { name: button }).click();
  }

  squiggles(severity: 'error' | 'warning' | 'info'): Locator {
    return this.page.locator(`.monaco-editor .squiggly-${severity}`);
  }

  /** The line of links above a configuration's model. */
  codeLens(text: string | RegExp): Locator {
    return this.page.locator('.monaco-editor .codelens-decoration').filter({ hasText: text });
  }

  /** Rows of the Problems view; only those that fit into the panel exist. */
  async problems(): Promise<Problem[]> {
    const panel = this.page.locator('.markers-panel:visible');
    if ((await panel.count()) === 0) await this.runCommand('workbench.panel.markers.view.focus');
    await panel.waitFor();
    return panel.locator('.monaco-list-row[aria-level="2"]').evaluateAll((rows) =>
      rows.map((row) => {
        const text = (selector: string) => row.querySelector(selector)?.textContent?.trim() ?? '';
        const [, line = '0', column = '0'] = /(\d+)\D+(\d+)/.exec(text('.marker-line')) ?? [];
        const icon = row.querySelector('.marker-icon')?.classList ?? [];
        return {
          severity: [...icon].find((name) => name !== 'marker-icon') ?? '',
          message: text('.marker-message'),
          code: text('.marker-code'),
          line: Number(line),
          column: Number(column),
        };
      }),
    );
  }

  /**
   * What an extension's visible webview shows: the page holds VS Code's host page, and that the
   * extension's document. Hidden panels stay in the DOM without being visible.
   */
  webview(extension: string): FrameLocator {
    const host = this.page.locator(`iframe.webview.ready[src*="extensionId=${extension}"]:visible`).first();
    return host.contentFrame().locator('#active-frame').contentFrame();
  }

  notification(text: string | RegExp): Locator {
    return this.page.locator('.notifications-toasts .notification-list-item').filter({ hasText: text });
  }

  statusBar(text: string | RegExp): Locator {
    return this.page.locator('.part.statusbar .statusbar-item').filter({ hasText: text });
  }

  /** Milliseconds that an extension took to activate, as *Developer: Show Running Extensions* says. */
  async activationTime(name: string): Promise<number> {
    await this.runCommand('workbench.action.showRuntimeExtensions');
    const row = this.page
      .locator('.runtime-extensions-editor .extension')
      .filter({ has: this.page.locator('.name', { hasText: exactly(name) }) });
    const text = (await row.locator('.activation-time').textContent()) ?? '';
    return Number(/(\d+)\s*ms/.exec(text)?.[1]);
  }
}

function exactly(text: string): RegExp {
  return new RegExp(`^\\s*${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\s*$`);
}
