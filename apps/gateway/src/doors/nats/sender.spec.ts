import { describe, expect, it } from '@jest/globals';
import type { CloudEvent } from '@signalbox/contracts';
import type { Registry } from '@signalbox/registry';
import { addressOf, senderOf } from './sender.js';

const eventOf = (source: string): CloudEvent => ({
  attributes: { specversion: '1.0', id: '1', type: 'org.signalbox.result.reported.v1', source },
  data: { kind: 'absent' },
});

const registry = {
  application: (ods: string, id: string) =>
    ods === 'X9H2T' && ['tie', 'asleep', 'http-only'].includes(id)
      ? { ods, id, name: id, active: true, keys: [], ...(id !== 'http-only' && { natskeys: ['U'] }) }
      : undefined,
  isActive: ({ application }) => application !== 'asleep',
} satisfies Pick<Registry, 'application' | 'isActive'>;

const codeOf = (source: string): string | undefined => {
  try {
    senderOf('X9H2T', eventOf(source), registry);
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('who publishes over NATS', () => {
  it('is the organisation that the server has set in the subject', () => {
    expect(addressOf('publish.X9H2T.org.signalbox.result.reported.v1')).toEqual({
      ods: 'X9H2T',
      type: 'org.signalbox.result.reported.v1',
    });
    expect(() => addressOf('publish.org')).toThrow(TypeError);
  });

  it('is the application that source names, with or without a part of it', () => {
    for (const source of ['urn:ods:X9H2T:tie', 'urn:ods:x9h2t:tie', 'urn:ods:X9H2T:tie:ward-7'])
      expect(senderOf('X9H2T', eventOf(source), registry)).toEqual({ ods: 'X9H2T', application: 'tie' });
  });

  it('cannot be another organisation', () => {
    expect(codeOf('urn:ods:X9G1P:tie')).toBe('SB-3006');
  });

  it.each([
    'urn:ods:X9H2T:unknown',
    'urn:ods:X9H2T:asleep',
    'urn:ods:X9H2T:http-only',
    'urn:ods:X9H2T',
    'https://x.example/tie',
  ])('cannot be %s, which is no active application with a key of its own', (source) => {
    expect(codeOf(source)).toBe('SB-3007');
  });
});
