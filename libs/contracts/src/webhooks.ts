/**
 * Standard Webhooks 1.0.0: signing what is delivered, and verifying what was received.
 *
 * A delivery is signed over `{webhook-id}.{webhook-timestamp}.{body}`, the body being the exact bytes sent: with HMAC-SHA256
 * under each secret of the receiver (`v1`; two during a rotation), and with our ed25519 key (`v1a`), which a receiver can
 * verify without holding anything that could sign.
 */
import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto';

const SECRET_PREFIX = 'whsec_';
const SIGNING_KEY_PREFIX = 'whsk_';
const PUBLIC_KEY_PREFIX = 'whpk_';
/** The standard asks for 24 to 64 bytes. */
const SECRET_BYTES = 32;
const MIN_SECRET_BYTES = 24;
const MAX_SECRET_BYTES = 64;
const ED25519_BYTES = 32;
const DEFAULT_TOLERANCE_SECONDS = 300;

/** Why a webhook was not taken, or a key not usable. */
export type WebhookFaultReason =
  | 'header-missing'
  | 'header-malformed'
  | 'timestamp-too-old'
  | 'timestamp-in-future'
  | 'signature-mismatch'
  | 'key-malformed';

/** A webhook that cannot be trusted, or a key that cannot be used. Holds no key, signature or content. */
export class WebhookFault extends Error {
  override readonly name = 'WebhookFault';

  constructor(
    readonly reason: WebhookFaultReason,
    message: string,
  ) {
    super(message);
  }
}

/** What is to be signed, and with what. */
export interface WebhookToSign {
  /** `webhook-id`: the same for every attempt at one event. Must not hold a dot. */
  readonly id: string;
  /** Moment of this attempt. Default now. */
  readonly timestamp?: Date;
  /** The body, exactly as it will be sent. */
  readonly body: Uint8Array | string;
  /** `whsec_…`, one for each signature; the newest first. */
  readonly secrets: readonly string[];
  /** `whsk_…`, for the asymmetric signature. */
  readonly signingKey?: string;
}

/** The three headers of a delivery. */
export type WebhookHeaders = Readonly<Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string>>;

/** A new random secret, `whsec_` and base64 of 32 bytes. */
export function newSecret(): string {
  return SECRET_PREFIX + randomBytes(SECRET_BYTES).toString('base64');
}

/** A new ed25519 key pair: `whsk_…` to sign with (seed and public key, as the standard has it) and `whpk_…` to give away. */
export function newSigningKey(): { signingKey: string; publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const seed = Buffer.from(privateKey.export({ format: 'jwk' }).d!, 'base64url');
  const point = rawPublicKey(publicKey);
  return {
    signingKey: SIGNING_KEY_PREFIX + Buffer.concat([seed, point]).toString('base64'),
    publicKey: PUBLIC_KEY_PREFIX + point.toString('base64'),
  };
}

/**
 * The public half, `whpk_…`, of a signing key `whsk_…`.
 *
 * @throws WebhookFault `key-malformed`
 */
export function publicKeyOf(signingKey: string): string {
  return PUBLIC_KEY_PREFIX + rawPublicKey(createPublicKey(privateKeyOf(signingKey))).toString('base64');
}

/**
 * Signs one delivery attempt.
 *
 * @throws WebhookFault `key-malformed`, or `header-malformed` for an id that holds a dot or cannot stand in a header
 */
