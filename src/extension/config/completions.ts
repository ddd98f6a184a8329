// Completions of values that something follows from, beside those that the schema lists: numbers with what they cost
// here, files of the workspace, runs to start from.
import { createScanner, getLocation, type Location } from 'jsonc-parser';
import * as vscode from 'vscode';
import { BUILT_IN_SOURCES, FIELDS } from '../../experiment/fields';
import { CONFIGURATION_SELECTOR } from '../contributions';
import { Lifetime } from '../lifetime';
import { t } from '../words';
import { type ConfigurationChecks, rangeOf } from './checks';
import { namesFiles, pathSuggestions, runSuggestions } from './fileSuggestions';
import { factsAt } from './hoverFacts';

const TRIGGERS = [':', ' ', '"', '/'];

/** Where a value goes: in the place of the one that is begun there, or of nothing. */
interface Place {
  readonly range: vscode.Range;
  readonly written: string;
  /** A comma, where more follows. */
  readonly after: string;
}

export class ConfigurationCompletions extends Lifetime implements vscode.CompletionItemProvider {
  /** What a list's items mean is worked out when one is looked at. */
  private readonly meant = new WeakMap<vscode.CompletionItem, { readonly document: vscode.TextDocument; path: string; value: number }>();

  constructor(private readonly checks: ConfigurationChecks) {
    super();
    this.own(vscode.languages.registerCompletionItemProvider(CONFIGURATION_SELECTOR, this, ...TRIGGERS));
  }

  async provideCompletionItems(document: vscode.TextDocument, position: vscode.Position): Promise<vscode.CompletionItem[]> {
    const text = document.getText();
    const offset = document.offsetAt(position);
    const location = getLocation(text, offset);
    const path = location.path.join('.');
    if (location.isAtPropertyKey || !(path in FIELDS)) return [];
    const place = placeOf(document, text, offset, location);
    if (path === 'training.from') return await this.runs(document, place);
    if (namesFiles(path)) return await this.files(document, path, place);
    // Counting needs the model room, which nothing loads before it is needed.
    const [{ catalogue, suppose }, { suggestionsFor }] = await Promise.all([this.checks.supposing(document), import('./suggestions')]);
    const usual = FIELDS[path as keyof typeof FIELDS].default;
    // The schema offers the default already.
    const suggestions = suggestionsFor(path, suppose, catalogue, t).filter(({ value }) => value !== usual);
    return suggestions.map(({ value, detail }, index) => {
      const item = itemOf(String(value), String(value), vscode.CompletionItemKind.Value, place, index);
      item.label = { label: String(value), description: detail };
      this.meant.set(item, { document, path, value });
      return item;
    });
  }

  async resolveCompletionItem(item: vscode.CompletionItem): Promise<vscode.CompletionItem> {
    const meant = this.meant.get(item);
    const computed = meant && (await this.checks.computedWith(meant.document, meant.path, meant.value));
    if (!meant || !computed) return item;
    const facts = factsAt(meant.path, { ...computed, isWritten: () => true }, t);
    item.documentation = new vscode.MarkdownString(facts.join('\n\n'));
    return item;
  }

  private async runs(document: vscode.TextDocument, place: Place): Promise<vscode.CompletionItem[]> {
    const names = await runSuggestions(this.checks.runsFolderOf(document));
    return names.map((name, index) => itemOf(name, JSON.stringify(name), vscode.CompletionItemKind.Reference, place, index));
  }

  private async files(document: vscode.TextDocument, path: string, place: Place): Promise<vscode.CompletionItem[]> {
    const { folder, limit } = this.checks.reachOf(document);
    const found = await pathSuggestions(path, place.written, folder, limit);
    const builtIn = path === 'data.source' ? BUILT_IN_SOURCES.map((value) => ({ value, isFolder: false })) : [];
    return [...builtIn, ...found].map(({ value, isFolder }, index) => {
      const kind = isFolder ? vscode.CompletionItemKind.Folder : vscode.CompletionItemKind.File;
      const item = itemOf(value, JSON.stringify(value), kind, place, index);
      // A folder is a step on the way: what is in it comes next.
      if (isFolder) item.command = { command: 'editor.action.triggerSuggest', title: '' };
      return item;
    });
  }
}

function itemOf(
  label: string,
  value: string,
  kind: vscode.CompletionItemKind,
  { range, after }: Place,
  index: number,
): vscode.CompletionItem {
  const item = new vscode.CompletionItem(label, kind);
  item.insertText = value + after;
  item.filterText = value;
  item.range = range;
  // As listed, before what the schema has.
  item.sortText = `!${String(index).padStart(3, '0')}`;
  return item;
}

function placeOf(document: vscode.TextDocument, text: string, offset: number, { previousNode }: Location): Place {
  const isWithin =
    previousNode &&
    previousNode.type !== 'property' &&
    offset >= previousNode.offset &&
    offset <= previousNode.offset + previousNode.length;
  const at = isWithin ? previousNode : { offset, length: 0 };
  const value: unknown = isWithin ? previousNode.value : undefined;
  return { range: rangeOf(document, at), written: typeof value === 'string' ? value : '', after: commaAfter(text, at.offset + at.length) };
}

/** What stands between a value and the next field. */
function commaAfter(text: string, offset: number): string {
  const scanner = createScanner(text, true);
  scanner.setPosition(offset);
  scanner.scan();
  const next = text.slice(scanner.getTokenOffset(), scanner.getTokenOffset() + scanner.getTokenLength());
  return ['', ',', '}', ']'].includes(next) ? '' : ',';
}
