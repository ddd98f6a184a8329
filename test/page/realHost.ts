// The host's own code behind a page in a browser: observer, session, messages. Only what carries them is
// the test's instead of the editor's.

import path from 'node:path';
import type { Page } from '@playwright/test';
import { DashboardSession } from '../../src/extension/dashboard/session';
import { Observer } from '../../src/observe/client';
import type { RunView } from '../../src/observe/runView';
import type { HostMessage } from '../../src/protocol/messages';

/** Stands for `acquireVsCodeApi` in the page, before its script runs. */
export const REAL_API = `
window.acquireVsCodeApi = () => ({
  postMessage: (message) => void window.toHost(message),
  getState: () => window.stored,
  setState: () => undefined,
});`;

const TYPED = { Float32Array, Float64Array, Uint8Array };

/** Typed arrays as text: what carries messages here knows only JSON. */
function packed(value: unknown): unknown {
  if (value instanceof Float32Array || value instanceof Float64Array || value instanceof Uint8Array) {
    return { typed: value.constructor.name, bytes: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') };
  }
  if (Array.isArray(value)) return value.map(packed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, packed(each)]));
}

/** Runs in the page: tells a packed message as the editor would. */
function deliver(message: unknown): void {
  const kinds = { Float32Array, Float64Array, Uint8Array } as typeof TYPED;
  const opened = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(opened);
    if (typeof value !== 'object' || value === null) return value;
    if ('typed' in value && 'bytes' in value) {
      const bytes = Uint8Array.from(atob(String(value.bytes)), (character) => character.charCodeAt(0));
      return new kinds[value.typed as keyof typeof TYPED](bytes.buffer);
    }
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, opened(each)]));
  };
  window.postMessage(opened(message), '*');
}

export interface RealHost {
  readonly session: DashboardSession;
  /** The run as the session sees it, without a page. */
  readonly view: RunView;
  end(): void;
}

/** Observes the run as the extension does and answers the page. `dist/observer.mjs` must be built. */
export async function realHost(page: Page, directory: string): Promise<RealHost> {
  const observer = new Observer(path.resolve('dist/observer.mjs'));
  const post = (message: HostMessage): void => void page.evaluate(deliver, packed(message)).catch(() => undefined);
  const view = observer.openRun(directory);
  const session = new DashboardSession({
    directory,
    view,
    strings: {},
    post,
    open: (other) => observer.openRun(other),
    form: {
      state: () => Promise.reject(new Error('no form here')),
      change: () => Promise.reject(new Error('no form here')),
      onDidChange: () => ({ dispose: () => undefined }),
      dispose: () => undefined,
    },
    act: () => undefined,
    save: () => undefined,
    explain: String,
    failed: (error) => console.error(error),
    strange: (message) => console.error('strange', message),
    abilities: () => ({ trusted: true, tasks: [] }),
    jobs: { files: async () => undefined, call: async () => undefined },
  });
  await page.exposeBinding('toHost', (_, message: unknown) => session.receive(message));
  return {
    session,
    view,
    end: () => {
      session.dispose();
      observer.dispose();
    },
  };
}
