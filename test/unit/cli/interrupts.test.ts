import { expect, test } from 'vitest';
import { Interrupts } from '../../../src/cli/interrupts';

test('one press that arrives twice counts once; a later press counts again', async () => {
  const interrupts = new Interrupts();
  interrupts.listen();
  try {
    process.emit('SIGINT', 'SIGINT');
    process.emit('SIGINT', 'SIGINT');
    expect(interrupts).toMatchObject({ count: 1, exitCode: 130 });
    await new Promise((resolve) => setTimeout(resolve, 350));
    process.emit('SIGTERM', 'SIGTERM');
    expect(interrupts).toMatchObject({ count: 2, exitCode: 143 });
  } finally {
    interrupts.close();
  }
});
