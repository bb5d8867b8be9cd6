import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';

import {
  newSecret,
  newSigningKey,
  publicKeyOf,
  signWebhook,
  verifyWebhook,
  WebhookFault,
  type WebhookFaultReason,
} from './webhooks.js';

const ID = 'msg_1';
const NOW = new Date('2026-11-21T09:30:00.900Z');
const BODY = '{"specversion":"1.0", "data":{ "v":5.10,"t":"é" }}';
const secret = newSecret();
const { signingKey, publicKey } = newSigningKey();

const signed = (more: object = {}) =>
  signWebhook({ id: ID, timestamp: NOW, body: BODY, secrets: [secret], signingKey, ...more });

const symmetric = signWebhook({ id: ID, timestamp: NOW, body: BODY, secrets: [secret] })['webhook-signature'];

function reasonOf(run: () => void): WebhookFaultReason | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof WebhookFault) return error.reason;
    throw error;
  }
}

describe('a signed webhook', () => {
  it('has the signature of the test vector of the standard', () => {
    const headers = signWebhook({
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestamp: new Date(1614265330_000),
      body: '{"test": 2432232314}',
      secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
    });
    expect(headers).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('is verified by the public library, whatever it holds', () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: 'grapheme' }), fc.stringMatching(/^[\w-]{1,64}$/), (body, id) => {
        const headers = signWebhook({ id, body, secrets: [newSecret(), secret], signingKey });
        expect(new Webhook(secret).verify(body, { ...headers })).toEqual(JSON.parse(body));
      }),
    );
  });

  it('of the public library is verified here', () => {
    const signature = new Webhook(secret).sign(ID, NOW, BODY);
    const headers = {
      'Webhook-Id': ID,
      'Webhook-Timestamp': String(Math.floor(NOW.getTime() / 1000)),
      'Webhook-Signature': signature,
    };
    expect(reasonOf(() => verifyWebhook(headers, Buffer.from(BODY), secret, { now: NOW }))).toBeUndefined();
  });

  it('is verified with any one of its keys, by bytes or text', () => {
    const other = newSecret();
    const headers = signed({ secrets: [other, secret] });
    expect(headers['webhook-signature'].split(' ').map((one) => one.split(',')[0])).toEqual(['v1', 'v1', 'v1a']);
    for (const key of [secret, other, publicKey, [newSecret(), publicKey], [newSecret(), other]]) {
      expect(reasonOf(() => verifyWebhook(headers, BODY, key, { now: NOW }))).toBeUndefined();
      expect(reasonOf(() => verifyWebhook(headers, Buffer.from(BODY), key, { now: NOW }))).toBeUndefined();
    }
  });

  it.each<[string, () => void]>([
    ['another secret', () => verifyWebhook(signed(), BODY, newSecret(), { now: NOW })],
    ['another public key', () => verifyWebhook(signed(), BODY, newSigningKey().publicKey, { now: NOW })],
    ['no key', () => verifyWebhook(signed(), BODY, [], { now: NOW })],
    ['another body', () => verifyWebhook(signed(), `${BODY} `, [secret, publicKey], { now: NOW })],
    [
      'another id',
      () => verifyWebhook({ ...signed(), 'webhook-id': 'msg_2' }, BODY, [secret, publicKey], { now: NOW }),
    ],
    [
      'another time',
      () =>
        verifyWebhook({ ...signed(), 'webhook-timestamp': '1795253401' }, BODY, [secret, publicKey], {
          now: new Date(1795253401_000),
        }),
    ],
    [
      'a cut signature',
      () =>
        verifyWebhook({ ...signed(), 'webhook-signature': 'v1,AAAA v1a,AAAA v1 v2,x' }, BODY, [secret, publicKey], {
          now: NOW,
        }),
    ],
    [
      'a symmetric signature under the name of the other',
      () =>
        verifyWebhook({ ...signed(), 'webhook-signature': symmetric.replace('v1,', 'v1a,') }, BODY, publicKey, {
          now: NOW,
        }),
    ],
  ])('is refused with %s', (_, run) => {
    expect(reasonOf(run)).toBe('signature-mismatch');
  });

  it('is refused outside the tolerated time, either way, and taken at its edge', () => {
    const seconds = Math.floor(NOW.getTime() / 1000);
    const at = (offset: number) =>
      reasonOf(() =>
        verifyWebhook(signed(), BODY, secret, { now: new Date((seconds + offset) * 1000), toleranceSeconds: 60 }),
      );
    expect([at(61), at(60), at(0), at(-60), at(-61)]).toEqual([
      'timestamp-too-old',
      undefined,
      undefined,
      undefined,
      'timestamp-in-future',
    ]);
  });

  it.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])('is refused without %s', (name) => {
    expect(reasonOf(() => verifyWebhook({ ...signed(), [name]: undefined }, BODY, secret, { now: NOW }))).toBe(
      'header-missing',
    );
    expect(reasonOf(() => verifyWebhook({ ...signed(), [name]: '' }, BODY, secret, { now: NOW }))).toBe(
      'header-missing',
    );
  });

  it.each(['', 'now', '1e9', '-5', '1.5'])('is refused with the timestamp %j', (timestamp) => {
    const headers = { ...signed(), 'webhook-timestamp': timestamp };
    expect(reasonOf(() => verifyWebhook(headers, BODY, secret, { now: NOW }))).toMatch(/^header-/);
  });

  it.each(['a.b', '', 'a b', 'a\nb', 'é'])('cannot have the id %j', (id) => {
    expect(reasonOf(() => signed({ id }))).toBe('header-malformed');
  });
});

describe('the keys of webhooks', () => {
  it('have the form of the standard', () => {
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(Buffer.from(signingKey.replace(/^whsk_/, ''), 'base64')).toHaveLength(64);
    expect(Buffer.from(publicKey.replace(/^whpk_/, ''), 'base64')).toHaveLength(32);
    expect(publicKeyOf(signingKey)).toBe(publicKey);
    expect(newSecret()).not.toBe(secret);
  });

  it.each([
    '',
    'whsec_',
    'whsec_c2hvcnQ=',
    `whsec_${'A'.repeat(88)}AAAA`,
    'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    `${secret}=`,
    'whsec_!!!',
    'whpk_AAAA',
    'v1,whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  ])('are refused when they are %j, without being repeated', (key) => {
    let fault: unknown;
    try {
      verifyWebhook(signed(), BODY, key, { now: NOW });
    } catch (error) {
      fault = error;
    }
    expect(fault).toMatchObject({ reason: 'key-malformed' });
    expect(key !== '' && (fault as Error).message.includes(key.slice(6) || '\0')).toBe(false);
  });

  it('are refused for signing when they are malformed', () => {
    expect(reasonOf(() => signed({ signingKey: publicKey }))).toBe('key-malformed');
    expect(reasonOf(() => signed({ secrets: [signingKey] }))).toBe('key-malformed');
  });
});
