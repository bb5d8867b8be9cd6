/** One thing that was looked at. */
export interface Check {
  readonly name: string;
  /** `skipped`: could not be looked at, because of an earlier failure or because it is not reachable from here. */
  readonly state: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly detail: string;
  /** What to do; present for warnings and failures. */
  readonly remedy?: string;
}

export const ok = (name: string, detail: string): Check => ({ name, state: 'ok', detail });
export const skipped = (name: string, detail: string): Check => ({ name, state: 'skipped', detail });
export const warning = (name: string, detail: string, remedy: string): Check => ({
  name,
  state: 'warning',
  detail,
  remedy,
});
export const failed = (name: string, detail: string, remedy: string): Check => ({
  name,
  state: 'failed',
  detail,
  remedy,
});

/** Milliseconds that one question may take. */
export const ASK_TIMEOUT_MS = 3_000;

/** An answer of a server, or why there was none. */
export type Asked =
  | { readonly answered: true; readonly status: number; readonly date: string | null; readonly body: unknown }
  | { readonly answered: false; readonly reason: string };

/** Asks an address and tells apart the ways in which it can fail. */
export async function ask(url: string): Promise<Asked> {
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(ASK_TIMEOUT_MS) });
    const text = await response.text();
    return { answered: true, status: response.status, date: response.headers.get('date'), body: jsonOf(text) };
  } catch (error) {
    return { answered: false, reason: reasonOf(error) };
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'its name is not known (DNS)',
  EAI_AGAIN: 'its name cannot be looked up now (DNS)',
  ECONNRESET: 'the connection was cut',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no network to it',
  CERT_HAS_EXPIRED: 'its certificate has expired (TLS)',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed (TLS)',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate chain is not trusted here (TLS)',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate chain is incomplete (TLS)',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name (TLS)',
};

function reasonOf(error: unknown): string {
  if (member(error, 'name') === 'TimeoutError') return `no answer within ${ASK_TIMEOUT_MS / 1000} s`;
  const code = member(error, 'cause', 'code');
  if (typeof code !== 'string') return 'what answers does not speak HTTP';
  return REASONS[code] ?? (code.startsWith('HPE_') ? 'what answers does not speak HTTP' : `it failed with ${code}`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** A member of something that came from outside. */
export function member(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (at, name) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[name] : undefined),
    value,
  );
}
