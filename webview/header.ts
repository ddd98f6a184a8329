// The header: what the run is, how it does, how long it still takes, and what can be done to it.

import type { SchemeDescriptor } from '../src/experiment/catalogue';
import type { RunAction } from '../src/protocol/messages';
import { formatCount, formatMeasured } from './axes';
import { html, icon, Memo, setAttributes, setText } from './dom';
import type { View } from './view';

const STATE_ICONS: Readonly<Record<string, string>> = {
  queued: 'clock',
  starting: 'loading codicon-modifier-spin',
  running: 'play-circle',
  paused: 'debug-pause',
  finished: 'pass-filled',
  stopped: 'debug-stop',
  failed: 'error',
  lost: 'debug-disconnect',
  unreadable: 'warning',
  missing: 'trash',
};

const ACTIONS: readonly { readonly action: RunAction; readonly icon: string; readonly states: readonly string[] }[] = [
  { action: 'pause', icon: 'debug-pause', states: ['running'] },
  { action: 'resume', icon: 'debug-continue', states: ['paused', 'stopped', 'failed', 'lost'] },
  { action: 'stop', icon: 'debug-stop', states: ['queued', 'starting', 'running', 'paused'] },
  { action: 'checkpoint', icon: 'save', states: ['running', 'paused'] },
  { action: 'show-log', icon: 'output', states: [] },
  { action: 'open-configuration', icon: 'settings-gear', states: [] },
  { action: 'open-folder', icon: 'folder-opened', states: [] },
];

const METRICS = ['lossTrain', 'lossValidation', 'speed', 'remaining', 'device'] as const;

/**
 * Seconds until the last step at the speed of late, or undefined where that is not known.
 *
 * Every step trains batch · accumulation · context tokens.
 */
export function secondsLeft({ status, config }: Pick<View, 'status' | 'config'>): number | undefined {
  const { record } = status;
  const speed = record?.metrics.tokens_per_second;
  if (status.state !== 'running' || !record || !config || speed === undefined || !(speed > 0)) return undefined;
  const perStep = config.training.batch * config.training.accumulation * config.model.context;
  return (Math.max(0, record.steps - record.step) * perStep) / speed;
}

function formatMillions(count: number): string {
  if (count < 1e5) return formatCount(count);
  return `${Number((count / 1e6).toPrecision(3))} M`;
}

export class Header {
  readonly element = html('header', { class: 'header' });
  private readonly memo = new Memo();
  private readonly stateMemo = new Memo();
  private readonly state = html('span', { class: 'state', 'data-testid': 'state' });
  private readonly name = html('h1', { class: 'name' });
  private readonly summary = html('span', { class: 'summary' });
  private readonly steps = html('span', { class: 'steps number', 'data-testid': 'steps' });
  private readonly bar = html('div', { class: 'progress', role: 'progressbar', 'aria-valuemin': 0 }, html('div', { class: 'done' }));
  private readonly metrics = new Map<string, { readonly label: HTMLElement; readonly value: HTMLElement; readonly item: HTMLElement }>();
  private readonly buttons = new Map<RunAction, HTMLButtonElement>();
  private readonly report = html('button', { class: 'tool', type: 'button', 'data-testid': 'report' }, icon('export'));
  private readonly actions = html('div', { class: 'actions', role: 'toolbar' });

  /** @param schemes whose titles name the run's residual scheme */
  constructor(
    act: (action: RunAction) => void,
    private readonly schemes: readonly SchemeDescriptor[],
    report: () => void,
  ) {
    const list = html('dl', { class: 'metrics' });
    for (const metric of METRICS) {
      const label = html('dt');
      const value = html('dd', { class: 'number', 'data-testid': `metric-${metric}` });
      const item = html('div', { class: 'metric' }, label, value);
      this.metrics.set(metric, { label, value, item });
      list.append(item);
    }
    for (const { action, icon: name } of ACTIONS) {
      const button = html('button', { class: 'tool', type: 'button', 'data-action': action }, icon(name));
      button.addEventListener('click', () => act(action));
      this.buttons.set(action, button);
      this.actions.append(button);
    }
    this.report.addEventListener('click', report);
    this.actions.append(this.report);
    const title = html('div', { class: 'title' }, this.state, this.name, this.steps, this.summary, this.actions);
    this.element.append(title, this.bar, list);
  }

