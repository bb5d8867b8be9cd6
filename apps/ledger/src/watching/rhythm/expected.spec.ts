import { beforeAll, describe, expect, it } from '@jest/globals';
import { Catalogue, defaultSchemasFolder } from '@signalbox/contracts';
import type { Grant } from '@signalbox/registry';
import { isExpected } from './expected.js';

const LABORATORY = 'X9L3B';
const REPORTED = 'org.signalbox.result.reported.v1';
let catalogue: Catalogue;
beforeAll(async () => {
  catalogue = await Catalogue.load(defaultSchemasFolder());
});

const publish = (types: string, more: Partial<Grant> = {}): Grant => ({
  ...{ id: types, ods: LABORATORY, application: 'lims', action: 'publish', types, purpose: 'test', ...more },
});
const ask = (grants: readonly Grant[], active = true, status?: 'retired') =>
  isExpected(
    {
      registry: {
        organisation: (ods) => ({ ods, name: 'Laboratory', active }),
        grants: () => [...grants],
      },
      catalogue: { find: (type) => ({ ...catalogue.find(type)!, ...(status && { status }) }) },
    },
    LABORATORY,
    REPORTED,
  );

describe('whether events are expected of an organisation at all', () => {
  it('is so while it takes part and may publish the type, also where its right has merely expired', () => {
    const expired = publish(REPORTED, { expires: '2026-01-01T00:00:00.000Z' });
    expect([ask([publish('org.signalbox.result.*')]), ask([expired]), ask([])]).toEqual([true, true, true]);
  });
  it('is not so of who has left, whose right was withdrawn, and of what is retired', () => {
    const other = publish('org.signalbox.referral.*');
    const reading = publish(REPORTED, { action: 'subscribe' });
    expect([ask([publish(REPORTED)], false), ask([other, reading]), ask([publish(REPORTED)], true, 'retired')]).toEqual(
      [false, false, false],
    );
  });
});
