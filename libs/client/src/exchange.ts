/** What came back, whatever its status. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** One HTTP exchange, redirects not followed (a redirect would carry the token elsewhere), the whole body read. */
export async function exchange(
  url: URL,
  o: {
    readonly method: string;
    readonly headers?: Record<string, string>;
    readonly body?: Uint8Array | undefined;
    readonly timeoutMs: number;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<Answer> {
  const timeout = AbortSignal.timeout(o.timeoutMs);
  const response = await fetch(url, {
    method: o.method,
    redirect: 'manual',
    signal: o.signal === undefined ? timeout : AbortSignal.any([o.signal, timeout]),
    ...(o.headers !== undefined && { headers: o.headers }),
    ...(o.body !== undefined && { body: o.body as Uint8Array<ArrayBuffer> }),
  });
  return { status: response.status, headers: response.headers, body: await response.bytes() };
}

/** A base with a path (`https://host/signalbox`) keeps its path only if it ends in a slash. */
export function withSlash(base: string): string {
  return base.endsWith('/') ? base : `${base}/`;
}
