// Puts the page together: the parts, where they stand, and the one drawing per frame that feeds them.

import type { Catalogue } from '../src/experiment/catalogue';
import { PROTOCOL_VERSION } from '../src/protocol/messages';
import { isTrouble } from './alerts';
import { AlertsTab } from './alertsTab';
import { Asking } from './asking/asking';
import { EvaluateTab } from './asking/evaluateTab';
import { SamplesTab } from './asking/samplesTab';
import { Banner, type Trouble } from './banner';
import { ConfigTab } from './config/configTab';
import { CurvesPlot } from './curves';
import { html, observeSize, setAttributes, setText } from './dom';
import { curvesCsv, heatmapCsv, profileCsv } from './export/csv';
import { Reporter } from './export/reporter';
import { type SaveDoor, SaveMenu } from './export/saveMenu';
import { Frames, Paced } from './frames';
import { Header } from './header';
import { Heatmap } from './heatmap/heatmap';
import { Legend } from './heatmap/legend';
import { Host, type News } from './host';
import { Panel } from './panel';
import { Playback } from './playback';
import { ProfilePlot } from './profile';
import { CompareTab } from './runs/compareTab';
import { CurvesTab } from './runs/curvesTab';
import { RunSet } from './runs/runSet';
import type { Selection } from './selection';
import { Session } from './session';
import { Table } from './table';
import { Tabs } from './tabs';
import { Toolbar } from './toolbar';
import { Transport } from './transport';
import { type Intents, type Look, titleWithUnit, type View } from './view';

/** Milliseconds a refusal stays on the page after its last occurrence; loaders ask again sooner. */
const TROUBLE_SHOWN = 5000;

export class Dashboard {
  private readonly host: Host;
  private readonly session: Session;
  private readonly frames = new Frames(() => this.draw());
  private readonly keep: Paced;
  private readonly header: Header;
  private readonly banner: Banner;
  private readonly toolbar: Toolbar;
  private readonly heatmap: Heatmap;
  private readonly legend = new Legend();
  private readonly profile: ProfilePlot;
  private readonly curves: CurvesPlot;
  private readonly tabs: Tabs;
  private readonly curvesTab: CurvesTab;
  private readonly compareTab: CompareTab;
  private readonly alertsTab: AlertsTab;
  private readonly asking: Asking;
  private readonly evaluateTab: EvaluateTab;
  private readonly samplesTab: SamplesTab;
  private readonly configTab: ConfigTab;
  private readonly runs: RunSet;
  private readonly saves: readonly [SaveMenu, SaveMenu, SaveMenu];
  private readonly reporter: Reporter;
  private readonly door: SaveDoor = {
    runName: () => this.session.name,
    save: (file) => this.host.save(file),
    failed: (reason) => this.fail(reason),
  };
  private readonly playback: Playback;
  private readonly transport: Transport;
  private readonly panel: Panel;
  private readonly table = new Table();
  private readonly heatTitle = html('h2');
  private readonly formula = html('span', { class: 'formula' });
  private readonly depth = html('section', { class: 'depth' });
  private trouble: Trouble | undefined;
  private calm: ReturnType<typeof setTimeout> | undefined;
  private curveWidth = 0;

  /**
   * @param root empty element to fill; `data-surface="canvas"` on it does without WebGL
   * @param catalogue titles and formulas of what this version knows
   */
  constructor(root: HTMLElement, catalogue: Catalogue) {
    this.host = new Host(
      (news) => this.take(news),
      () => this.mismatch(),
    );
    this.session = new Session(
      this.host,
      catalogue.statistics,
      () => this.frames.request(),
      (reason) => this.fail(reason),
    );
    this.runs = new RunSet(
      this.host,
      () => this.frames.request(),
      (reason) => this.fail(reason),
    );
    this.keep = new Paced(200, () => {
      // With the directory the host can bring the panel back after a reload of the window.
      this.host.state = { ...this.session.selection, directory: this.session.directory, compared: this.runs.directories };
    });
    const act = this.host.act.bind(this.host);
    const intents = this.intents();
    this.header = new Header(act, catalogue.schemes, () => void this.reporter.save());
    this.banner = new Banner(act);
    this.toolbar = new Toolbar(intents);
    this.heatmap = new Heatmap(intents, {
      plain: root.dataset.surface === 'canvas',
      stale: () => this.frames.request(),
      look: () => this.look(),
    });
    const look = (): Look | undefined => this.look();
    this.profile = new ProfilePlot(intents, look);
    this.curves = new CurvesPlot(intents, look);
    this.playback = new Playback(intents, look, () => this.frames.request());
    this.transport = new Transport(intents);
    this.panel = new Panel(intents);
    this.tabs = new Tabs((tab) => intents.select({ tab }));
    this.curvesTab = new CurvesTab(
      this.tabs.panels.curves,
      (curves) => intents.select({ curves }),
      () => this.frames.request(),
      this.door,
    );
    this.compareTab = new CompareTab(this.tabs.panels.compare, {
      select: intents.select,
      add: () => this.host.act('compare'),
      dismiss: (run) => this.host.dismiss(run),
      redraw: () => this.frames.request(),
      door: this.door,
    });
    this.alertsTab = new AlertsTab(this.tabs.panels.alerts, root, intents);
    const { host, door } = this;
    const redraw = (): void => this.frames.request();
    this.asking = new Asking(host, redraw, (reason) => this.fail(reason));
    this.evaluateTab = new EvaluateTab(this.tabs.panels.evaluate, {
      evaluate: (request) => host.evaluate(request),
      end: () => host.endJob('evaluate'),
      redraw,
      door,
    });
    this.samplesTab = new SamplesTab(this.tabs.panels.samples, {
      generate: (request) => host.generate(request),
      end: () => host.endJob('generate'),
      select: (samples) => intents.select({ samples }),
    });
    this.configTab = new ConfigTab(this.tabs.panels.config, catalogue, {
      select: intents.select,
      ask: (edits) => this.host.config(edits),
      does: (...wish) => this.host.changeConfig(...wish),
      open: () => this.host.act('open-configuration'),
      redraw: () => this.frames.request(),
    });
    this.saves = this.saveMenus();
    this.reporter = this.newReporter();
    this.place(root);
    document.addEventListener('visibilitychange', () => {
      // A hidden page may have missed messages: begin again from a snapshot.
      if (!document.hidden) this.host.ready();
    });
    this.host.ready();
  }

