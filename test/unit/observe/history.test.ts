import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src/experiment/events';
import { FileHistory, RunHistory } from '../../../src/observe/history';
import { answerSeries } from '../../../src/observe/tiles';
import { depthEvent, layoutOf } from './helpers';

const layout = layoutOf(2, 1);
const start = (step: number): RunEvent => ({ kind: 'session-start', step, wallTime: 0 });
const loss = (step: number, value = step): RunEvent => ({ kind: 'scalars', step, wallTime: 0, values: { loss: value } });
const depth = (step: number, value = step) => depthEvent(step, layout, () => value);
const text = (step: number, words: string): RunEvent => ({ kind: 'text', step, wallTime: 0, tag: 'alert', text: words });

function runOf(...names: string[]) {
  const history = new RunHistory();
  const files = new Map(names.map((name) => [name, new FileHistory(name, { prefix: name, memoryBytes: Number.POSITIVE_INFINITY })]));
  history.setFiles([...files.values()]);
  const apply = (name: string, ...events: RunEvent[]) => {
    const file = files.get(name);
    if (file !== undefined) history.apply(file, events);
  };
  const losses = () => {
    const { steps, minimum } = answerSeries(history, { source: { scalar: 'loss' }, steps: { from: -1e9, to: 1e9 }, points: 1e6 });
    return [...steps].map((step, index) => [step, minimum[index]]);
  };
  const columns = () =>
    history
      .stretches()
      .flatMap(({ columns: store, from, to }) => Array.from({ length: to - from }, (_, index) => store.steps.at(from + index)));
  return { history, apply, losses, columns };
}

describe('a resumed run', () => {
  it('shows what a later session recorded instead of what it superseded, once', () => {
    const run = runOf('b', 'a');
    run.apply('a', start(0), ...[0, 10, 20, 30].flatMap((step) => [loss(step), depth(step), text(step, `old ${step}`)]));
    expect(run.history.extent()).toMatchObject({ columns: 4, lastStep: 30, lastScalarStep: 30, texts: 4, generation: 0 });

    run.apply('b', start(20));
    expect(run.history.extent()).toMatchObject({ columns: 2, lastStep: 10, lastScalarStep: 10, texts: 2, generation: 1 });

    run.apply('b', ...[20, 30].flatMap((step) => [loss(step, step + 0.5), depth(step), text(step, `new ${step}`)]));
    expect(run.columns()).toEqual([0, 10, 20, 30]);
    expect(run.losses()).toEqual([
      [0, 0],
      [10, 10],
      [20, 20.5],
      [30, 30.5],
    ]);
    expect(run.history.texts().map((each) => each.text)).toEqual(['old 0', 'old 10', 'new 20', 'new 30']);
    expect(run.history.extent()).toMatchObject({ columns: 4, generation: 1 });
  });

  it('resumed twice, the second time from further back, hides both', () => {
    const run = runOf('a', 'b', 'c');
    run.apply('a', ...[0, 1, 2, 3, 4].map((step) => loss(step)));
    run.apply('b', start(3), ...[3, 4, 5].map((step) => loss(step, step + 0.25)));
    run.apply('c', start(2), ...[2].map((step) => loss(step, step + 0.5)));
    expect(run.losses()).toEqual([
      [0, 0],
      [1, 1],
      [2, 2.5],
    ]);
    expect(run.history.extent().generation).toBe(2);
  });

  it('does not begin a new generation where nothing was superseded', () => {
    const run = runOf('a', 'b');
    run.apply('a', loss(0), loss(1));
    run.apply('b', start(2), loss(2));
    expect(run.history.extent().generation).toBe(0);
  });

  it('takes what an older file shows late, and says that the picture changed', () => {
    const run = runOf('a', 'b');
    run.apply('a', depth(0));
    run.apply('b', start(5), depth(5));
    run.apply('a', depth(1), depth(7));
    expect(run.columns()).toEqual([0, 1, 5]);
    expect(run.history.extent().generation).toBe(1);
  });

  it('shows nothing twice where a later file does not say at which step it begins', () => {
    const run = runOf('a', 'b');
    run.apply('a', loss(0), loss(1), loss(2));
    run.apply('b', loss(1, 9), loss(2, 9), loss(3, 9));
    expect(run.losses().map(([step]) => step)).toEqual([0, 1, 2, 3]);
  });
});

describe('odd events', () => {
  it('are left out and reported once', () => {
    const run = runOf('a');
    run.apply('a', { ...depthEvent(0, layout, () => 1, false) });
    run.apply('a', depth(1), depth(1), depth(0), loss(5), loss(4), loss(3));
    run.apply(
      'a',
      depthEvent(2, layoutOf(3, 1), () => 1, false),
      depth(3),
    );
    expect(run.columns()).toEqual([1, 3]);
    expect(run.losses()).toEqual([[5, 5]]);
    expect(run.history.problems().map((problem) => problem.code)).toEqual([
      'events-unnamed-statistics',
      'events-out-of-order',
      'events-other-shape',
    ]);
  });

  it('of another model in a later file are reported, and the first model is shown', () => {
    const run = runOf('a', 'b');
    run.apply('a', depth(1));
    run.apply(
      'b',
      depthEvent(2, layoutOf(3, 1), () => 1),
    );
    expect(run.columns()).toEqual([1]);
    expect(run.history.problems()).toEqual([{ code: 'events-other-shape', args: { file: 'b', rows: 3, columns: 1 } }]);
  });

  it('under ever new names end at a number that can be shown', () => {
    const run = runOf('a');
    for (let tag = 0; tag < 3000; tag++) run.apply('a', { kind: 'scalars', step: 1, wallTime: 0, values: { [`tag ${tag}`]: 1 } });
    expect(run.history.extent().scalars).toHaveLength(2000);
    expect(run.history.problems()).toEqual([{ code: 'events-too-many-tags', args: { file: 'a', limit: 2000 } }]);
  });

  it('replace a scalar that is said again for the same step', () => {
    const run = runOf('a');
    run.apply('a', loss(1, 2), loss(1, 3));
    expect(run.losses()).toEqual([[1, 3]]);
  });
});
