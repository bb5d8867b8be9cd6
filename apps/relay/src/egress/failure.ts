import { EgressRefused } from './policy.js';

/** How a request that was allowed came to nothing. */
export type EgressFailureKind = 'timeout' | 'unreachable' | 'disconnected' | 'tls' | 'protocol';

const SENTENCES: Readonly<Record<EgressFailureKind, string>> = {
  timeout: 'The endpoint did not answer in time.',
  unreachable: 'The endpoint could not be reached: its name did not resolve or it took no connection.',
  disconnected: 'The endpoint closed the connection before it answered.',
  tls: 'No secure connection: the certificate did not verify or the handshake failed.',
  protocol: 'The endpoint answered with something other than HTTP.',
};

/** No answer came. Holds no address, no name and nothing that the other side said. */
export class EgressFailure extends Error {
  override readonly name = 'EgressFailure';
  constructor(
    readonly kind: EgressFailureKind,
    /** Milliseconds until it was known. */
    readonly latencyMs: number,
  ) {
    super(SENTENCES[kind]);
  }
}

const KINDS: readonly [pattern: RegExp, kind: EgressFailureKind][] = [
  [/^(ECONNRESET|EPIPE|ECONNABORTED)$/, 'disconnected'],
  [/^(HPE_|ERR_HTTP)/, 'protocol'],
  [
    /^(EPROTO$|ERR_TLS|ERR_SSL|CERT_|CRL_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE)/,
    'tls',
  ],
];

/** Names what Node's own error means; a refusal of ours passes through as it is. */
export function failureOf(error: unknown, latencyMs: number): EgressFailure | EgressRefused {
  if (error instanceof EgressRefused) return error;
  const code = (error as { code?: unknown } | null)?.code;
  const named = typeof code === 'string' ? code : '';
  const kind = KINDS.find(([pattern]) => pattern.test(named))?.[1] ?? 'unreachable';
  return new EgressFailure(kind, latencyMs);
}