  private place(root: HTMLElement): void {
    const { heatmap, profile, curves, panel } = this;
    const [heatSave, profileSave, curveSave] = this.saves;
    const heading = html('div', { class: 'plot-title heat-title' }, this.heatTitle, heatSave.element, this.formula, this.legend.element);
    profile.title.append(profileSave.element);
    curves.plot.append(curveSave.element);
    this.depth.append(
      heading,
      profile.title,
      heatmap.layerAxis,
      heatmap.plot,
      profile.plot,
      this.transport.element,
      heatmap.stepAxis,
      profile.valueAxis,
      curves.axis,
      curves.plot,
      panel.element,
    );
    const body = html('div', { class: 'body' }, this.depth, this.table.element);
    const { tabs } = this;
    tabs.panels.depth.append(this.toolbar.element, body, panel.announcer);
    root.append(this.header.element, this.banner.element, tabs.element, ...Object.values(tabs.panels));
    observeSize(heatmap.plot, (size) => {
      heatmap.resize(size);
      this.ask();
    });
    observeSize(profile.plot, (size) => {
      profile.resize(size);
      this.ask();
    });
    observeSize(curves.plot, (size) => {
      this.curveWidth = size.width;
      curves.resize(size);
      this.ask();
    });
  }

  /** What saves the heatmap, the profile and the curves. */
  private saveMenus(): readonly [SaveMenu, SaveMenu, SaveMenu] {
    const { heatmap, profile, curves, door } = this;
    const view = (): View | undefined => this.look()?.view;
    const of = (kind: string): string => `${view()?.statistic?.name ?? ''} ${kind}`;
    const csv = (make: (view: View) => string) => (): string => {
      const now = view();
      return now ? make(now) : '';
    };
    const heat = {
      name: () => of('heatmap'),
      parts: () => [this.heatTitle.parentElement ?? this.heatTitle, heatmap.layerAxis, heatmap.plot, heatmap.stepAxis],
      raster: (canvas: HTMLCanvasElement) => {
        const now = view();
        return now && heatmap.plot.contains(canvas) ? heatmap.raster(now) : canvas.toDataURL('image/png');
      },
      csv: csv(heatmapCsv),
    };
    const across = { name: () => of('profile'), parts: () => [profile.title, profile.plot, profile.valueAxis], csv: csv(profileCsv) };
    const below = { name: () => of('curves'), parts: () => [heatmap.stepAxis, curves.axis, curves.plot], csv: csv(curvesCsv) };
    return [new SaveMenu(heat, door), new SaveMenu(across, door), new SaveMenu(below, door)];
  }

  private newReporter(): Reporter {
    const { heatmap, profile, curves, curvesTab, compareTab, session } = this;
    const heading = this.heatTitle.parentElement ?? this.heatTitle;
    const depth = [heading, profile.title, heatmap.layerAxis, heatmap.plot, profile.plot, heatmap.stepAxis, profile.valueAxis];
    return new Reporter({
      door: this.door,
      tab: () => session.selection.tab,
      show: (tab) => {
        session.selection = { ...session.selection, tab };
        this.frames.request();
      },
      isQuiet: () => this.host.isQuiet,
      view: () => this.look()?.view,
      several: () => this.runs.directories.length > 0,
      depth: () => [...depth, curves.axis, curves.plot],
      curves: () => curvesTab.pictures,
      comparison: () => compareTab.pictures,
      table: () => compareTab.columns,
      raster: (canvas, view) => (heatmap.plot.contains(canvas) ? heatmap.raster(view) : canvas.toDataURL('image/png')),
    });
  }

