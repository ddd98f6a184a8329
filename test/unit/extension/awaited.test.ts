// Which ends of runs a person is told.
import { describe, expect, it } from 'vitest';
import { AwaitedEnds } from '../../../src/extension/runs/awaited';
import { status } from './helpers';

describe('awaited ends', () => {
  it('tells the end of a run that was seen alive, once', () => {
    const awaited = new AwaitedEnds();
    expect(awaited.look([status()])).toEqual([]);
    const ended = status({ state: 'finished' });
    expect(awaited.look([ended])).toEqual([ended]);
    expect(awaited.look([ended])).toEqual([]);
  });

  it('is silent about runs that had ended before this window looked', () => {
    expect(new AwaitedEnds().look([status({ state: 'failed' })])).toEqual([]);
  });

  it('tells the end of a run started here even if it was never seen alive', () => {
    const awaited = new AwaitedEnds();
    const failed = status({ state: 'failed' });
    awaited.expect(failed.directory, undefined);
    expect(awaited.look([failed])).toEqual([failed]);
  });

  it('does not take the old end of a run that is started anew for the new one', () => {
    const awaited = new AwaitedEnds();
    const old = status({ state: 'failed', step: 7 });
    awaited.expect(old.directory, old);
    expect(awaited.look([old])).toEqual([]);
    const again = status({ state: 'failed', step: 9 });
    expect(awaited.look([again])).toEqual([again]);
  });

  it('leaves to others what could not be started', () => {
    const awaited = new AwaitedEnds();
    const failed = status({ state: 'failed' });
    awaited.expect(failed.directory, undefined);
    awaited.forget(failed.directory);
    expect(awaited.look([failed])).toEqual([]);
  });
});
