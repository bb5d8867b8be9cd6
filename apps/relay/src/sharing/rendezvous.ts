import { hash } from 'node:crypto';

/**
 * Which of several relays drives a subscription: the one whose hash with it is highest (rendezvous hashing). Whoever knows
 * the same relays finds the same one, and a relay that comes or goes moves only its own share.
 */
export function driverOf(subscription: string, relays: Iterable<string>): string | undefined {
  let best: string | undefined;
  let highest = '';
  for (const relay of relays) {
    const weight = hash('sha256', `${relay} ${subscription}`, 'hex');
    if (best !== undefined && (weight < highest || (weight === highest && relay < best))) continue;
    best = relay;
    highest = weight;
  }
  return best;
}
