// package.json and the code offer the same things, and every word in package.json has a translation key.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { validate } from '../../../src/experiment/validate';
import {
  COMMANDS,
  CONFIGURATION_SUFFIX,
  CONTEXT_KEYS,
  DASHBOARD_PANEL,
  DEVICES_VIEW,
  EXPERIMENT_CONTEXT,
  EXPERIMENTS_VIEW,
  RUN_CONTEXT,
  RUNS_VIEW,
  SELECTED,
  SETTINGS,
  STUDY_SUFFIX,
  VIEW_CONTAINER,
  WALKTHROUGH,
} from '../../../src/extension/contributions';
import { CATALOGUE } from '../../../src/model/catalogue';

interface Command {
  readonly command: string;
  readonly icon?: string;
  readonly when?: string;
}

interface Step {
  readonly id: string;
  readonly media: { readonly markdown: string };
  readonly completionEvents: readonly string[];
}

interface Manifest {
  readonly activationEvents: readonly string[];
  readonly icon: string;
  readonly capabilities: { readonly untrustedWorkspaces: { readonly restrictedConfigurations: readonly string[] } };
  readonly contributes: {
    readonly commands: readonly Command[];
    readonly configuration: { readonly properties: Readonly<Record<string, { readonly scope: string }>> };
    readonly languages: readonly { readonly filenamePatterns: readonly string[] }[];
    readonly jsonValidation: readonly { readonly fileMatch: string; readonly url: string }[];
    readonly viewsContainers: { readonly activitybar: readonly { readonly id: string; readonly icon: string }[] };
    readonly views: Readonly<Record<string, readonly { readonly id: string; readonly icon: string }[]>>;
    readonly keybindings: readonly (Command & { readonly key: string; readonly args?: string })[];
    readonly menus: Readonly<Record<string, readonly Command[]>>;
    readonly walkthroughs: readonly { readonly id: string; readonly steps: readonly Step[] }[];
    readonly snippets: readonly { readonly path: string }[];
  };
}

const text = readFileSync('package.json', 'utf8');
const manifest = JSON.parse(text) as Manifest;
const words = JSON.parse(readFileSync('package.nls.json', 'utf8')) as Record<string, string>;
const { contributes } = manifest;
const sorted = (values: Iterable<string>) => [...values].sort();

