// One check of a configuration's text, shared by diagnostics, quick fixes, hovers, lenses and the
// start of training, and made once for each version of a document.
import path from 'node:path';
import * as vscode from 'vscode';
import type { Catalogue } from '../../experiment/catalogue';
import type { ExperimentConfig } from '../../experiment/config';
import type { TextRange } from '../../experiment/finding';
import { type Machine, thisMachine } from '../../experiment/machine';
import type { Pace } from '../../experiment/pace';
import type { ProbeSource } from '../../experiment/rules';
import { findRoot, runsFolder } from '../../experiment/runDirectory';
import type { Validation } from '../../experiment/validate';
import { CONFIGURATION_SUFFIX, STUDY_SUFFIX } from '../contributions';
import { Lifetime } from '../lifetime';
import type { Computed } from './hoverFacts';
import type { ModelSize } from './lensText';
import { confined } from './sourceProbe';
import type { Suppose } from './suggestions';
import { supposed } from './supposed';

export function isConfiguration(document: vscode.TextDocument): boolean {
  return document.uri.scheme === 'file' && document.uri.path.endsWith(CONFIGURATION_SUFFIX);
}

export function isStudy(uri: vscode.Uri): boolean {
  return uri.scheme === 'file' && uri.path.endsWith(STUDY_SUFFIX);
}

export function rangeOf(document: vscode.TextDocument, { offset, length }: TextRange): vscode.Range {
  return new vscode.Range(document.positionAt(offset), document.positionAt(offset + length));
}

/** A document's findings change with its text, and with the data it names: a look is good for a moment only. */
const FRESH_MS = 2000;

/** Runs that tell how fast this machine is; a step's time changes with them, but nobody waits for that. */
const PACES_FRESH_MS = 30_000;

/** A validation, and all that is shown beside its findings: they speak of one machine at one moment. */
interface Look extends Validation {
  readonly machine: Machine;
  readonly paces: readonly Pace[];
}

/** Something with a place on disk. */
type Located = Pick<vscode.TextDocument, 'uri'>;

interface Looked {
  readonly version: number;
  readonly at: number;
  readonly look: Promise<Look>;
}

/** What checking needs, loaded when the first configuration is seen. */
async function load() {
  const [{ CATALOGUE }, { describeCost, foreseeRun, secondsPerStep }, { validate }, { probeSources, resolveSources }, { pacesOf }] =
    await Promise.all([
      import('../../model/catalogue'),
      import('../../model/cost'),
      import('../../experiment/validate'),
      import('../../experiment/sources'),
      import('../../experiment/pace'),
    ]);
  return { CATALOGUE, describeCost, foreseeRun, secondsPerStep, validate, probeSources, resolveSources, pacesOf };
}

export class ConfigurationChecks extends Lifetime {
  private readonly looked = new WeakMap<vscode.TextDocument, Looked>();
  private readonly paces = new Map<string, { readonly at: number; readonly found: Promise<readonly Pace[]> }>();
  private tools: ReturnType<typeof load> | undefined;

  /** Findings of the text as it stands; looks at no data outside the workspace folder. */
  look(document: vscode.TextDocument): Promise<Validation> {
    return this.lookAt(document);
  }

  /** As `look`, of the text of a file that nobody has open. */
  lookAtFile(uri: vscode.Uri, text: string): Promise<Validation> {
    return this.check({ uri }, text);
  }

  /** As `look`, again and again: of texts whose paths are relative to `folder`, in a file of the same workspace folder. */
  async validator(located: Located, folder: string): Promise<(text: string) => Validation> {
    const { CATALOGUE, validate, foreseeRun, probeSources } = await this.loaded();
    const foresee = foreseeRun(thisMachine(), await this.pacesFor(located));
    const probe = confined(probeSources(folder), folder, this.reachOf(located).limit);
    return (text) => validate(text, CATALOGUE, probe, foresee);
  }

  /** Parameters of a sound configuration. */
  async parametersOf(config: ExperimentConfig): Promise<number> {
    return (await this.loaded()).describeCost(config).total;
  }

  /** As `look`, wherever the data is, with its path made absolute: what training starts from. Only in a trusted workspace. */
  async resolve(document: vscode.TextDocument): Promise<Validation> {
    const { CATALOGUE, validate, probeSources, resolveSources, foreseeRun } = await this.loaded();
    const folder = path.dirname(document.uri.fsPath);
    const foresee = foreseeRun(thisMachine(), await this.pacesFor(document));
    const { config, findings } = validate(document.getText(), CATALOGUE, probeSources(folder), foresee);
    return config ? { config: resolveSources(config, folder), findings } : { findings };
  }

