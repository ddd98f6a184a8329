// `fathom schema`: the JSON schema of configurations, for editors that know nothing of Fathom.

import { jsonSchema } from '../../experiment/schema';
import { CATALOGUE } from '../../model/catalogue';
import type { Command } from '../command';

export const schema: Command = {
  spec: {
    name: 'schema',
    summary: 'Print the JSON schema of a configuration, for other editors.',
    words: [],
    options: [],
    details: [
      'fathom schema > fathom.schema.json, and "$schema": "./fathom.schema.json" at the top of a configuration:',
      'then any editor that reads JSON schemas completes fields and shows their documentation.',
    ].join('\n'),
  },
  async run(_args, { terminal }) {
    terminal.write(`${JSON.stringify(jsonSchema(CATALOGUE), undefined, 2)}\n`);
    return 0;
  },
};
