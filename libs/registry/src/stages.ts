import { type Stage, type StageSetting, type StageWish, STRICTNESSES, type Strictness } from '@signalbox/contracts';

export { type StageWish, STRICTNESSES } from '@signalbox/contracts';

/** Whether one judgement lets pass what another one refuses, or tells what the other keeps to itself. */
export function isLaxer(one: Strictness, other: Strictness): boolean {
  return STRICTNESSES.indexOf(one) < STRICTNESSES.indexOf(other);
}

/** Finds the record of one type or pattern. */
export type StageLookup = (type: string) => (StageSetting & Pick<Stage, 'own' | 'floor'>) | undefined;

/** What counts where nothing was said. */
const DEFAULT: Strictness = 'enforce';

/**
 * How strictly a type is judged at a moment: by the most specific setting that counts then. One that begins later leaves what
 * it was before, by its own record or by a wider one. What an organisation has set for itself counts where it is stricter
 * than what the operator has, whichever was set later.
 *
 * @param at milliseconds since 1970
 */
export function strictnessAt(lookup: StageLookup, type: string, at: number): Strictness {
  for (const pattern of patternsOf(type)) {
    const setting = lookup(pattern);
    const strictness = setting && ofSetting(setting, at);
    if (strictness === undefined) continue;
    return setting?.own === true ? stricter(strictness, strictnessAt(operators(lookup), type, at)) : strictness;
  }
  return DEFAULT;
}

/** What the operator alone has set. */
function operators(lookup: StageLookup): StageLookup {
  return (type) => {
    const record = lookup(type);
    return record?.own === true ? record.floor : record;
  };
}

function stricter(one: Strictness, other: Strictness): Strictness {
  return isLaxer(one, other) ? other : one;
}

/** The type or pattern itself, and every wider pattern up to `*`. */
export function* patternsOf(type: string): Generator<string> {
  for (let pattern = type; ;) {
    yield pattern;
    if (pattern === '*') return;
    const dot = pattern.replace(/\.\*$/, '').lastIndexOf('.');
    pattern = dot < 0 ? '*' : `${pattern.slice(0, dot)}.*`;
  }
}

function ofSetting({ strictness, from, before }: StageSetting, at: number): Strictness | undefined {
  return from === undefined || Date.parse(from) <= at ? strictness : before;
}

/** Who asks: the operator of the exchange, who may do as they like, or the organisation itself. */
export type StageSide = 'operator' | 'organisation';

/**
 * The record of a stage after a change; `undefined` when none is left. What the operator has set is kept under what the
 * organisation sets over it, and comes back when that is taken back; what is the operator's an organisation cannot take back.
 *
 * @param effective what counts at the moment of the change, kept as what it was before
 * @param by `<ODS>:<application>`
 */
export function stageAfter(
  current: Stage | undefined,
  key: Pick<Stage, 'ods' | 'type'>,
  wish: StageWish,
  { side, effective, by, at }: { side: StageSide; effective: Strictness; by: string; at: string },
): Stage | undefined {
  const { strictness, from } = wish;
  const floor = current?.own === true ? current.floor : current && settingOf(current);
  if (strictness === undefined) return side === 'operator' || floor === undefined ? undefined : { ...key, ...floor };
  // A setting that begins later lets a wider one go on until then, unless there was one of its own.
  const before = from !== undefined && current === undefined ? undefined : effective;
  return {
    ...key,
    strictness,
    ...(from !== undefined && { from }),
    ...(before !== undefined && { before }),
    by,
    changed: at,
    ...(side === 'organisation' && { own: true as const, ...(floor !== undefined && { floor }) }),
  };
}

function settingOf({ ods: _ods, type: _type, own: _own, floor: _floor, ...setting }: Stage): StageSetting {
  return setting;
}

/** The laxest that an organisation may set for itself, from a moment on: what the operator has set, now or for later. */
export function floorFrom(lookup: StageLookup, type: string, from: number): Strictness {
  const set = operators(lookup);
  return stricter(strictnessAt(set, type, from), strictnessAt(set, type, Number.MAX_SAFE_INTEGER));
}
