import { beforeAll, describe, expect, it } from '@jest/globals';
import { Catalogue, decodeStructured, defaultSchemasFolder, judge } from '@signalbox/contracts';

import { exampleFor } from './example-event.js';

const NOW = new Date('2026-11-22T12:00:00.000Z');
const REPORTED = 'org.signalbox.result.reported.v1';

describe('the example that is sent as a test', () => {
  let catalogue: Catalogue;
  beforeAll(async () => {
    catalogue = await Catalogue.load(defaultSchemasFolder());
  });

  it('is of the type that was named, for the receiver, under an identity of its own, and meets its contract', () => {
    const one = exampleFor(catalogue, { types: ['org.signalbox.*'], ods: 'X9G1P' }, REPORTED, NOW);
    const two = exampleFor(catalogue, { types: ['org.signalbox.*'], ods: 'X9G1P' }, REPORTED, NOW);
    const event = decodeStructured(Buffer.from(one.text));
    expect(event.attributes).toMatchObject({
      type: REPORTED,
      source: one.source,
      id: one.id,
      targetorg: 'X9G1P',
      time: NOW.toISOString(),
    });
    expect(one.id).toMatch(/^test-/);
    expect(one.id).not.toBe(two.id);
    expect(event.data.kind).toBe('json');
    expect(judge(event, catalogue).findings).toEqual([]);
  });

  it('is of the first type that the subscription asks for when none was named', () => {
    const { type } = exampleFor(catalogue, { types: ['org.signalbox.booking.*'], ods: 'X9G1P' }, undefined, NOW);
    expect(type).toMatch(/^org\.signalbox\.booking\./);
  });

  it.each([
    ['is not asked for', ['org.signalbox.booking.*'], REPORTED],
    ['is not of the catalogue', ['*'], 'org.signalbox.result.unheard-of.v1'],
  ])('is not sent when the type %s', (_why, types, wanted) => {
    expect(() => exampleFor(catalogue, { types, ods: 'X9G1P' }, wanted, NOW)).toThrow('There is no example to send');
  });
});
