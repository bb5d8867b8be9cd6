import { type EgressClient, EgressFailure, EgressRefused } from '../egress/client.js';
import type { Outcome } from './channel.js';
import { outcomeOfAnswer, outcomeOfFailure } from './webhook/classify.js';

/** One request to an endpoint. */
export interface Post {
  /** Id of the subscription whose endpoint it is. */
  readonly subscription: string;
  readonly sink: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/**
 * Posts once and says what became of it, for every channel that speaks HTTP.
 * @throws the signal's reason when it was aborted; every other ending is an outcome
 */
export async function postOnce(egress: EgressClient, post: Post, signal: AbortSignal): Promise<Outcome> {
  const { subscription, sink, headers, body } = post;
  const started = performance.now();
  try {
    const answer = await egress.send({ subscription, method: 'POST', url: sink, headers, body, signal });
    return outcomeOfAnswer(answer, Date.now());
  } catch (error) {
    if (error instanceof EgressFailure) return outcomeOfFailure(error);
    if (error instanceof EgressRefused) {
      return { kind: 'refused', code: 'egress-refused', latencyMs: Math.round(performance.now() - started) };
    }
    throw error;
  }
}