export function signWebhook({ id, timestamp = new Date(), body, secrets, signingKey }: WebhookToSign): WebhookHeaders {
  if (!/^[\x21-\x2d\x2f-\x7e]+$/.test(id))
    throw new WebhookFault('header-malformed', 'webhook-id must be printable, without a dot');
  const seconds = String(Math.floor(timestamp.getTime() / 1000));
  const signatures = secrets.map((secret) => `v1,${hmac(secret, id, seconds, body).toString('base64')}`);
  if (signingKey !== undefined) {
    const content = signedContent(id, seconds, body);
    signatures.push(`v1a,${sign(null, content, privateKeyOf(signingKey)).toString('base64')}`);
  }
  return { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': signatures.join(' ') };
}

/** How strictly the time of a webhook is taken. */
export interface VerifyOptions {
  /** How far the timestamp may be from now, either way. Default 300 seconds. */
  readonly toleranceSeconds?: number;
  readonly now?: Date;
}

/**
 * Verifies a received webhook: that one of its signatures was made with one of the keys, and that it is not old.
 *
 * @param headers as received; names in any case
 * @param body the exact bytes received, before any parsing
 * @param keys `whsec_…` secrets and `whpk_…` public keys, any of which may have signed
 * @throws WebhookFault
 */
export function verifyWebhook(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  body: Uint8Array | string,
  keys: string | readonly string[],
  { toleranceSeconds = DEFAULT_TOLERANCE_SECONDS, now = new Date() }: VerifyOptions = {},
): void {
  const id = headerOf(headers, 'webhook-id');
  const timestamp = headerOf(headers, 'webhook-timestamp');
  const signatures = headerOf(headers, 'webhook-signature').split(' ');
  checkTimestamp(timestamp, toleranceSeconds, now);
  const verifiers = (typeof keys === 'string' ? [keys] : keys).map((key) => verifierOf(key, id, timestamp, body));
  if (signatures.some((signature) => verifiers.some((fits) => fits(signature)))) return;
  throw new WebhookFault(
    'signature-mismatch',
    'no signature of the webhook was made with a known key over these bytes',
  );
}

/** Answers whether a signature `v1,…` or `v1a,…` was made with a key. */
function verifierOf(
  key: string,
  id: string,
  timestamp: string,
  body: Uint8Array | string,
): (signature: string) => boolean {
  if (key.startsWith(PUBLIC_KEY_PREFIX)) {
    const content = signedContent(id, timestamp, body);
    const publicKey = publicKeyFrom(decodeKey(key, PUBLIC_KEY_PREFIX, [ED25519_BYTES]));
    return (signature) =>
      signature.startsWith('v1a,') && verify(null, content, publicKey, Buffer.from(signature.slice(4), 'base64'));
  }
  const expected = hmac(key, id, timestamp, body);
  return (signature) => {
    const sent = signature.startsWith('v1,') ? Buffer.from(signature.slice(3), 'base64') : undefined;
    return sent?.length === expected.length && timingSafeEqual(sent, expected);
  };
}

function checkTimestamp(timestamp: string, toleranceSeconds: number, now: Date): void {
  if (!/^\d{1,12}$/.test(timestamp))
    throw new WebhookFault('header-malformed', 'webhook-timestamp must be whole seconds since 1970');
  const age = now.getTime() / 1000 - Number(timestamp);
  if (age > toleranceSeconds)
    throw new WebhookFault('timestamp-too-old', `the webhook is older than ${toleranceSeconds} seconds`);
  if (age < -toleranceSeconds) {
    throw new WebhookFault('timestamp-in-future', `the webhook is dated more than ${toleranceSeconds} seconds ahead`);
  }
}

function headerOf(headers: Readonly<Record<string, string | readonly string[] | undefined>>, name: string): string {
  const value = headers[name] ?? Object.entries(headers).find(([sent]) => sent.toLowerCase() === name)?.[1];
  const one = typeof value === 'string' ? value : value?.join(' ');
  if (one === undefined || one === '') throw new WebhookFault('header-missing', `the header ${name} is missing`);
  return one;
}

function signedContent(id: string, timestamp: string, body: Uint8Array | string): Buffer {
  return Buffer.concat([Buffer.from(`${id}.${timestamp}.`), typeof body === 'string' ? Buffer.from(body) : body]);
}

function hmac(secret: string, id: string, timestamp: string, body: Uint8Array | string): Buffer {
  return createHmac('sha256', secretKey(secret)).update(`${id}.${timestamp}.`).update(body).digest();
}

/** A key object signs in a third of the time that its bytes take. */
const secretKeys = new Map<string, KeyObject>();
const REMEMBERED_KEYS = 2_000;

function secretKey(secret: string): KeyObject {
  let key = secretKeys.get(secret);
  if (key === undefined) {
    key = createSecretKey(decodeSecret(secret));
    if (secretKeys.size >= REMEMBERED_KEYS) secretKeys.clear();
    secretKeys.set(secret, key);
  }
  return key;
}

function decodeSecret(secret: string): Buffer {
  const lengths = Array.from({ length: MAX_SECRET_BYTES - MIN_SECRET_BYTES + 1 }, (_, i) => MIN_SECRET_BYTES + i);
  return decodeKey(secret, SECRET_PREFIX, lengths);
}

function decodeKey(key: string, prefix: string, lengths: readonly number[]): Buffer {
  const base64 = key.startsWith(prefix) ? key.slice(prefix.length) : '';
  const bytes = Buffer.from(base64, 'base64');
  if (lengths.includes(bytes.length) && bytes.toString('base64') === base64) return bytes;
  throw new WebhookFault(
    'key-malformed',
    `a key must be ${prefix} and base64 of ${lengths[0]} to ${lengths.at(-1)} bytes`,
  );
}

function privateKeyOf(signingKey: string): KeyObject {
  const bytes = decodeKey(signingKey, SIGNING_KEY_PREFIX, [2 * ED25519_BYTES]);
  const d = bytes.toString('base64url', 0, ED25519_BYTES);
  const x = bytes.toString('base64url', ED25519_BYTES);
  return createPrivateKey({ key: { kty: 'OKP', crv: 'Ed25519', d, x }, format: 'jwk' });
}

function publicKeyFrom(raw: Buffer): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') }, format: 'jwk' });
}

function rawPublicKey(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: 'jwk' }).x!, 'base64url');
}
