import { describe, expect, it } from 'vitest';
import { FIELD_PATHS } from '../../../src/experiment/draft';
import { describeField, jsonSchema, studySchema } from '../../../src/experiment/schema';
import { catalogue } from './catalogue';
import { config } from './config';

function at(schema: unknown, path: string): Record<string, unknown> {
  return path.split('.').reduce((node: unknown, name) => {
    const { properties } = node as { properties: Record<string, unknown> };
    return properties[name];
  }, schema) as Record<string, unknown>;
}

describe('the schema', () => {
  const schema = jsonSchema(catalogue);

  it('describes every field that a resolved configuration has', () => {
    for (const [section, value] of Object.entries(config)) {
      if (typeof value !== 'object') expect(at(schema, section)).toHaveProperty('markdownDescription');
      else for (const name of Object.keys(value)) expect(at(schema, `${section}.${name}`)).toHaveProperty('markdownDescription');
    }
  });

  it('offers choices with their documentation, and defaults', () => {
    expect(at(schema, 'model.scheme')).toMatchObject({
      default: 'foundation',
      anyOf: [{ enum: ['foundation', 'deepnorm', 'post-ln', 'pre-ln'] }, {}],
    });
    expect(at(schema, 'model.layers')).toMatchObject({ default: 12 });
    expect(at(schema, 'model.feedForward')).not.toHaveProperty('default');
    expect(at(schema, 'model.schemeOptions.coefficient')).toMatchObject({ default: 0.974 });
    expect(at(schema, 'training.statistics')).toMatchObject({ items: { anyOf: [{ enum: ['activation_rms', 'gradient_rms'] }, {}] } });
    expect(at(schema, 'model.tiedEmbeddings')).toMatchObject({ default: true, anyOf: [{ enum: [true, false] }, {}] });
  });

  it('of a study offers fields as axes, their choices as values, and a configuration as base', () => {
    const study = studySchema(catalogue);
    const { properties } = at(study, 'axes') as { properties: Record<string, unknown> };
    expect(Object.keys(properties)).toEqual(FIELD_PATHS);
    expect(properties['model.scheme']).toMatchObject({
      markdownDescription: describeField('model.scheme', catalogue),
      items: { anyOf: [{ enum: ['foundation', 'deepnorm', 'post-ln', 'pre-ln'] }, {}] },
    });
    expect(at(study, 'base.model.layers')).toMatchObject({ default: 12 });
  });

  it.each([schema, studySchema(catalogue)])('forbids nothing, so that a mistake is told once', (schema) => {
    const words = JSON.stringify(schema);
    for (const keyword of ['"required"', '"type"', '"minimum"', '"maximum"', '"additionalProperties"'])
      expect(words).not.toContain(keyword);
    expect(JSON.parse(words)).toEqual(schema);
  });

  it('says in a hover what a person has to know', () => {
    for (const path of FIELD_PATHS) expect(describeField(path, catalogue)).not.toMatch(/undefined|\[object/);
    expect(describeField('schedule.warmup', catalogue)).toContain('Default: 5 % of the steps.');
    expect(describeField('model.layers', catalogue)).toContain('Has to be given.');
    expect(describeField('training.batch', catalogue)).toContain('From 1 to 65536 sequences.');
    expect(describeField('optimiser.learningRate', catalogue)).toContain('while training');
    expect(describeField('schedule.name', catalogue)).toContain('- `cosine`: About cosine.');
  });
});
