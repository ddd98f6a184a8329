// One check of a configuration's text, shared by diagnostics, quick fixes, hovers, lenses and the
// start of training, and made once for each version of a document.
import path from 'node:path';
import * as vscode from 'vscode';
import type { TextRange } from '../../experiment/finding';
import { thisMachine } from '../../experiment/machine';
import type { Validation } from '../../experiment/validate';
import { CONFIGURATION_SUFFIX } from '../contributions';
import { Lifetime } from '../lifetime';
import type { Computed } from './hoverFacts';
import type { ModelSize } from './lensText';
import { confined } from './sourceProbe';

export function isConfiguration(document: vscode.TextDocument): boolean {
  return document.uri.scheme === 'file' && document.uri.path.endsWith(CONFIGURATION_SUFFIX);
}

export function rangeOf(document: vscode.TextDocument, { offset, length }: TextRange): vscode.Range {
  return new vscode.Range(document.positionAt(offset), document.positionAt(offset + length));
}

/** A document's findings change with its text, and with the data it names: a look is good for a moment only. */
const FRESH_MS = 2000;

interface Looked {
  readonly version: number;
  readonly at: number;
  readonly validation: Promise<Validation>;
}

/** What checking needs, loaded when the first configuration is seen. */
async function load() {
  const [{ CATALOGUE }, { describeCost, foreseeMemory }, { validate }, { probeSources, resolveSources }] = await Promise.all([
    import('../../model/catalogue'),
    import('../../model/cost'),
    import('../../experiment/validate'),
    import('../../experiment/sources'),
  ]);
  return { CATALOGUE, describeCost, validate, probeSources, resolveSources, foresee: foreseeMemory(thisMachine()) };
}

export class ConfigurationChecks extends Lifetime {
  private readonly looked = new WeakMap<vscode.TextDocument, Looked>();
  private tools: ReturnType<typeof load> | undefined;

  /** Findings of the text as it stands; looks at no data outside the workspace folder. */
  look(document: vscode.TextDocument): Promise<Validation> {
    const known = this.looked.get(document);
    if (known?.version === document.version && performance.now() - known.at < FRESH_MS) return known.validation;
    const text = document.getText();
    const validation = this.loaded().then(({ CATALOGUE, validate, probeSources, foresee }) => {
      const folder = path.dirname(document.uri.fsPath);
      const workspace = vscode.workspace.getWorkspaceFolder(document.uri)?.uri.fsPath ?? folder;
      return validate(text, CATALOGUE, confined(probeSources(folder), folder, workspace), foresee);
    });
    this.looked.set(document, { version: document.version, at: performance.now(), validation });
    return validation;
  }

  /** As `look`, wherever the data is, with its path made absolute: what training starts from. Only in a trusted workspace. */
  async resolve(document: vscode.TextDocument): Promise<Validation> {
    const { CATALOGUE, validate, probeSources, resolveSources, foresee } = await this.loaded();
    const folder = path.dirname(document.uri.fsPath);
    const { config, findings } = validate(document.getText(), CATALOGUE, probeSources(folder), foresee);
    return config ? { config: resolveSources(config, folder), findings } : { findings };
  }

  /** What follows from a configuration without errors. */
  async computed(document: vscode.TextDocument): Promise<Omit<Computed, 'isWritten'> | undefined> {
    const { CATALOGUE, describeCost } = await this.loaded();
    const { config } = await this.look(document);
    return config && { config, catalogue: CATALOGUE, cost: describeCost(config, thisMachine()) };
  }

  async sizeOf(document: vscode.TextDocument): Promise<ModelSize | undefined> {
    const computed = await this.computed(document);
    return computed && { layers: computed.config.model.layers, parameters: computed.cost.total, bytes: computed.cost.memoryTotal };
  }

  private loaded(): ReturnType<typeof load> {
    this.tools ??= load();
    return this.tools;
  }
}
