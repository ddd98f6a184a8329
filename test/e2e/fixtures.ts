// What every end-to-end test starts from: a VS Code of its own with the packaged extension, opened
// in a browser. When a test fails, VS Code's logs and every run's log are attached to its report.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test as base, type TestInfo } from '@playwright/test';
import { Dashboard } from './dashboard';
import { EXTENSIONS } from './places';
import { runs } from './runs';
import { type Server, type ServerOptions, startServer } from './server';
import { Workbench } from './workbench';

interface Fixtures {
  /** Set with `test.use` where a test wants another window. */
  readonly window: Omit<ServerOptions, 'extensions'>;
  readonly server: Server;
  readonly workbench: Workbench;
  /** The visible dashboard, once there is one. */
  readonly dashboard: Dashboard;
}

export const test = base.extend<Fixtures>({
  window: [{ workspace: 'test/e2e/workspace' }, { option: true }],
  server: async ({ window }, use) => {
    const server = await startServer({ ...window, extensions: EXTENSIONS, idleSeconds: 120 });
    await use(server);
    await server.stop();
  },
  workbench: async ({ page, server }, use, info) => {
    const workbench = new Workbench(page);
    await workbench.open(server.url);
    await use(workbench);
    if (info.status !== info.expectedStatus) await attachLogs(info, server, workbench);
  },
  dashboard: async ({ workbench }, use) => use(new Dashboard(workbench)),
});

async function attachLogs(info: TestInfo, server: Server, workbench: Workbench): Promise<void> {
  const attach = (name: string, body: string) => (body === '' ? undefined : info.attach(name, { body }));
  await attach('page-errors.txt', workbench.errors.join('\n'));
  for (const [name, text] of Object.entries(server.logs())) await attach(name.replaceAll('/', '-'), text);
  for (const run of runs(server)) {
    for (const name of ['run.json', 'trainer.log']) {
      const file = path.join(run, name);
      if (existsSync(file)) await attach(`${path.basename(run)}-${name}`, readFileSync(file, 'utf8'));
    }
  }
}