  update(view: View): void {
    const { words, status, config } = view;
    if (!this.memo.changed(words, status, config)) return;
    const { record } = status;
    const stateName = words.text(`state.${status.state}`);
    // Left alone while it stays the same, or its spinner would jump.
    if (this.stateMemo.changed(stateName)) {
      this.state.replaceChildren(icon(STATE_ICONS[status.state] ?? 'question'), html('span', {}, stateName));
    }
    setAttributes(this.state, { 'data-state': status.state });
    setText(this.name, record?.name ?? status.directory.split(/[\\/]/).at(-1) ?? '');
    setText(this.summary, this.summarise(view));
    this.updateProgress(view);
    this.updateMetrics(view);
    const reporting = words.text('report.save');
    setAttributes(this.report, { title: reporting, 'aria-label': reporting });
    setAttributes(this.actions, { 'aria-label': words.text('header.actions') });
    for (const { action, states } of ACTIONS) {
      const label = words.text(`action.${action}`);
      const possible = states.length === 0 ? status.state !== 'missing' : states.includes(status.state);
      const button = this.buttons.get(action);
      if (button) setAttributes(button, { title: label, 'aria-label': label, disabled: !possible });
    }
    document.title = words.text('title', { name: this.name.textContent ?? '' });
  }

  /** The model in a line. */
  private summarise({ words, status, config }: View): string {
    if (!config) return '';
    const { model } = config;
    const scheme = this.schemes.find(({ name }) => name === model.scheme)?.title ?? model.scheme;
    const parts = [words.text('header.model', { scheme, layers: model.layers, hidden: model.hidden })];
    const parameters = status.record?.parameters;
    if (parameters !== undefined) parts.push(words.text('header.parameters', { parameters: formatMillions(parameters) }));
    return parts.join(' · ');
  }

  private updateProgress({ words, status: { record } }: View): void {
    const { step = 0, steps = 0 } = record ?? {};
    setText(
      this.steps,
      record ? `${words.text('header.step')} ${words.text('header.stepOf', { step: formatCount(step), steps: formatCount(steps) })}` : '',
    );
    setAttributes(this.bar, {
      'aria-label': words.text('header.progress'),
      'aria-valuemax': steps,
      'aria-valuenow': step,
      hidden: steps === 0,
    });
    const done = this.bar.firstElementChild;
    if (done instanceof HTMLElement) done.style.transform = `scaleX(${steps > 0 ? Math.min(1, step / steps) : 0})`;
  }

  private updateMetrics(view: View): void {
    const { words, status } = view;
    const recorded = status.record?.metrics ?? {};
    const number = (tag: string): string | undefined => {
      const value = recorded[tag];
      return value === undefined ? undefined : formatMeasured(value);
    };
    const speed = recorded.tokens_per_second;
    const left = secondsLeft(view);
    const values: Readonly<Record<(typeof METRICS)[number], string | undefined>> = {
      lossTrain: number('loss/train'),
      lossValidation: number('loss/validation'),
      speed: speed === undefined ? undefined : formatCount(speed),
      remaining: left === undefined ? undefined : words.duration(left),
      device: status.record?.engine?.device,
    };
    for (const metric of METRICS) {
      const parts = this.metrics.get(metric);
      if (!parts) continue;
      setText(parts.label, words.text(`header.${metric}`));
      setText(parts.value, values[metric] ?? '');
      setAttributes(parts.item, { hidden: values[metric] === undefined });
    }
    const device = this.metrics.get('device');
    if (device) setAttributes(device.item, { title: status.record?.engine?.reason });
  }
}
