// Gathers a report: a hidden plot has no size to be drawn at, so every tab is shown in turn until it
// stands, and the one that a person had before is shown again at the end.

import type { TableColumn } from '../runs/measures';
import type { Tab } from '../selection';
import type { View } from '../view';
import { drawingOf } from './drawing';
import { type ReportSection, reportOf } from './report';
import type { SaveDoor } from './saveMenu';

/** Milliseconds between looks at whether a tab stands. */
const LOOK = 50;
/** Looks without an open question after which it does, and after how many it is taken as it is. */
const CALM_LOOKS = 5;
const MOST_LOOKS = 100;

/** What a reporter needs of the page. */
export interface ReportSource {
  readonly door: SaveDoor;
  tab(): Tab;
  show(tab: Tab): void;
  /** Whether no question to the host is open. */
  isQuiet(): boolean;
  view(): View | undefined;
  /** Whether runs are laid beside the panel's own. */
  several(): boolean;
  /** Elements that make up one picture. */
  depth(): readonly Element[];
  /** Elements that are a picture each. */
  curves(): readonly Element[];
  comparison(): readonly Element[];
  table(): readonly TableColumn[];
  /** A canvas' content as a data URL. */
  raster(canvas: HTMLCanvasElement, view: View): string;
}

/** Tabs whose plots a report shows; alerts are a list of their own in it. */
const REPORTED = ['depth', 'curves', 'compare'] as const satisfies readonly Tab[];

export class Reporter {
  private busy = false;

  constructor(private readonly source: ReportSource) {}

  /** Makes the report and hands it over; a second call meanwhile does nothing. */
  async save(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    const { source } = this;
    const before = source.tab();
    try {
      const sections: ReportSection[] = [];
      for (const tab of REPORTED) {
        if (tab === 'compare' && !source.several()) continue;
        await this.standing(tab);
        const view = source.view();
        if (view) sections.push(this.section(tab, view));
      }
      const view = source.view();
      if (!view) return;
      const { backgroundColor, color, fontFamily } = getComputedStyle(document.body);
      const name = source.door.runName();
      const text = reportOf(name, view, sections, { ground: backgroundColor, ink: color, font: fontFamily });
      source.door.save({ name: `${name} report.html`, format: 'html', data: new TextEncoder().encode(text) });
    } catch (reason) {
      source.door.failed(reason);
    } finally {
      source.show(before);
      this.busy = false;
    }
  }

  private section(tab: (typeof REPORTED)[number], view: View): ReportSection {
    const { source } = this;
    const each = (elements: readonly Element[]): (readonly Element[])[] => elements.map((element) => [element]);
    const shown = { depth: [source.depth()], curves: each(source.curves()), compare: each(source.comparison()) }[tab];
    // What is not on the page has no size: a run without depth statistics, say.
    const pictures = shown.filter(([first]) => (first?.getBoundingClientRect().width ?? 0) > 0);
    const drawn = pictures.map((parts) => drawingOf(parts, (canvas) => source.raster(canvas, view)).text);
    return { title: view.words.text(`tab.${tab}`), pictures: drawn, ...(tab === 'compare' && { table: source.table() }) };
  }

  /** Shows a tab and waits until nothing more is on its way to it, or long enough. */
  private async standing(tab: Tab): Promise<void> {
    this.source.show(tab);
    for (let calm = 0, looks = 0; calm < CALM_LOOKS && looks < MOST_LOOKS; looks++) {
      await new Promise((resolve) => setTimeout(resolve, LOOK));
      calm = this.source.isQuiet() ? calm + 1 : 0;
    }
  }
}
