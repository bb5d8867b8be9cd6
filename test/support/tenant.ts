import { connect, headers as newHeaders, nkeyAuthenticator, nkeys, type NatsConnection } from '@nats-io/transport-node';

/** A key with which an application connects to NATS; the seed stays with it. */
export interface NatsKey {
  readonly publicKey: string;
  readonly seed: Uint8Array;
}

export function newNatsKey(): NatsKey {
  const pair = nkeys.createUser();
  return { publicKey: pair.getPublicKey(), seed: pair.getSeed() };
}

/**
 * Connects as an application of an organisation, as any client of NATS would.
 * @throws when the server knows no account with the key
 */
export function connectTenant(server: string, key: NatsKey, application: string): Promise<NatsConnection> {
  return connect({
    servers: server,
    authenticator: nkeyAuthenticator(key.seed),
    inboxPrefix: `_INBOX_${application}`,
    maxReconnectAttempts: 0,
    // A server that reloads in this very moment closes without a word, and the client then waits for one.
    timeout: 10_000,
  });
}

/** What the exchange answered to one request. */
export interface DoorAnswer {
  readonly status: string | undefined;
  readonly type: string | undefined;
  readonly text: string;
  readonly json: { readonly code?: string } & Record<string, unknown>;
}

/** Publishes as a tenant does: a request to `publish.<type>`, answered when the event is on disk. */
export async function askDoor(
  tenant: NatsConnection,
  subject: string,
  body: string,
  pairs: Readonly<Record<string, string>> = { 'content-type': 'application/cloudevents+json' },
): Promise<DoorAnswer> {
  const headers = newHeaders();
  for (const [name, value] of Object.entries(pairs)) headers.set(name, value);
  const answer = await tenant.request(subject, body, { headers, timeout: 10_000 });
  return {
    status: answer.headers?.get('status'),
    type: answer.headers?.get('content-type'),
    text: answer.string(),
    json: answer.json(),
  };
}
