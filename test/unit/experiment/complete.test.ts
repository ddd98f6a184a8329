// Runs outlive the version they were started with.

import { describe, expect, it } from 'vitest';
import { complete } from '../../../src/experiment/complete';
import type { ExperimentConfig } from '../../../src/experiment/config';
import { catalogue } from './catalogue';
import { config } from './config';

describe('an older configuration', () => {
  it('gets the defaults of the fields and sections that it lacks, and keeps its own values', () => {
    const { watchdog: _, ...rest } = config;
    const { keepCheckpoints: __, ...training } = rest.training;
    const older = { ...rest, training: { ...training, steps: 77 } } as unknown as ExperimentConfig;
    const found = complete(older, catalogue);
    expect(found).toEqual({ ...config, training: { ...config.training, steps: 77, keepCheckpoints: 2 } });
    expect(complete(config, catalogue)).toEqual(config);
  });
});
