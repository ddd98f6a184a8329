// Which ends of runs a person is told.
import { describe, expect, it } from 'vitest';
import { AwaitedAlerts, AwaitedEnds } from '../../../src/extension/runs/awaited';
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

describe('awaited alerts', () => {
  const alert = (step: number) => ({ code: 'divergence', args: { step } });

  it('tells once that a run has begun to diverge, and again when it does again', () => {
    const alerts = new AwaitedAlerts();
    expect(alerts.look([status()])).toEqual([]);
    const diverging = status({ alert: alert(7) });
    expect(alerts.look([diverging])).toEqual([diverging]);
    expect(alerts.look([status({ alert: alert(7), step: 130 })])).toEqual([]);
    expect(alerts.look([status({ step: 140 })])).toEqual([]);
    expect(alerts.look([status({ alert: alert(150), step: 150 })])).toHaveLength(1);
  });

  it('is silent about what it found so, and about runs that have ended', () => {
    const alerts = new AwaitedAlerts();
    expect(alerts.look([status({ alert: alert(7) })])).toEqual([]);
    expect(alerts.look([status({ alert: alert(9), state: 'stopped' })])).toEqual([]);
  });
});
