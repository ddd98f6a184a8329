// package.json and the code offer the same things, and every word in package.json has a translation key.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  COMMANDS,
  CONFIGURATION_SUFFIX,
  DASHBOARD_PANEL,
  RUN_CONTEXT,
  RUNS_VIEW,
  SETTINGS,
  STUDY_SUFFIX,
  VIEW_CONTAINER,
  WALKTHROUGH,
} from '../../../src/extension/contributions';

interface Command {
  readonly command: string;
  readonly when?: string;
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
    readonly views: Readonly<Record<string, readonly { readonly id: string }[]>>;
    readonly menus: Readonly<Record<string, readonly Command[]>>;
    readonly walkthroughs: readonly { readonly id: string; readonly steps: readonly { readonly media: { readonly markdown: string } }[] }[];
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
    expect(contributes.views).toEqual({ [VIEW_CONTAINER]: [expect.objectContaining({ id: RUNS_VIEW })] });
    expect(contributes.walkthroughs.map(({ id }) => id)).toEqual([WALKTHROUGH]);
    expect(manifest.activationEvents).toContain(`onWebviewPanel:${DASHBOARD_PANEL}`);
    expect(contributes.languages.flatMap(({ filenamePatterns }) => filenamePatterns)).toEqual([
      `*${CONFIGURATION_SUFFIX}`,
      `*${STUDY_SUFFIX}`,
    ]);
    expect(contributes.jsonValidation.map(({ fileMatch }) => fileMatch)).toEqual([`*${CONFIGURATION_SUFFIX}`]);
  });

  it('puts only commands that exist into menus, under words that items carry', () => {
    const entries = Object.values(contributes.menus).flat();
    const known = new Set<string>(Object.values(COMMANDS));
    expect(entries.filter(({ command }) => !known.has(command))).toEqual([]);
    const tested = entries.flatMap(({ when = '' }) => [...when.matchAll(/viewItem =~ \/\\b(\w+)\\b\//g)].map(([, word]) => word));
    const carried = new Set<string>(Object.values(RUN_CONTEXT));
    expect(tested.length).toBeGreaterThan(5);
    expect(tested.filter((word) => word === undefined || !carried.has(word))).toEqual([]);
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

  it('names only files that are there', () => {
    const files = [
      manifest.icon,
      ...contributes.viewsContainers.activitybar.map(({ icon }) => icon),
      ...contributes.walkthroughs.flatMap(({ steps }) => steps.map(({ media }) => media.markdown)),
    ];
    expect(files.filter((file) => !existsSync(file))).toEqual([]);
  });
});