  /** The text with the first mend of every error that has one. */
  async mended(document: vscode.TextDocument): Promise<string> {
    const [{ CATALOGUE, validate }, { mendAll }] = await Promise.all([this.loaded(), import('../../experiment/mend')]);
    const probe = await this.probeFor(document);
    return mendAll(document.getText(), (text) => validate(text, CATALOGUE, probe).findings);
  }

  /** What a document's configuration would be with other values, valid JSON or not. */
  async supposing(document: vscode.TextDocument): Promise<{ readonly catalogue: Catalogue; readonly suppose: Suppose }> {
    const { CATALOGUE, validate } = await this.loaded();
    const text = document.getText();
    return { catalogue: CATALOGUE, suppose: (path, value) => validate(supposed(text, path, value), CATALOGUE).config };
  }

  /** What would follow with another value of one field. */
  async computedWith(document: vscode.TextDocument, path: string, value: unknown): Promise<Omit<Computed, 'isWritten'> | undefined> {
    const { CATALOGUE, validate } = await this.loaded();
    const { config } = validate(supposed(document.getText(), path, value), CATALOGUE);
    return config && (await this.computedOf(config, thisMachine(), await this.pacesFor(document)));
  }

  /** What follows from a configuration without errors. */
  async computed(document: vscode.TextDocument): Promise<Omit<Computed, 'isWritten'> | undefined> {
    const { config, machine, paces } = await this.lookAt(document);
    return config && (await this.computedOf(config, machine, paces));
  }

  private async computedOf(config: ExperimentConfig, machine: Machine, paces: readonly Pace[]): Promise<Omit<Computed, 'isWritten'>> {
    const { CATALOGUE, describeCost, secondsPerStep } = await this.loaded();
    const seconds = secondsPerStep(config, paces);
    return { config, catalogue: CATALOGUE, cost: describeCost(config, machine), ...(seconds !== undefined && { secondsPerStep: seconds }) };
  }

  async sizeOf(document: vscode.TextDocument): Promise<ModelSize | undefined> {
    const computed = await this.computed(document);
    if (!computed) return undefined;
    const { config, cost, secondsPerStep } = computed;
    const size = { layers: config.model.layers, parameters: cost.total, bytes: cost.memoryTotal };
    return secondsPerStep === undefined ? size : { ...size, secondsPerStep };
  }

  private lookAt(document: vscode.TextDocument): Promise<Look> {
    const known = this.looked.get(document);
    if (known?.version === document.version && performance.now() - known.at < FRESH_MS) return known.look;
    const text = document.getText();
    const look = this.check(document, text);
    this.looked.set(document, { version: document.version, at: performance.now(), look });
    return look;
  }

  private async check(document: Pick<vscode.TextDocument, 'uri'>, text: string): Promise<Look> {
    const { CATALOGUE, validate, foreseeRun } = await this.loaded();
    const [probe, paces] = await Promise.all([this.probeFor(document), this.pacesFor(document)]);
    const machine = thisMachine();
    return { ...validate(text, CATALOGUE, probe, foreseeRun(machine, paces)), machine, paces };
  }

  /** The folder that a configuration's paths are relative to, and the one that looking for them does not leave. */
  reachOf({ uri }: Located): { readonly folder: string; readonly limit: string } {
    const folder = path.dirname(uri.fsPath);
    return { folder, limit: vscode.workspace.getWorkspaceFolder(uri)?.uri.fsPath ?? folder };
  }

  runsFolderOf({ uri }: Located): string {
    return runsFolder(findRoot(uri.fsPath, vscode.workspace.getWorkspaceFolder(uri)?.uri.fsPath));
  }

  private async probeFor(document: Located): Promise<ProbeSource> {
    const { probeSources } = await this.loaded();
    const { folder, limit } = this.reachOf(document);
    return confined(probeSources(folder), folder, limit);
  }

  private async pacesFor(document: Located): Promise<readonly Pace[]> {
    const { CATALOGUE, pacesOf } = await this.loaded();
    const runs = this.runsFolderOf(document);
    const known = this.paces.get(runs);
    if (known && performance.now() - known.at < PACES_FRESH_MS) return known.found;
    const found = pacesOf(runs, CATALOGUE);
    this.paces.set(runs, { at: performance.now(), found });
    return found;
  }

  private loaded(): ReturnType<typeof load> {
    this.tools ??= load();
    return this.tools;
  }
}
