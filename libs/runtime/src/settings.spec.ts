import { afterAll, describe, expect, it } from '@jest/globals';
import { IsInt, Max, Min } from 'class-validator';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProcessSettings } from './process-settings.js';
import { describeSettings, readSettings, Setting, SettingsError } from './settings.js';

class DeskSettings extends ProcessSettings {
  @Setting('DESK_PORT', { default: 8080, description: 'Port to listen on' })
  @IsInt()
  @Min(0)
  @Max(65535)
  readonly port!: number;

  @Setting('DESK_URL', { description: 'Where the desk is reached' })
  readonly url!: URL;

  @Setting('DESK_PASSWORD', { description: 'Password of the desk', secret: true })
  readonly password!: string;

  @Setting('DESK_STRICT', { default: false, description: 'Whether to be strict' })
  readonly strict!: boolean;

  @Setting('DESK_PEERS', { default: [], description: 'Other desks' })
  readonly peers!: string[];

  @Setting('DESK_NOTE', { optional: true, description: 'A note' })
  readonly note?: string;
}

const problemsOf = (env: NodeJS.ProcessEnv): readonly string[] => {
  try {
    readSettings(DeskSettings, env);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
};

describe('reading settings', () => {
  const folder = mkdtempSync(join(tmpdir(), 'settings-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const good = { DESK_URL: 'http://127.0.0.1:1', DESK_PASSWORD: 'secret' };

  it('converts by the type of the property and fills in defaults', () => {
    const settings = readSettings(DeskSettings, {
      ...good,
      DESK_PORT: '9000',
      DESK_STRICT: 'TRUE',
      DESK_PEERS: 'a, b,',
    });
    expect(settings).toMatchObject({
      port: 9000,
      strict: true,
      peers: ['a', 'b'],
      host: '127.0.0.1',
      traceSampleRatio: 1,
    });
    expect(settings.url.port).toBe('1');
    expect(settings.note).toBeUndefined();
  });

  it('reports every bad variable at once, each by its name', () => {
    const problems = problemsOf({
      DESK_PORT: '70000',
      DESK_URL: 'not a url',
      DESK_STRICT: 'perhaps',
      SIGNALBOX_LOG_FORMAT: 'xml',
    });
    const names = problems.map((line) => line.split(':', 1)[0]);
    expect(names.sort()).toEqual(['DESK_PASSWORD', 'DESK_PORT', 'DESK_STRICT', 'DESK_URL', 'SIGNALBOX_LOG_FORMAT']);
  });

  it('never shows a value', () => {
    const problems = problemsOf({
      DESK_PORT: 'marker-1',
      DESK_URL: 'marker-2',
      DESK_STRICT: 'marker-3',
      SIGNALBOX_ENVIRONMENT: 'marker-4',
    });
    expect(problems).toHaveLength(5);
    expect(problems.join()).not.toContain('marker');
  });

  it('takes an empty variable for one that is not set', () => {
    expect(readSettings(DeskSettings, { ...good, DESK_PORT: '' }).port).toBe(8080);
    expect(problemsOf({ ...good, DESK_PASSWORD: '' })).toHaveLength(1);
  });

  it('reads a secret from the file that NAME_FILE names, without the line end', () => {
    const file = join(folder, 'password');
    writeFileSync(file, 'from file\n');
    const settings = readSettings(DeskSettings, { DESK_URL: good.DESK_URL, DESK_PASSWORD_FILE: file });
    expect(settings.password).toBe('from file');
  });

  it('refuses a secret given twice, and a file that cannot be read', () => {
    expect(problemsOf({ ...good, DESK_PASSWORD_FILE: join(folder, 'password') })[0]).toMatch(
      /DESK_PASSWORD: is set together/,
    );
    expect(problemsOf({ DESK_URL: good.DESK_URL, DESK_PASSWORD_FILE: join(folder, 'none') })[0]).toMatch(
      /cannot be read/,
    );
  });

  it('does not read a file for a setting that is no secret', () => {
    expect(problemsOf({ DESK_PASSWORD: 'x', DESK_URL_FILE: join(folder, 'password') })[0]).toMatch(
      /^DESK_URL: is not set/,
    );
  });

  it('describes itself as rows of a table', () => {
    const rows = describeSettings(DeskSettings);
    expect(rows.find(({ name }) => name === 'DESK_PORT')).toEqual({
      name: 'DESK_PORT',
      default: '8080',
      description: 'Port to listen on',
    });
    expect(rows.find(({ description }) => description === 'Password of the desk')?.name).toBe(
      'DESK_PASSWORD or DESK_PASSWORD_FILE',
    );
    expect(rows.map(({ name }) => name)).toContain('SIGNALBOX_HOST');
  });
});
