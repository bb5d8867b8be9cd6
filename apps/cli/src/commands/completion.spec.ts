import { execFileSync } from 'node:child_process';
import { PassThrough } from 'node:stream';

import { beforeAll, describe, expect, test } from '@jest/globals';

import { run } from '../run.js';

async function scriptFor(shell: string): Promise<string> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  await run(['completion', shell], { stdin: new PassThrough(), stdout, stderr }, {}, new AbortController().signal);
  return String(stdout.read());
}

/** What bash itself offers after these words. */
function offered(script: string, ...words: string[]): string[] {
  const quoted = ['signalbox', ...words].map((word) => `'${word}'`).join(' ');
  const program = `${script}\nCOMP_WORDS=(${quoted})\nCOMP_CWORD=${words.length}\n_signalbox\nprintf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['--noprofile', '--norc', '-c', program], { encoding: 'utf8' }).trim().split('\n');
}

describe('completion in bash', () => {
  let script: string;

  beforeAll(async () => {
    script = await scriptFor('bash');
  });

  test('offers the verbs', () => {
    expect(offered(script, 'pub')).toEqual(['publish']);
    expect(offered(script, '')).toEqual(expect.arrayContaining(['dev', 'listen', 'journey', 'grant']));
  });

  test('offers the verbs of a verb, and its own options with those of every verb', () => {
    expect(offered(script, 'app', '')).toEqual(expect.arrayContaining(['add', 'change', 'list']));
    expect(offered(script, 'subscription', 're')).toEqual(['resume', 'replay']);
    expect(offered(script, 'parked', 'retry', '--d')).toEqual(['--dry-run', '--debug']);
    expect(offered(script, 'app', 'add', '--')).toEqual(expect.arrayContaining(['--public-key', '--json']));
    expect(offered(script, 'app', 'list', '--')).not.toContain('--public-key');
  });

  test('offers files where no verb fits', () => {
    expect(offered(script, 'publish', 'pack')).toContain('package.json');
  });
});

describe.each(['zsh', 'fish'])('completion for %s', (shell) => {
  test('knows every verb', async () => {
    const script = await scriptFor(shell);
    for (const verb of ['publish', 'listen', 'journey', 'explain', 'doctor']) expect(script).toContain(verb);
  });
});
