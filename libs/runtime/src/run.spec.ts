import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { EXIT } from './run.js';

const RUN = new URL('./run.ts', import.meta.url).href;

/** A process of its own, because what is judged is how a process ends. */
function process_(body: string) {
  const script = `import { runUntilSignal } from ${JSON.stringify(RUN)}; const settings = (m) => Object.assign(new Error(m), { name: 'SettingsError' }); ${body}`;
  const child = spawn(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    '--input-type=module-typescript',
    '-e',
    script,
  ]);
  let out = '';
  child.stdout.on('data', (chunk) => (out += String(chunk)));
  child.stderr.on('data', (chunk) => (out += String(chunk)));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number, out }));
  return { ended, signal: async (name: NodeJS.Signals) => (await once(child.stdout, 'data'), child.kill(name)), child };
}

const RUNNING = `console.log('up'); const idle = setInterval(() => {}, 1000);`;

describe('running until a signal', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('closes in order on %s and ends with 0', async (name) => {
    const one = process_(
      `runUntilSignal(async () => { ${RUNNING} return { close: async () => { clearInterval(idle); console.log('closed'); } }; });`,
    );
    await one.signal(name);
    expect(await one.ended).toEqual({ code: EXIT.ok, out: 'up\nclosed\n' });
  });

  it('prints one line for each bad setting and ends with 78', async () => {
    const one = process_(
      `runUntilSignal(async () => { throw settings('2 bad settings:\\nA: is not set\\nB: must be a number'); });`,
    );
    expect(await one.ended).toEqual({
      code: EXIT.settings,
      out: 'cannot start: 2 bad settings:\nA: is not set\nB: must be a number\n',
    });
  });

  it('ends with 1 and one line when the start fails otherwise', async () => {
    const one = process_(`runUntilSignal(async () => { throw new Error('port 1 on x is taken'); });`);
    expect(await one.ended).toEqual({ code: EXIT.failed, out: 'cannot start: port 1 on x is taken\n' });
  });

  it.each([
    ['thrown', `setTimeout(() => { throw new TypeError('marker 9990000018'); });`],
    ['rejected', `void Promise.reject(new TypeError('marker 9990000018'));`],
  ])('ends with 1 on an error that nobody caught (%s), without its message', async (_how, fault) => {
    const one = process_(`runUntilSignal(async () => { ${RUNNING} ${fault} return { close: async () => {} }; });`);
    const { code, out } = await one.ended;
    expect(code).toBe(EXIT.failed);
    expect(out).toContain('TypeError');
    expect(out).not.toContain('marker');
  });

  it('ends anyway when closing takes longer than its bound', async () => {
    const one = process_(
      `runUntilSignal(async () => { ${RUNNING} return { close: () => new Promise(() => {}) }; }, 50);`,
    );
    await one.signal('SIGTERM');
    expect(await one.ended).toEqual({
      code: EXIT.closeTimedOut,
      out: 'up\nSIGTERM: not stopped within 50 ms; ending\n',
    });
  });
});
