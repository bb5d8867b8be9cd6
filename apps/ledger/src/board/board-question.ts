import { Refusal } from '@signalbox/contracts';
import type { FastifyRequest } from 'fastify';
import { type PairStatus, STATUSES } from './pair.js';

/** Which pairs somebody wants to see. */
export interface BoardQuestion {
  readonly status: readonly PairStatus[];
  readonly org?: string;
  readonly after?: string;
}

/** Reads it from an address. @throws Refusal SB-4000 */
export function questionOf(request: FastifyRequest): BoardQuestion {
  const query = request.query as Readonly<Record<string, string | string[] | undefined>>;
  const { status, org, after } = query;
  if (Array.isArray(org) || Array.isArray(after)) throw new Refusal('SB-4000', 'Name one org= and one after=');
  const names = [status ?? []]
    .flat()
    .flatMap((one) => one.split(','))
    .filter((one) => one !== '');
  const unknown = names.filter((name) => !STATUSES.includes(name as PairStatus));
  if (unknown.length > 0) throw new Refusal('SB-4000', `status= takes ${STATUSES.join(', ')}, separated by commas`);
  return {
    status: names as PairStatus[],
    ...(org !== undefined && org !== '' && { org: org.trim().toUpperCase() }),
    ...(after !== undefined && after !== '' && { after }),
  };
}
