import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GatewayHouse, anEvent, HOSPITAL } from './fixtures/gateway-house.js';

describe('a gateway that takes events', () => {
  let house: GatewayHouse;

  beforeAll(async () => {
    house = await GatewayHouse.open();
  });
  afterAll(() => house.close());

  it('answers 202 for an event that lies in the engine by then', async () => {
    const event = anEvent();
    const answer = await house.publish(event);
    expect(answer.text).toContain('accepted');
    expect(answer.status).toBe(202);
    const [stored] = await house.stored();
    expect(stored?.event.attributes['id']).toBe(event['id']);
    expect(stored?.event.attributes['sourceorg']).toBe(HOSPITAL.ods);
  });
});
