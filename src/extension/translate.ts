// The one way words reach a person from files that do not import `vscode`: English in, the person's
// language out. `{name}` stands for an argument.

export type Translate = (message: string, args?: Readonly<Record<string, string | number>>) => string;
