import { Refusal } from '@signalbox/contracts';

/** The database did not answer, for now. Its own message may quote data and stays in `cause`. */
export class DatabaseUnavailable extends Error {
  override readonly name = 'DatabaseUnavailable';
  constructor(cause: unknown) {
    super('The database does not answer.', { cause });
  }
}

/** A database that is away as the refusal that callers are told; every other error as it is. */
export function asRefusable(error: unknown): unknown {
  return error instanceof DatabaseUnavailable ? new Refusal('SB-5032', undefined, { cause: error }) : error;
}
