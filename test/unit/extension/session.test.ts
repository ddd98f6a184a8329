// What a dashboard's page is told, and what it is believed.
import { describe, expect, it, vi } from 'vitest';
import { Failure } from '../../../src/experiment/failure';
import type { RunExtent, RunStatus, Tile, TileRequest } from '../../../src/experiment/view';
import { type ConfigForm, DashboardSession } from '../../../src/extension/dashboard/session';
import type { ExtentListener, RunView } from '../../../src/observe/runView';
import type { HostMessage } from '../../../src/protocol/messages';
import { status } from './helpers';

const EXTENT: RunExtent = { columns: 3, firstStep: 1, lastStep: 3, lastScalarStep: 3, scalars: [], generation: 0, texts: 0 };
const REQUEST: TileRequest = { statistic: 'gradient_rms', rows: { from: 0, to: 1 }, columns: { from: 0, to: 1 }, width: 1, height: 1 };
const TILE: Tile = {
  ...REQUEST,
  minimum: new Float32Array(1),
  maximum: new Float32Array(1),
  flags: new Uint8Array(1),
  steps: new Float64Array(1),
};

function open(changes: Partial<RunView> = {}, form: Partial<ConfigForm> = {}) {
  const posted: HostMessage[] = [];
  const actions: string[] = [];
  const strange: unknown[] = [];
  const statusListeners: ((status: RunStatus) => void)[] = [];
  let tellExtent: ExtentListener = () => undefined;
  const view: RunView = {
    snapshot: async () => ({ status: status(), extent: EXTENT, texts: [], config: { name: 'deep' } }),
    tile: async () => TILE,
    series: async () => Promise.reject(new Failure('unknown-statistic', { statistic: 'x' })),
    profile: async () => Promise.reject(new Error('unused')),
    histogram: async () => Promise.reject(new Error('unused')),
    outcomes: async () => ({ evaluations: [], samples: [], checkpoints: [100], problems: [] }),
    onStatus: (listener) => {
      statusListeners.push(listener);
      return { dispose: () => undefined };
    },
    onExtent: (listener) => {
      tellExtent = listener;
      return { dispose: () => undefined };
    },
    setActive: vi.fn(),
    close: vi.fn(),
    ...changes,
  };
  const failed = vi.fn();
  const session = new DashboardSession({
    directory: '/runs/deep',
    abilities: () => ({ trusted: true, tasks: [] }),
    jobs: { files: async () => undefined, call: async () => undefined },
    view,
    strings: { title: 'Titel' },
    post: (message) => posted.push(message),
    open: () => view,
    form: {
      state: async () => Promise.reject(new Failure('run-missing', { path: 'x' })),
      change: async () => Promise.reject(new Error('unused')),
      onDidChange: () => ({ dispose: () => undefined }),
      dispose: () => undefined,
      ...form,
    },
    save: (file) => actions.push(`save ${file.name}`),
    act: (action) => actions.push(action),
    explain: (error) => (error instanceof Failure ? error.code : 'unexplained'),
    failed,
    strange: (message) => strange.push(message),
  });
  return {
    session,
    view,
    posted,
    actions,
    strange,
    failed,
    tellStatus: (state?: RunStatus['state']) => {
      for (const listener of statusListeners) listener(status({}, state));
    },
    tellExtent: () => tellExtent(EXTENT, []),
  };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));
const types = (messages: readonly HostMessage[]) => messages.map(({ type }) => type);

