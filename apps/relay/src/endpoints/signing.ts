import { signWebhook, WebhookFault } from '@signalbox/contracts';
import { activeSecrets, type Subscription } from '@signalbox/registry';

/** Whose request is signed, and with what of ours. */
export interface Signing {
  readonly subscription: Subscription;
  /** `webhook-id`. */
  readonly identity: string;
  /** `whsk_…`: this exchange's own key for the asymmetric signature, beside the subscriber's secrets. */
  readonly signingKey: string | undefined;
}

/**
 * Signature headers over exactly these bytes: `v1` under each secret that is active now, `v1a` if the exchange has a key.
 * @throws WebhookFault when there is nothing to sign with, for an unsigned webhook is worth nothing to its receiver
 */
export function signatureHeaders(
  { subscription, identity, signingKey }: Signing,
  body: Uint8Array,
): Readonly<Record<string, string>> {
  const secrets = activeSecrets(subscription, Date.now());
  if (secrets.length === 0 && signingKey === undefined)
    throw new WebhookFault('key-malformed', 'there is no key to sign with');
  return { ...signWebhook({ id: identity, body, secrets, ...(signingKey !== undefined && { signingKey }) }) };
}
