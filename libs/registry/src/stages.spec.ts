import { describe, expect, it } from '@jest/globals';
import type { Stage, StageSetting } from './model.js';
import { floorFrom, isLaxer, stageAfter, strictnessAt } from './stages.js';

const TYPE = 'org.signalbox.referral.requested.v1';
const NOON = '2026-11-22T12:00:00Z';
const at = (instant: string) => Date.parse(instant);
const lookup = (settings: Record<string, StageSetting & Pick<Stage, 'own' | 'floor'>>) => (type: string) =>
  settings[type];
const key = { ods: 'X9G1P', type: TYPE };
const change = (side: 'operator' | 'organisation', effective: Stage['strictness'] = 'enforce') => ({
  side,
  effective,
  by: `X:${side}`,
  at: NOON,
});

describe('strictnessAt', () => {
  it('is the most specific setting, and enforce where nothing was said', () => {
    const stages = lookup({ '*': { strictness: 'warn' }, 'org.signalbox.referral.*': { strictness: 'observe' } });
    expect(strictnessAt(stages, TYPE, at(NOON))).toBe('observe');
    expect(strictnessAt(stages, 'org.signalbox.result.reported.v1', at(NOON))).toBe('warn');
    expect(strictnessAt(lookup({}), TYPE, at(NOON))).toBe('enforce');
  });

  it('takes effect by itself at its start, and leaves what was before until then', () => {
    const stages = lookup({ [TYPE]: { strictness: 'enforce', from: NOON, before: 'observe' } });
    expect(strictnessAt(stages, TYPE, at(NOON) - 1)).toBe('observe');
    expect(strictnessAt(stages, TYPE, at(NOON))).toBe('enforce');
  });

  it('lets a wider setting count until a first one of its own begins', () => {
    const stages = lookup({ [TYPE]: { strictness: 'enforce', from: NOON }, '*': { strictness: 'warn' } });
    expect(strictnessAt(stages, TYPE, at(NOON) - 1)).toBe('warn');
    expect(strictnessAt(stages, TYPE, at(NOON))).toBe('enforce');
  });

  it('takes what an organisation has set for itself only where it is stricter, whichever was set later', () => {
    const own = { strictness: 'warn', own: true } as const;
    expect(strictnessAt(lookup({ [TYPE]: own }), TYPE, at(NOON))).toBe('enforce');
    expect(strictnessAt(lookup({ [TYPE]: own, '*': { strictness: 'observe' } }), TYPE, at(NOON))).toBe('warn');
    expect(strictnessAt(lookup({ [TYPE]: own, '*': { strictness: 'enforce' } }), TYPE, at(NOON))).toBe('enforce');
    const over = { ...own, floor: { strictness: 'enforce' } } as const;
    expect(strictnessAt(lookup({ [TYPE]: over, '*': { strictness: 'observe' } }), TYPE, at(NOON))).toBe('enforce');
  });
});

describe('stageAfter', () => {
  it('keeps what it was before, so that it can be rolled back', () => {
    const set = stageAfter(undefined, key, { strictness: 'warn' }, change('operator'));
    expect(set).toMatchObject({ strictness: 'warn', before: 'enforce', by: 'X:operator', changed: NOON });
  });

  it('gives back the operator’s setting when the organisation takes back its own', () => {
    const operators = stageAfter(undefined, key, { strictness: 'observe', from: NOON }, change('operator'))!;
    const own = stageAfter(operators, key, { strictness: 'enforce' }, change('organisation'))!;
    const again = stageAfter(own, key, { strictness: 'warn' }, change('organisation'))!;
    expect(again).toMatchObject({ own: true, strictness: 'warn', floor: { strictness: 'observe', from: NOON } });
    expect(stageAfter(again, key, {}, change('organisation'))).toEqual(operators);
    expect(stageAfter(operators, key, {}, change('organisation'))).toEqual(operators);
    expect(stageAfter(again, key, {}, change('operator'))).toBeUndefined();
  });

  it('leaves nothing when an organisation takes back what only it had set', () => {
    const own = stageAfter(undefined, key, { strictness: 'enforce' }, change('organisation'));
    expect(stageAfter(own, key, {}, change('organisation'))).toBeUndefined();
  });
});

describe('floorFrom', () => {
  it('is the stricter of what the operator has set for then and for later', () => {
    const floors = lookup({ [TYPE]: { strictness: 'enforce', from: NOON, before: 'observe' } });
    expect(floorFrom(floors, TYPE, at(NOON) - 1)).toBe('enforce');
    const loosened = lookup({ [TYPE]: { strictness: 'observe', from: NOON, before: 'warn' } });
    expect(floorFrom(loosened, TYPE, at(NOON) - 1)).toBe('warn');
    expect(floorFrom(loosened, TYPE, at(NOON))).toBe('observe');
    expect(floorFrom(lookup({}), TYPE, at(NOON))).toBe('enforce');
  });

  it('knows observe as laxer than warn, and warn as laxer than enforce', () => {
    expect(isLaxer('observe', 'warn') && isLaxer('warn', 'enforce')).toBe(true);
    expect(isLaxer('enforce', 'enforce')).toBe(false);
  });
});
