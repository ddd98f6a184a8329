// Hovers with what follows from a configuration; the documentation of its fields comes from the
// schema, through the editor's own JSON support.
import { findNodeAtLocation, getLocation, parseTree } from 'jsonc-parser';
import * as vscode from 'vscode';
import { CONFIGURATION_SELECTOR } from '../contributions';
import { Lifetime } from '../lifetime';
import { t } from '../words';
import { type ConfigurationChecks, rangeOf } from './checks';
import { factsAt } from './hoverFacts';

export class ConfigurationHovers extends Lifetime implements vscode.HoverProvider {
  constructor(private readonly checks: ConfigurationChecks) {
    super();
    this.own(vscode.languages.registerHoverProvider(CONFIGURATION_SELECTOR, this));
  }

  async provideHover(document: vscode.TextDocument, position: vscode.Position): Promise<vscode.Hover | undefined> {
    const text = document.getText();
    const offset = document.offsetAt(position);
    const { path, previousNode } = getLocation(text, offset);
    // Only on a word itself, not in the space around it.
    if (path.length === 0 || !previousNode || offset > previousNode.offset + previousNode.length) return undefined;
    const computed = await this.checks.computed(document);
    const root = parseTree(text);
    if (!computed || !root) return undefined;
    const isWritten = (field: string) => findNodeAtLocation(root, field.split('.')) !== undefined;
    const facts = factsAt(path.join('.'), { ...computed, isWritten }, t);
    if (facts.length === 0) return undefined;
    return new vscode.Hover(new vscode.MarkdownString(facts.join('\n\n')), rangeOf(document, previousNode));
  }
}
