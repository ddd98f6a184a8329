// As much of `vscode` as the sidebar needs, in memory: what is shown can be looked at, what a person would answer is
// set beforehand. A test file gets it with `vi.mock('vscode', () => import('./fakeSidebar'))`.

type Listener<T> = (event: T) => unknown;

export class EventEmitter<T> {
  private readonly listeners = new Set<Listener<T>>();
  readonly event = (listener: Listener<T>) => {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  };
  fire(event: T): void {
    for (const listener of [...this.listeners]) listener(event);
  }
  dispose(): void {
    this.listeners.clear();
  }
}

export class ThemeColor {
  constructor(readonly id: string) {}
}

export class ThemeIcon {
  constructor(
    readonly id: string,
    readonly color?: ThemeColor,
  ) {}
}

export class TreeItem {
  constructor(
    readonly label: string,
    readonly collapsibleState = 0,
  ) {}
}

export class MarkdownString {
  value = '';
  appendMarkdown(text: string): this {
    this.value += text;
    return this;
  }
  appendText(text: string): this {
    this.value += text;
    return this;
  }
}

export class Uri {
  private constructor(readonly fsPath: string) {}
  static file(fsPath: string): Uri {
    return new Uri(fsPath);
  }
  readonly scheme = 'file';
  get path(): string {
    return this.fsPath;
  }
  toString(): string {
    return `file://${this.fsPath}`;
  }
}

export const TreeItemCollapsibleState = { None: 0, Collapsed: 1, Expanded: 2 } as const;
export const ProgressLocation = { Window: 10, Notification: 15 } as const;
export const StatusBarAlignment = { Left: 1, Right: 2 } as const;

/** What a person does and sees. */
export const person = {
  /** Answers to questions in their order: a text for an input box or a button, a function to choose from a quick pick. */
  answers: [] as unknown[],
  /** Titles and words of everything asked or told. */
  heard: [] as string[],
  trusted: true,
  settings: {} as Record<string, unknown>,
  /** By id of the view. */
  views: new Map<string, FakeView>(),
  commands: new Map<string, (...args: unknown[]) => unknown>(),
  executed: [] as unknown[][],
  deleted: [] as [string, boolean][],
  trash: true,
  files: [] as Uri[],
};

export interface FakeView {
  badge?: { readonly value: number; readonly tooltip: string };
  description?: string;
  message?: string;
  selection: readonly unknown[];
  readonly onDidChangeVisibility: (listener: Listener<{ readonly visible: boolean }>) => unknown;
  dispose(): void;
}

export function forgetEverything(): void {
  person.answers = [];
  person.heard = [];
  person.trusted = true;
  person.settings = {};
  person.views.clear();
  person.commands.clear();
  person.executed = [];
  person.deleted = [];
  person.trash = true;
  person.files = [];
}

const never = () => ({ dispose: () => undefined });
const hear = async (words: string, ...rest: unknown[]) => {
  const options = rest[0];
  const detail = typeof options === 'object' && options !== null && 'detail' in options ? `\n${String(options.detail)}` : '';
  person.heard.push(words + detail);
  const [modal] = typeof options === 'object' ? [true] : [false];
  return modal ? person.answers.shift() : undefined;
};

export const window = {
  createTreeView: (id: string): FakeView => {
    const view: FakeView = { selection: [], onDidChangeVisibility: never, dispose: () => undefined };
    person.views.set(id, view);
    return view;
  },
  showInformationMessage: hear,
  showWarningMessage: hear,
  showErrorMessage: hear,
  showInputBox: async ({ title }: { readonly title: string }) => {
    person.heard.push(title);
    return person.answers.shift();
  },
  showQuickPick: async (items: readonly unknown[], { title }: { readonly title: string }) => {
    person.heard.push(title);
    const answer = person.answers.shift();
    return typeof answer === 'function' ? answer(items) : answer;
  },
  setStatusBarMessage: (words: string) => {
    person.heard.push(words);
    return never();
  },
  withProgress: async (_: unknown, work: () => Promise<unknown>) => await work(),
};

export const workspace = {
  get isTrusted(): boolean {
    return person.trusted;
  },
  textDocuments: [],
  workspaceFolders: [],
  getConfiguration: () => ({ get: (name: string, otherwise: unknown) => person.settings[name] ?? otherwise }),
  getWorkspaceFolder: () => undefined,
  asRelativePath: ({ fsPath }: Uri) => fsPath.replace(/^\/w\//, ''),
  findFiles: async () => person.files,
  createFileSystemWatcher: () => ({ onDidCreate: never, onDidDelete: never, onDidChange: never, dispose: () => undefined }),
  onDidChangeTextDocument: never,
  onDidCloseTextDocument: never,
  onDidChangeWorkspaceFolders: never,
  onDidGrantWorkspaceTrust: never,
  onDidChangeConfiguration: never,
  fs: {
    delete: async ({ fsPath }: Uri, { useTrash }: { readonly useTrash: boolean }) => {
      if (useTrash && !person.trash) throw new Error('no trash here');
      person.deleted.push([fsPath, useTrash]);
    },
    readFile: async ({ fsPath }: Uri) => new TextEncoder().encode(fsPath),
  },
};

export const commands = {
  registerCommand: (id: string, run: (...args: unknown[]) => unknown) => {
    if (person.commands.has(id)) throw new Error(`${id} is registered twice`);
    person.commands.set(id, run);
    return { dispose: () => person.commands.delete(id) };
  },
  executeCommand: async (...command: unknown[]) => void person.executed.push(command),
};

export const l10n = {
  t: (message: string, args: Readonly<Record<string, unknown>> = {}) =>
    message.replace(/\{(\w+)\}/g, (whole, name: string) => String(args[name] ?? whole)),
};
export const env = { clipboard: { writeText: async (text: string) => void person.heard.push(text) } };