describe('a dashboard session', () => {
  it('sends one snapshot when the page is ready, and changes only from then on', async () => {
    const { session, posted, tellStatus, tellExtent } = open();
    tellStatus();
    expect(posted).toEqual([]);
    session.receive({ type: 'ready', protocol: 1 });
    await settled();
    tellStatus();
    tellExtent();
    expect(types(posted)).toEqual(['hello', 'abilities', 'status', 'extent']);
    expect(posted[0]).toMatchObject({ config: { name: 'deep' }, strings: { title: 'Titel' }, extent: EXTENT });
  });

  it('is silent while hidden, and starts with a new snapshot when shown again', async () => {
    const { session, view, posted, tellStatus } = open();
    session.receive({ type: 'ready', protocol: 1 });
    await settled();
    session.setVisible(false);
    tellStatus();
    session.setVisible(true);
    tellStatus();
    expect(types(posted)).toEqual(['hello', 'abilities']);
    session.receive({ type: 'ready', protocol: 1 });
    await settled();
    tellStatus();
    expect(types(posted)).toEqual(['hello', 'abilities', 'hello', 'abilities', 'status']);
    expect(vi.mocked(view.setActive).mock.calls.map(([active]) => active)).toEqual([true, false, true]);
  });

  it('answers questions by id, and says why it cannot', async () => {
    const { session, posted } = open();
    session.receive({ type: 'ask-tile', id: 7, request: REQUEST });
    session.receive({ type: 'ask-series', id: 8, request: { source: { scalar: 'x' }, steps: { from: 0, to: 1 }, points: 10 } });
    await settled();
    expect(posted).toContainEqual({ type: 'tile', id: 7, tile: TILE });
    expect(posted).toContainEqual({ type: 'refused', id: 8, why: 'unknown-statistic' });
  });

  it('does nothing for a message that is none of ours', async () => {
    const { session, posted, actions, strange } = open();
    session.receive({ type: 'action', action: 'rm -rf' });
    session.receive({ type: 'ask-tile', id: 1, request: { ...REQUEST, width: 1e9 } });
    session.receive('ready');
    await settled();
    expect([posted, actions]).toEqual([[], []]);
    expect(strange).toHaveLength(3);
    session.receive({ type: 'action', action: 'pause' });
    expect(actions).toEqual(['pause']);
  });

  it('asks once more for a snapshot that an ended observer took with it, then reports', async () => {
    const snapshot = vi.fn<RunView['snapshot']>(async () => Promise.reject(new Failure('observer-restarted', { detail: '' })));
    const { session, posted, failed } = open({ snapshot });
    session.receive({ type: 'ready', protocol: 1 });
    await settled();
    expect(snapshot).toHaveBeenCalledTimes(2);
    expect(failed).toHaveBeenCalledOnce();
    expect(posted).toEqual([]);
  });

  it('lays runs beside its own, answers about them, and lets go of them', async () => {
    const { session, view, posted } = open();
    session.compared.add(['/runs/b', '/runs/b', '/runs/c'], 'curves');
    await settled();
    expect(posted).toEqual([]);
    session.receive({ type: 'ready', protocol: 2 });
    await settled();
    await settled();
    expect(types(posted)).toEqual(['hello', 'abilities', 'compared']);
    expect(posted[2]).toMatchObject({ show: 'curves', runs: [{ run: 1, extent: EXTENT }, { run: 2 }] });
    session.receive({ type: 'ask-tile', id: 3, run: 2, request: REQUEST });
    session.receive({ type: 'ask-tile', id: 4, run: 9, request: REQUEST });
    session.receive({ type: 'dismiss', run: 1 });
    await settled();
    expect(posted).toContainEqual({ type: 'tile', id: 3, tile: TILE });
    expect(posted).toContainEqual({ type: 'refused', id: 4, why: 'run-closed' });
    expect(posted.at(-1)).toMatchObject({ type: 'compared', runs: [{ run: 2 }] });
    expect(posted.at(-1)).not.toHaveProperty('show');
    expect(session.compared.directories).toEqual(['/runs/c']);
    session.dispose();
    // Its own, the dismissed one and the one that was left.
    expect(view.close).toHaveBeenCalledTimes(3);
  });

  it('hands the form on, and tells of a trainer that ends before it answers', async () => {
    const wishes: unknown[] = [];
    let changed: () => void = () => undefined;
    const dispose = vi.fn();
    const { session, posted, tellStatus } = open(
      {},
      {
        change: async (wish, answered) => {
          wishes.push(wish);
          await answered('x');
          return { code: 'config.applied', args: { step: 5 } };
        },
        onDidChange: (listener) => {
          changed = listener;
          return { dispose: () => undefined };
        },
        dispose,
      },
    );
    session.receive({ type: 'ready', protocol: 2 });
    await settled();
    changed();
    session.receive({ type: 'ask-config', id: 1, edits: [] });
    session.receive({ type: 'change-config', id: 2, action: 'apply', edits: [{ field: 'optimiser.clip', value: 2 }] });
    await settled();
    expect(posted.slice(-2)).toEqual([{ type: 'config-changed' }, { type: 'refused', id: 1, why: 'run-missing' }]);
    expect(wishes).toMatchObject([{ action: 'apply', edits: [{ field: 'optimiser.clip', value: 2 }] }]);
    tellStatus('lost');
    await settled();
    expect(posted.at(-1)).toEqual({ type: 'refused', id: 2, why: 'apply-ended' });
    session.dispose();
    expect(dispose).toHaveBeenCalledOnce();
  });

  it('says nothing once it is over, and lets go of the run', async () => {
    const { session, view, posted, tellStatus } = open();
    session.receive({ type: 'ready', protocol: 1 });
    session.dispose();
    await settled();
    tellStatus();
    session.receive({ type: 'action', action: 'stop' });
    expect(posted).toEqual([]);
    expect(view.close).toHaveBeenCalledOnce();
  });
});
