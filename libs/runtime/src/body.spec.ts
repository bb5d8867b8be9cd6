import { describe, expect, it } from '@jest/globals';
import { Type } from 'class-transformer';
import { IsArray, IsInt, IsOptional, IsString, Min, ValidateNested } from 'class-validator';
import { IsLine, IsMoment, parseBody, type BodyFinding } from './body.js';

class Limits {
  @IsInt()
  @Min(1)
  readonly attempts!: number;
}

class Order {
  @IsString()
  readonly name!: string;

  @IsArray()
  @IsString({ each: true })
  readonly types!: string[];

  @IsOptional()
  @ValidateNested()
  @Type(() => Limits)
  readonly limits?: Limits;
}

class Bad extends Error {
  constructor(readonly findings: readonly BodyFinding[]) {
    super('bad body');
  }
}

const parse = (body: string | Uint8Array | undefined): Order =>
  parseBody(Order, typeof body === 'string' ? Buffer.from(body) : body, (findings) => new Bad(findings));

function findingsOf(body: string | Uint8Array | undefined): [string, string][] {
  try {
    parse(body);
  } catch (error) {
    if (error instanceof Bad) return error.findings.map(({ path, rule }) => [path, rule]);
    throw error;
  }
  return [];
}

describe('reading a request body of ours', () => {
  it('makes instances of the class, nested ones too', () => {
    const order = parse('{"name":"a","types":["b"],"limits":{"attempts":2}}');
    expect(order).toBeInstanceOf(Order);
    expect(order.limits).toBeInstanceOf(Limits);
  });

  it('reports every finding with its place', () => {
    expect(findingsOf('{"name":1,"types":"b","limits":{"attempts":0}}')).toEqual([
      ['/name', 'isString'],
      ['/types', 'isArray'],
      ['/limits/attempts', 'min'],
    ]);
  });

  it('refuses members that the call does not know, also nested, without repeating their names', () => {
    const body = '{"name":"a","types":[],"9990000018":1,"limits":{"attempts":1,"Anna":2}}';
    expect(findingsOf(body)).toEqual([
      ['', 'unknown-member'],
      ['/limits', 'unknown-member'],
    ]);
  });

  it.each<[string, string | Uint8Array | undefined, string]>([
    ['no body', undefined, 'json'],
    ['an empty body', '', 'json'],
    ['half an object', '{"name":', 'json'],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'json'],
    ['an array', '[]', 'type'],
    ['null', 'null', 'type'],
    ['a string', '"x"', 'type'],
  ])('refuses %s', (_what, body, rule) => {
    expect(findingsOf(body)).toEqual([['', rule]]);
  });

  it('never echoes a value', () => {
    let told = '';
    try {
      parse('{"name":{"x":"Anna"},"types":[9990000018],"limits":{"attempts":"Berta"}}');
    } catch (error) {
      told = JSON.stringify((error as Bad).findings);
    }
    expect(told).toContain('/limits/attempts');
    expect(told).not.toMatch(/Anna|999|Berta/);
  });

  it('is not fooled by __proto__', () => {
    parse('{"name":"a","types":[]}');
    findingsOf('{"__proto__":{"polluted":1},"name":"a","types":[]}');
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});

describe('a member of a body', () => {
  class Grant {
    @IsLine(20)
    readonly purpose!: string;

    @IsMoment({ day: true })
    readonly expires!: string;

    @IsMoment()
    readonly from!: string;
  }
  const GOOD = { purpose: 'Direct care', expires: '2030-01-01', from: '2030-01-01T00:00:00+01:00' };
  const rulesOf = (change: object): string[] => {
    try {
      parseBody(Grant, Buffer.from(JSON.stringify({ ...GOOD, ...change })), (findings) => new Bad(findings));
      return [];
    } catch (error) {
      return (error as Bad).findings.map(({ path, rule }) => `${path} ${rule}`);
    }
  };

  it('is a line, a moment or a day', () => expect(rulesOf({})).toEqual([]));
  it.each(['two\nlines', 'a\u0000b', 'turned \u202eround', 'x\u2028y'])('is no line where it is %j', (purpose) =>
    expect(rulesOf({ purpose })).toEqual(['/purpose isLine']),
  );
  it.each(['soon', '2030', '2030-W10-1', '2030-001', '2030-02-30', '0000-01-01', '+012030-01-01', 7])(
    'is no moment where it is %j',
    (expires) => expect(rulesOf({ expires })).toEqual(['/expires isMoment']),
  );
  it.each(['2030-01-01', '2030-01-01T00:00:00', '2030-W10-1T00:00:00Z'])('has no zone where it is %j', (from) =>
    expect(rulesOf({ from })).toEqual(['/from isMoment']),
  );
});
