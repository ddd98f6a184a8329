// Which Node runs a trainer.
import { describe, expect, it } from 'vitest';
import { chooseNode, type NodeChoice, nodeCandidates } from '../../../src/extension/launch/node';

function choice(versions: Readonly<Record<string, string>>, changes: Partial<NodeChoice> = {}): NodeChoice {
  return {
    setting: '',
    searchPath: '/usr/local/bin:/usr/bin',
    platform: 'linux',
    editor: { executable: '/opt/editor/node', version: 'v22.0.0' },
    versionOf: async (executable) => versions[executable],
    ...changes,
  };
}

describe('the choice of a Node', () => {
  it('prefers the setting, whatever the PATH offers', async () => {
    const versions = { '/n/node': 'v22.1.0\n', '/usr/bin/node': 'v24.0.0\n' };
    expect(await chooseNode(choice(versions, { setting: '/n/node' }))).toEqual({
      executable: '/n/node',
      origin: 'setting',
      version: 'v22.1.0',
    });
  });

  it('refuses a setting that cannot work instead of passing it over', async () => {
    expect(await chooseNode(choice({}, { setting: 'node' }))).toMatchObject({ refused: 'not-absolute' });
    expect(await chooseNode(choice({}, { setting: '/n/node' }))).toMatchObject({ refused: 'not-runnable' });
    expect(await chooseNode(choice({ '/n/node': 'v18.20.0' }, { setting: '/n/node' }))).toMatchObject({
      refused: 'too-old',
      args: { version: 'v18.20.0', oldest: 20 },
    });
  });

  it('takes the first on the PATH that is new enough', async () => {
    const versions = { '/usr/local/bin/node': 'v18.0.0', '/usr/bin/node': 'v20.2.0' };
    expect(await chooseNode(choice(versions))).toMatchObject({ executable: '/usr/bin/node', origin: 'path' });
  });

  it('falls back to the editor’s own runtime', async () => {
    expect(await chooseNode(choice({}))).toEqual({ executable: '/opt/editor/node', origin: 'editor', version: 'v22.0.0' });
  });

  it('never looks in a relative entry, where a workspace could have put a program', () => {
    expect(nodeCandidates('.:bin::/usr/bin:/usr/bin', 'linux')).toEqual(['/usr/bin/node']);
    expect(nodeCandidates('tools;C:\\Node', 'win32')).toEqual(['C:\\Node\\node.exe']);
  });
});
