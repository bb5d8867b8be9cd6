import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Step } from '@signalbox/messaging';
import { anEvent, GatewayHouse, HOSPITAL } from './fixtures/gateway-house.js';

describe('a gateway that is stopped in order and started again', () => {
  let house: GatewayHouse;

  beforeAll(async () => {
    house = await GatewayHouse.open();
  });
  afterAll(() => house.close());

  it('has recorded every step it owed, and recognises what it accepted before', async () => {
    const events = Array.from({ length: 300 }, () => anEvent());
    const headers = { 'content-type': 'application/cloudevents-batch+json' };
    const publish = async () => {
      const { json } = await house.call('POST', '/events', { as: HOSPITAL, body: JSON.stringify(events), headers });
      return (json.items as { duplicate: boolean }[]).filter(({ duplicate }) => duplicate).length;
    };
    expect(await publish()).toBe(0);
    expect(await publish()).toBe(300);
    await house.stop();
    const steps = await house.records<Step>('STEPS', (all) => all.length >= 300);
    expect(new Set(steps.map(({ eventid }) => eventid)).size).toBe(300);
    await house.start();
    await house.whenComplete();
    // The development signing key is made anew at each start, and with it every token.
    house.forgetTokens();
    expect(await publish()).toBe(300);
  });

  it('starts without Redis, and knows everything once Redis is there', async () => {
    const event = anEvent();
    await house.publish(event);
    await house.stop();
    await house.redis.kill();
    await house.start();
    await house.whenDegraded();
    await house.redis.restart();
    await house.whenComplete();
    house.forgetTokens();
    expect((await house.publish(event)).json.duplicate).toBe(true);
  });
});
