import { createPublicKey, verify } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';

import { newSecret, newSigningKey, signWebhook, verifyWebhook, type WebhookHeaders } from './webhooks.js';

const BODY = '{"specversion":"1.0","data":{ "v":5.10,"t":"é\\u00e9" }}';
const [fresh, former] = [newSecret(), newSecret()];
const { signingKey, publicKey } = newSigningKey();

/** What is sent in the middle of a rotation: a signature under each secret, and the exchange's own. */
const headers: WebhookHeaders = signWebhook({ id: 'msg_1', body: BODY, secrets: [fresh, former], signingKey });

/** Packages of others that receivers verify with. */
const PACKAGES = [
  ['standardwebhooks', StandardWebhook],
  ['svix', SvixWebhook],
] as const;

describe.each(PACKAGES)('the public package %s', (_name, Webhook) => {
  const verified = (secret: string, sent: object = headers, body = BODY): unknown =>
    new Webhook(secret).verify(body, sent as Record<string, string>);

  it('verifies a delivery with the new and with the former secret, beside a signature that it does not know', () => {
    expect(headers['webhook-signature'].split(' ').map((one) => one.split(',')[0])).toEqual(['v1', 'v1', 'v1a']);
    for (const secret of [fresh, former]) expect(() => verified(secret)).not.toThrow();
  });

  it('verifies a delivery that has but one signature', () => {
    expect(() => verified(fresh, signWebhook({ id: 'msg_2', body: BODY, secrets: [fresh] }))).not.toThrow();
  });

  it.each<[string, () => unknown]>([
    ['a secret that is over', () => verified(newSecret())],
    ['another body', () => verified(fresh, headers, `${BODY} `)],
    ['another id', () => verified(fresh, { ...headers, 'webhook-id': 'msg_9' })],
    [
      'an old time',
      () => verified(fresh, signWebhook({ id: 'm', body: BODY, secrets: [fresh], timestamp: new Date(0) })),
    ],
    [
      'only the asymmetric signature',
      () => verified(fresh, signWebhook({ id: 'm', body: BODY, secrets: [], signingKey })),
    ],
  ])('refuses %s', (_what, run) => {
    expect(run).toThrow();
  });

  it('signs what is verified here', () => {
    const now = new Date();
    const signature = new Webhook(fresh).sign('msg_3', now, BODY);
    const sent = {
      'webhook-id': 'msg_3',
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': signature,
    };
    expect(() => verifyWebhook(sent, BODY, fresh)).not.toThrow();
  });
});

describe('the asymmetric signature', () => {
  /** As the standard has it and nothing of ours: an Ed25519 key in DER (RFC 8410), the text `{id}.{timestamp}.{body}`. */
  const holds = (body: string): boolean => {
    const raw = Buffer.from(publicKey.replace('whpk_', ''), 'base64');
    const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw]);
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    const [, signature = ''] = /(?:^| )v1a,(\S+)/.exec(headers['webhook-signature']) ?? [];
    const text = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    return verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64'));
  };

  it('is verified by plain cryptography, since no public package verifies it yet', () => {
    expect(holds(BODY)).toBe(true);
    expect(holds(`${BODY} `)).toBe(false);
  });
});