describe('package.json', () => {
  it('contributes the ids that the code registers, and no others', () => {
    expect(sorted(contributes.commands.map(({ command }) => command))).toEqual(sorted(Object.values(COMMANDS)));
    expect(sorted(Object.keys(contributes.configuration.properties))).toEqual(sorted(Object.values(SETTINGS)));
    expect(contributes.viewsContainers.activitybar.map(({ id }) => id)).toEqual([VIEW_CONTAINER]);
    const views = contributes.views[VIEW_CONTAINER]?.map(({ id, icon }) => [id, icon]);
    expect(views).toEqual([RUNS_VIEW, EXPERIMENTS_VIEW, DEVICES_VIEW].map((id) => [id, 'media/fathom.svg']));
    expect(contributes.walkthroughs.map(({ id }) => id)).toEqual([WALKTHROUGH]);
    expect(manifest.activationEvents).toContain(`onWebviewPanel:${DASHBOARD_PANEL}`);
    expect(contributes.languages.flatMap(({ filenamePatterns }) => filenamePatterns)).toEqual([
      `*${CONFIGURATION_SUFFIX}`,
      `*${STUDY_SUFFIX}`,
    ]);
    expect(contributes.jsonValidation.map(({ fileMatch }) => fileMatch)).toEqual([`*${CONFIGURATION_SUFFIX}`, `*${STUDY_SUFFIX}`]);
  });

  it('puts only commands that exist into menus, under words that items carry', () => {
    const entries = Object.values(contributes.menus).flat();
    const known = new Set<string>(Object.values(COMMANDS));
    expect(entries.filter(({ command }) => !known.has(command))).toEqual([]);
    const tested = entries.flatMap(({ when = '' }) => [...when.matchAll(/viewItem =~ \/\\b(\w+)\\b\//g)].map(([, word]) => word));
    const carried = new Set<string>([...Object.values(RUN_CONTEXT), ...Object.values(EXPERIMENT_CONTEXT)]);
    expect(tested.length).toBeGreaterThan(5);
    expect(tested.filter((word) => word === undefined || !carried.has(word))).toEqual([]);
  });

  it('binds keys only to commands that exist, only where Fathom has the focus, and each key once', () => {
    const known = new Set<string>(Object.values(COMMANDS));
    const places = [`activeWebviewPanelId == ${DASHBOARD_PANEL}`, `focusedView == ${RUNS_VIEW}`];
    const { keybindings } = contributes;
    expect(keybindings.length).toBeGreaterThan(5);
    expect(keybindings.filter(({ command }) => !known.has(command))).toEqual([]);
    expect(keybindings.filter(({ when = '' }) => !places.some((place) => when.startsWith(place)))).toEqual([]);
    expect(new Set(keybindings.map(({ key, when }) => `${key} ${when}`)).size).toBe(keybindings.length);
    expect(keybindings.flatMap(({ args }) => args ?? []).filter((args) => args !== SELECTED)).toEqual([]);
    const keys = keybindings.flatMap(({ when = '' }) => [...when.matchAll(/fathom\.\w+(?= =)/g)].map(([key]) => key));
    const tested = [...Object.values(CONTEXT_KEYS), DASHBOARD_PANEL, RUNS_VIEW] as readonly string[];
    expect(keys.filter((key) => !tested.includes(key))).toEqual([]);
  });

  it('has an icon for every command', () => {
    expect(contributes.commands.filter(({ icon = '' }) => !/^\$\([\w-]+\)$/.test(icon))).toEqual([]);
  });

  it('lets no workspace name a program to run', () => {
    expect(contributes.configuration.properties[SETTINGS.node]?.scope).toBe('machine');
    expect(manifest.capabilities.untrustedWorkspaces.restrictedConfigurations).toContain(SETTINGS.node);
  });

  it('has words for every key, and keys for all words', () => {
    const used = new Set([...text.matchAll(/"%([\w.]+)%"/g)].map(([, key = '']) => key));
    expect(sorted(used)).toEqual(sorted(Object.keys(words)));
  });

  it('links only commands that exist', () => {
    const linked = Object.values(words).flatMap((value) => [...value.matchAll(/\(command:(fathom\.[\w.]+)/g)].map(([, id = '']) => id));
    const known = new Set<string>([...Object.values(COMMANDS), `${RUNS_VIEW}.focus`]);
    expect(linked.filter((id) => !known.has(id))).toEqual([]);
  });

  it('ends every step of its walkthrough with something that exists', () => {
    const known = new Set<string>(Object.values(COMMANDS));
    const steps = contributes.walkthroughs.flatMap(({ steps: all }) => all);
    for (const { id, completionEvents } of steps) {
      expect(completionEvents.length, id).toBeGreaterThan(0);
      for (const event of completionEvents) {
        const [, kind, what = ''] = /^(onCommand|onContext):(.*)$/.exec(event) ?? [];
        if (kind === 'onCommand') expect(known.has(what), event).toBe(true);
        else expect(event).toBe(`onContext:activeWebviewPanelId == '${DASHBOARD_PANEL}'`);
      }
    }
    const pages = steps.map(({ media }) => ({ file: media.markdown, page: readFileSync(media.markdown, 'utf8') }));
    const pictures = pages.flatMap(({ file, page }) =>
      [...page.matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)].map(([, name = '']) => `${file}/../${name}`),
    );
    expect(pictures.length).toBeGreaterThan(0);
    expect(pictures.filter((picture) => !existsSync(picture.replace(/[^/]+\/\.\.\//, '')))).toEqual([]);
  });

  it('offers snippets that are sound configurations as they stand', () => {
    const [{ path }] = contributes.snippets as [{ readonly path: string }];
    const snippets = Object.values(JSON.parse(readFileSync(path, 'utf8')) as Record<string, { prefix: string; body: string[] }>);
    expect(snippets.length).toBeGreaterThan(4);
    for (const { prefix, body } of snippets) {
      expect(prefix).toMatch(/^fathom-/);
      // As the editor has it: of choices the first, of places their default.
      const text = body
        .join('\n')
        .replace(/\$\{\d+\|([^,|]*)[^}]*\}/g, '$1')
        .replace(/\$\{\d+:([^}]*)\}/g, '$1')
        .replace(/\$0/g, '');
      if (prefix === 'fathom-study') {
        expect(JSON.parse(text)).toMatchObject({ axes: {} });
        continue;
      }
      const whole = text.startsWith('{') ? text : `{ "model": { "layers": 12, "hidden": 64 }, ${text} }`;
      expect(validate(whole.replace(/("model": \{ "layers": 12, "hidden": 64 \}), ("model")/, '$2'), CATALOGUE).findings, prefix).toEqual(
        [],
      );
    }
  });

  it('names only files that are there', () => {
    const files = [
      manifest.icon,
      ...contributes.viewsContainers.activitybar.map(({ icon }) => icon),
      ...contributes.walkthroughs.flatMap(({ steps }) => steps.map(({ media }) => media.markdown)),
    ];
    expect(files.filter((file) => !existsSync(file))).toEqual([]);
  });
});
