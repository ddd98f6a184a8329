// The page's skeleton as the host serves it: a strict content security policy, one style sheet, one
// script, and an empty body that `webview/main.ts` fills.

export interface PageParts {
  /** The webview's own source expression (`webview.cspSource`). */
  readonly cspSource: string;
  /** Fresh and unguessable for every page; letters, digits, `+`, `/`, `-`, `_` and `=` only. */
  readonly nonce: string;
  /** `dist/webview/main.js` and `dist/webview/main.css` as the webview may load them. */
  readonly scriptUri: string;
  readonly styleUri: string;
  readonly title: string;
  /** BCP 47 tag of the words in `hello.strings`; `en` unless given. */
  readonly language?: string;
  /** `canvas` draws without WebGL, for a graphics driver that misbehaves. */
  readonly surface?: 'canvas';
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text that is neither markup nor the end of an attribute. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/**
 * The whole document. Every part is escaped; nothing inline but what the nonce allows, nothing from
 * anywhere but the extension's own folder.
 *
 * The style sheet holds the codicons too; vscode-elements finds them by the link's id.
 *
 * @throws RangeError where the nonce holds a character that could end the attribute or the policy.
 */
export function pageHtml(parts: PageParts): string {
  if (!/^[\w+/=-]{16,}$/.test(parts.nonce)) throw new RangeError('The nonce must have at least 16 base64 characters.');
  const csp = [
    "default-src 'none'",
    `style-src ${parts.cspSource}`,
    `font-src ${parts.cspSource}`,
    `script-src 'nonce-${parts.nonce}'`,
    `img-src ${parts.cspSource} data:`,
    "form-action 'none'",
    "base-uri 'none'",
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="${escaped(parts.language ?? 'en')}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escaped(csp)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" id="vscode-codicon-stylesheet" href="${escaped(parts.styleUri)}">
<title>${escaped(parts.title)}</title>
</head>
<body>
<main id="fathom"${parts.surface === undefined ? '' : ` data-surface="${parts.surface}"`}></main>
<script type="module" nonce="${parts.nonce}" src="${escaped(parts.scriptUri)}"></script>
</body>
</html>
`;
}
