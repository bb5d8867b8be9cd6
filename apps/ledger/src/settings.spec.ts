import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { describeSettings, readSettings } from '@signalbox/runtime';
import { LedgerSettings } from './settings.js';

const SECRETS = { SIGNALBOX_NATS_PASSWORD: 'p', SIGNALBOX_PSEUDONYM_KEY: 'k'.repeat(32) };

describe('LedgerSettings', () => {
  it('has a row in the README for every setting', () => {
    const readme = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8');
    const missing = describeSettings(LedgerSettings).filter(
      ({ name }) => !readme.includes(`\`${name.split(' or ')[0]!}\``),
    );
    expect(missing).toEqual([]);
  });
  it('needs nothing but its two secrets', () => {
    expect(readSettings(LedgerSettings, SECRETS)).toMatchObject({ port: 8081, sessionMinutes: 480 });
  });
  it('names every bad variable at once and shows no value', () => {
    const bad = { ...SECRETS, SIGNALBOX_PSEUDONYM_KEY: 'short', SIGNALBOX_CONSOLE_TIME_ZONE: 'Nowhere/Land' };
    const read = () => readSettings(LedgerSettings, bad);
    expect(read).toThrow(/SIGNALBOX_PSEUDONYM_KEY/);
    expect(read).toThrow(/SIGNALBOX_CONSOLE_TIME_ZONE/);
    expect(read).not.toThrow(/short|Nowhere/);
  });
});