  private intents(): Intents {
    const chosen = (): void => {
      this.keep.request();
      this.ask();
    };
    const select = (change: Partial<Selection>): void => {
      this.session.selection = { ...this.session.selection, ...change };
      chosen();
    };
    return {
      select,
      moveTo: ({ row, column }, announce) => {
        this.session.moveTo(row, column);
        if (announce) this.panel.announce();
        chosen();
      },
      goTo: (step, row, part) => {
        this.session.hover = undefined;
        const elsewhere = this.session.selection.tab !== 'depth';
        select({ tab: 'depth', step, ...(row >= 0 && { row }), ...(part && { part }) });
        this.panel.announce();
        if (!elsewhere) return;
        // What had the focus goes with its tab: it is drawn at once, so that the plot can have it.
        this.draw();
        this.heatmap.plot.focus();
      },
      hover: (place) => {
        this.session.hover = place;
        this.frames.request();
      },
      pin: (step) => {
        this.session.pin(step);
        chosen();
      },
      pinColumn: (column) => {
        this.session.pin(this.session.stepAt(column));
        chosen();
      },
      pinLayer: (row) => {
        this.session.pinLayer(row);
        chosen();
      },
      unpinLayer: (row) => select({ layers: this.session.selection.layers.filter((pinned) => pinned !== row) }),
      play: () => this.playback.toggle(),
      unpin: (step) => select({ pins: this.session.selection.pins.filter((pinned) => pinned !== step) }),
    };
  }

  private take(news: News): void {
    if (news.type === 'hello' && news.protocol !== PROTOCOL_VERSION) {
      this.mismatch();
      return;
    }
    this.session.take(news);
    if (news.type === 'hello' || news.type === 'config-changed') this.configTab.renew();
    this.runs.take(news);
    this.asking.take(news);
    if (this.session.facts) this.runs.own(this.session.facts);
    if (news.type === 'compared' && news.show) this.session.selection = { ...this.session.selection, tab: news.show };
    if (news.type === 'hello' || news.type === 'compared') this.keep.request();
    this.ask();
  }

  private fail(reason: unknown): void {
    this.trouble = { kind: 'refused', detail: reason instanceof Error ? reason.message : String(reason) };
    this.frames.request();
    clearTimeout(this.calm);
    this.calm = setTimeout(() => {
      this.trouble = undefined;
      this.frames.request();
    }, TROUBLE_SHOWN);
  }

  private mismatch(): void {
    clearTimeout(this.calm);
    this.trouble = { kind: 'protocol' };
    this.frames.request();
  }

  private look(): Look | undefined {
    return this.session.look({ heatmap: this.heatmap.pixels, curves: this.curveWidth }, this.playback.playing);
  }

  /** Draws at the next frame, and asks for what is missing now: the answer need not wait for a frame of its own. */
  private ask(): void {
    this.look();
    this.frames.request();
  }

  private draw(): void {
    const looked = this.look();
    this.banner.update(looked?.view, this.session.words, this.trouble);
    if (!looked) return;
    const { view } = looked;
    const { words, selection } = view;
    this.header.update(view);
    const compared = this.runs.directories.length;
    this.tabs.update(words, selection.tab, { compare: compared && compared + 1, alerts: view.alerts.filter(isTrouble).length });
    this.alertsTab.update(view);
    this.curvesTab.name(words);
    if (selection.tab === 'curves') this.curvesTab.update(words, selection.curves, this.runs);
    if (selection.tab === 'compare') this.compareTab.update(view, this.runs);
    if (selection.tab === 'evaluate' || selection.tab === 'samples') this.asking.want(view.extent);
    if (selection.tab === 'evaluate') this.evaluateTab.update(view, this.asking.asked);
    if (selection.tab === 'samples') this.samplesTab.update(view, this.asking.asked);
    if (selection.tab === 'config') this.configTab.update(view);
    if (selection.tab === 'depth') this.drawDepth(view);
  }

  private drawDepth(view: View): void {
    this.toolbar.update(view);
    setAttributes(this.depth, { 'data-drag': view.selection.drag, hidden: view.extent.columns === 0 && view.extent.scalars.length === 0 });
    setText(this.heatTitle, view.statistic ? titleWithUnit(view.statistic.title, view.statistic.unit) : '');
    setText(this.formula, view.statistic?.formula ?? '');
    setAttributes(this.heatTitle, { title: view.statistic?.documentation });
    this.heatmap.update(view);
    this.legend.update(view);
    this.profile.update(view);
    this.transport.update(view);
    this.curves.update(view);
    this.panel.update(view);
    this.table.update(view);
    const titles = ['plot.heatmapName', 'plot.profile', 'plot.curves'];
    for (const [index, save] of this.saves.entries()) save.update(view.words, view.words.text(titles[index] ?? ''));
  }
}
