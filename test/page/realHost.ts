// The host's own code behind a page in a browser: observer, session, messages. Only what carries them is
// the test's (`port.ts`) instead of the editor's.

import path from 'node:path';
import type { Page } from '@playwright/test';
import { DashboardSession } from '../../src/extension/dashboard/session';
import { Observer } from '../../src/observe/client';
import { openPort } from './port';

export interface RealHost {
  /** Runs in the page before its own script. */
  readonly script: string;
  readonly session: DashboardSession;
  end(): void;
}

/** Observes the run as the extension does and answers the page. `dist/observer.mjs` must be built. */
export async function realHost(page: Page, directory: string): Promise<RealHost> {
  const observer = new Observer(path.resolve('dist/observer.mjs'));
  await page.context().grantPermissions(['local-network-access']);
  const port = await openPort();
  const view = observer.openRun(directory);
  const session = new DashboardSession({
    directory,
    view,
    strings: {},
    post: (message) => port.send(message),
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
    script: port.script,
    session,
    end: () => {
      session.dispose();
      port.close();
      observer.dispose();
    },
  };
}
