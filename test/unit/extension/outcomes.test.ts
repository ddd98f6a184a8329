// Answers of a trainer find whoever asked, whichever comes first; and silence ends with the trainer.
import { describe, expect, it } from 'vitest';
import type { RunStatus, RunText } from '../../../src/experiment/view';
import { Outcomes } from '../../../src/extension/dashboard/outcomes';
import type { ExtentListener } from '../../../src/observe/runView';
import { status } from './helpers';

const EXTENT = { columns: 0, firstStep: 0, lastStep: 0, lastScalarStep: 0, scalars: [], generation: 0, texts: 0 };
const text = (payload: unknown, tag = 'command'): RunText => ({ step: 4, tag, text: JSON.stringify(payload) });

function open() {
  let tell: ExtentListener = () => undefined;
  let become: (status: RunStatus) => void = () => undefined;
  const nothing = { dispose: () => undefined };
  const outcomes = new Outcomes({
    onExtent: (listener) => {
      tell = listener;
      return nothing;
    },
    onStatus: (listener) => {
      become = listener;
      return nothing;
    },
  });
  return { outcomes, tell: (...texts: RunText[]) => tell(EXTENT, texts), become: (state: RunStatus['state']) => become(status({}, state)) };
}

describe('the outcome of a command', () => {
  it('comes when the trainer has obeyed, also where it was quicker than the question', async () => {
    const { outcomes, tell } = open();
    const late = outcomes.of('a');
    tell(text({ id: 'b', command: 'set', outcome: 'obeyed' }), text('nonsense'), { step: 1, tag: 'command', text: '{' });
    tell(text({ id: 'a', command: 'set', outcome: 'obeyed' }));
    await late;
    await outcomes.of('b');
  });

  it('is the reason where it refused', async () => {
    const { outcomes, tell } = open();
    const asked = outcomes.of('a');
    tell(text({ id: 'a', command: 'set', outcome: 'refused', why: 'apply-steps', args: { field: 'training.steps', value: 3 } }));
    await expect(asked).rejects.toMatchObject({ code: 'apply-steps', args: { value: 3 } });
  });

  it.each(['lost', 'finished', 'missing'] as const)('is that the run has ended where the trainer is gone: %s', async (state) => {
    const { outcomes, become } = open();
    const asked = outcomes.of('a');
    become('running');
    become(state);
    await expect(asked).rejects.toMatchObject({ code: 'apply-ended', args: { state } });
  });
});
