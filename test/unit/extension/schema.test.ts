// The schema that the editor completes configurations from is a file; this keeps it that of the
// catalogue. After a change: `npx vitest run test/unit/extension/schema.test.ts -u`.
import { expect, it } from 'vitest';
import { jsonSchema } from '../../../src/experiment/schema';
import { CATALOGUE } from '../../../src/model/catalogue';

it('offers in the editor what the catalogue knows', async () => {
  const schema = `${JSON.stringify(jsonSchema(CATALOGUE), undefined, 2)}\n`;
  await expect(schema).toMatchFileSnapshot('../../../media/fathom.schema.json');
});
