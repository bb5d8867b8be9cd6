import { text } from './shapes.js';

/** One call. */
export interface Call {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly security?: readonly object[];
  readonly parameters?: readonly object[];
  readonly requestBody?: object;
  readonly responses: Readonly<Record<string, Answer>>;
}

export interface Answer {
  readonly description: string;
  readonly headers?: object;
  readonly content?: object;
}

export type Paths = Readonly<Record<string, Readonly<Record<string, Call>>>>;

/** No token is needed. */
export const OPEN: readonly object[] = [];

export const ref = (name: string): object => ({ $ref: `#/components/schemas/${name}` });

export const jsonBody = (name: string): object => ({
  required: true,
  content: { 'application/json': { schema: ref(name) } },
});

export const json = (description: string, name: string, headers?: object): Answer => ({
  description,
  content: { 'application/json': { schema: ref(name) } },
  ...(headers && { headers }),
});

export const items = (description: string, name: string): Answer => ({
  description,
  content: {
    'application/json': {
      schema: { type: 'object', required: ['items'], properties: { items: { type: 'array', items: ref(name) } } },
    },
  },
});

export const plain = (description: string): Answer => ({ description });

export const problem = (description: string): Answer => ({
  description,
  content: { 'application/problem+json': { schema: ref('Problem') } },
});

export const inPath = (name: string, description: string): object => ({
  name,
  in: 'path',
  required: true,
  description,
  schema: text,
});

export const inHeader = (name: string, description: string): object => ({
  name,
  in: 'header',
  description,
  schema: text,
});

export const inQuery = (name: string, description: string, schema: object = text): object => ({
  name,
  in: 'query',
  description,
  schema,
});

/** What is said of a call beside its id and its summary. */
export interface Said extends Omit<Call, 'operationId' | 'summary' | 'responses'> {
  /** What it answers when all went well, by status. */
  readonly answers: Readonly<Record<string, Answer>>;
  /** What its problems mean, by status: more than {@link call} adds by itself, or other words for the same. */
  readonly problems?: Readonly<Record<string, string>>;
}

/**
 * A call with a token. Its problems follow from its form: 401 always, 404 where its path names something, 400 and 415
 * where it takes a body.
 */
export function call(operationId: string, summary: string, { answers, problems, ...said }: Said): Call {
  const expected = {
    ...(said.requestBody && { '400': NO_SUCH_BODY, '415': 'Not application/json: SB-4150' }),
    '401': 'No access token, or one that is not valid: SB-3001, SB-3002, SB-3003, SB-3007',
    ...(said.parameters?.some(isInPath) && { '404': 'Not found, or not yours: SB-4040' }),
    ...problems,
  };
  const told = Object.entries(expected).map(([status, description]) => [status, problem(description)] as const);
  return { operationId, summary, ...said, responses: { ...answers, ...Object.fromEntries(told) } };
}

/** A {@link call} that writes: it answers 503 while the engine cannot take it. */
export function change(operationId: string, summary: string, said: Said): Call {
  return call(operationId, summary, { ...said, problems: { '503': ENGINE_AWAY, ...said.problems } });
}

const isInPath = (parameter: object): boolean => 'in' in parameter && parameter.in === 'path';

const NO_SUCH_BODY = 'The body is not as the call expects: SB-4000';
const ENGINE_AWAY = 'The engine does not answer or has no room; try again: SB-5030, SB-5031';

/** Of calls that ask the ledger. */
export const LEDGER_AWAY = { '503': 'The ledger cannot answer now: SB-5032' };

/** Of calls whose question stands in the URL. */
export const NO_SUCH_QUESTION = { '400': 'The question is not as the call expects: SB-4000' };

export const NOT_FOUND: Readonly<Record<string, Answer>> = { '404': problem('Not found, or not yours: SB-4040') };
