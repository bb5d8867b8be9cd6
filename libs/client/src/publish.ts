import type { Accepted, Verdict } from '@signalbox/contracts';
import { setTimeout as wait } from 'node:timers/promises';

import type { BatchItem, Publishable } from './events.js';
import { isRecord, SignalboxError } from './problem.js';
import { errorOfItem, wasAccepted } from './events.js';
import type { Patience, Transport } from './transport.js';
import { pauseBefore } from './transport.js';

const STRUCTURED = 'application/cloudevents+json';
const BATCH = 'application/cloudevents-batch+json';

/** Bounds of one batch request; the exchange refuses a body of more than 1 MiB. */
export interface BatchLimits {
  readonly maxBatchEvents: number;
  readonly maxBatchBytes: number;
}

export const DEFAULT_BATCH_LIMITS: BatchLimits = { maxBatchEvents: 100, maxBatchBytes: 1024 * 1024 };

/** What one call of publishing may be told. */
export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** What a batch call may be told. */
export interface BatchCallOptions extends CallOptions {
  /** Called after each request with how many events are settled so far. */
  readonly onProgress?: (settled: number, total: number) => void;
}

/** Publishes and validates: the same bytes, and so the same identity, at every attempt. */
export class Publisher {
  constructor(
    private readonly transport: Transport,
    private readonly patience: Patience,
    private readonly limits: BatchLimits,
  ) {}

  async publish(event: Publishable, o: CallOptions = {}): Promise<Accepted> {
    const answer = await this.post('events', STRUCTURED, bytesOf(event), o.signal);
    if (isRecord(answer) && answer['state'] === 'accepted') return answer as unknown as Accepted;
    throw notUnderstood('POST /events');
  }

  async validate(event: Publishable, o: CallOptions = {}): Promise<Verdict> {
    const answer = await this.post('events/validate', STRUCTURED, bytesOf(event), o.signal);
    if (isRecord(answer) && typeof answer['valid'] === 'boolean') return answer as unknown as Verdict;
    throw notUnderstood('POST /events/validate');
  }

  /**
   * Publishes many, in as few requests as the limits allow; the answers stand in the order of the events. Items that
   * the exchange could not take for the moment are sent again, alone, within `retryForMs`.
   */
  async publishBatch(events: readonly Publishable[], o: BatchCallOptions = {}): Promise<BatchItem[]> {
    const bodies = events.map(bytesOf);
    const answers: BatchItem[] = [];
    for (const chunk of chunksOf(bodies, this.limits)) {
      answers.push(...(await this.settle(chunk, o.signal)));
      o.onProgress?.(answers.length, bodies.length);
    }
    return answers;
  }

  private async settle(bodies: readonly Uint8Array[], signal: AbortSignal | undefined): Promise<BatchItem[]> {
    const deadline = performance.now() + this.patience.retryForMs;
    const answers = await this.sendBatch(bodies, signal);
    for (let attempt = 0; ; attempt += 1) {
      const open = answers.flatMap((item, index) => (mayComeLater(item) ? [index] : []));
      const pause = pauseBefore(attempt, this.patience, undefined, 1);
      if (open.length === 0 || performance.now() + pause > deadline) return answers;
      await wait(pause, undefined, signal === undefined ? {} : { signal });
      const again = await this.sendBatch(
        open.map((index) => bodies[index]!),
        signal,
      );
      open.forEach((index, position) => (answers[index] = again[position]!));
    }
  }

  private async sendBatch(bodies: readonly Uint8Array[], signal: AbortSignal | undefined): Promise<BatchItem[]> {
    const answer = await this.post('events', BATCH, batchOf(bodies), signal);
    const items = isRecord(answer) ? answer['items'] : undefined;
    if (!Array.isArray(items) || items.length !== bodies.length) throw notUnderstood('POST /events (batch)');
    return items as BatchItem[];
  }

  private post(path: string, contentType: string, body: Uint8Array, signal: AbortSignal | undefined): Promise<unknown> {
    return this.transport.sendForJson({ method: 'POST', path, contentType, body, idempotent: true, signal });
  }
}

function mayComeLater(item: BatchItem): boolean {
  return !wasAccepted(item) && errorOfItem(item).retryable;
}

function bytesOf(event: Publishable): Uint8Array {
  return event instanceof Uint8Array ? event : new TextEncoder().encode(JSON.stringify(event));
}

/** A batch is the events with commas between: each keeps its bytes. */
function batchOf(bodies: readonly Uint8Array[]): Uint8Array {
  const parts: Uint8Array[] = [Buffer.from('[')];
  bodies.forEach((body, index) => parts.push(...(index === 0 ? [body] : [Buffer.from(','), body])));
  return Buffer.concat([...parts, Buffer.from(']')]);
}

/** An event larger than a whole batch stands alone: the exchange judges it. */
export function* chunksOf(bodies: readonly Uint8Array[], limits: BatchLimits): Generator<Uint8Array[]> {
  let chunk: Uint8Array[] = [];
  let bytes = 2;
  for (const body of bodies) {
    if (chunk.length > 0 && (chunk.length >= limits.maxBatchEvents || bytes + body.length + 1 > limits.maxBatchBytes)) {
      yield chunk;
      chunk = [];
      bytes = 2;
    }
    chunk.push(body);
    bytes += body.length + 1;
  }
  if (chunk.length > 0) yield chunk;
}

function notUnderstood(call: string): SignalboxError {
  return new SignalboxError({
    code: 'not-understood',
    title: 'The answer was not understood',
    detail: `The answer to ${call} has not the shape that this client knows. Is the gateway address right?`,
    retryable: false,
  });
}
