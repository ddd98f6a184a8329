// `fathom check`: what is wrong or doubtful in a configuration, for people, editors and CI.

import { type Command, SET_OPTIONS } from '../command';
import { soundConfiguration } from '../configuration';
import { writeLine } from '../terminal';

export const check: Command = {
  spec: { name: 'check', summary: 'Say what is wrong or doubtful in a configuration.', words: ['config'], options: SET_OPTIONS },
  async run(args, context) {
    const sound = await soundConfiguration(args, context);
    if (sound === undefined) return 1;
    if (sound.findings.length === 0) writeLine(context.terminal, { text: 'No problems found.', style: 'green' });
    return 0;
  },
};
