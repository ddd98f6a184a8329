// The numbers of an evaluation on one line. Free of `vscode`, for its tests.
import { isRecord } from '../../experiment/record';

/** `accuracy 61.25 %, perplexity 12.3`: shares in percent, as papers print them. @param result as `fathom evaluate --json` gives it */
export function resultWords(result: Readonly<Record<string, unknown>>): string {
  const metrics = isRecord(result.metrics) ? Object.entries(result.metrics) : [];
  return metrics.map(([name, value]) => `${name} ${typeof value === 'number' ? shown(name, value) : '–'}`).join(', ');
}

function shown(name: string, value: number): string {
  return name === 'perplexity' ? String(Number(value.toPrecision(4))) : `${(100 * value).toFixed(2)} %`;
}
