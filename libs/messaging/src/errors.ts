import { Refusal } from '@signalbox/contracts';

/** The engine did not answer, or not in time: nothing was accepted that the caller may rely on; the same call may be repeated. */
export class EngineUnavailable extends Refusal {
  constructor(detail: string, cause?: unknown) {
    super('SB-5030', detail, { retryAfter: 1, cause });
  }
}

/** The engine answered that it has no room (its own limit or the disk's): nothing was stored. */
export class EngineFull extends Refusal {
  constructor(detail: string, cause?: unknown) {
    super('SB-5031', detail, { retryAfter: 30, cause });
  }
}

/** The engine is not what this software needs (version, durability, configuration). Start-up ends with this one line. */
export class EngineRefusal extends Error {
  override readonly name = 'EngineRefusal';
}

/** A compare-and-set found another revision than the caller had read. */
export class RevisionConflict extends Error {
  override readonly name = 'RevisionConflict';
  constructor(key: string, cause?: unknown) {
    super(`the entry ${key} was changed by someone else, or exists already`, { cause });
  }
}
