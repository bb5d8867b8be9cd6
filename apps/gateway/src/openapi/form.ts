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
  schema: { type: 'string' },
});

export const inHeader = (name: string, description: string): object => ({
  name,
  in: 'header',
  description,
  schema: { type: 'string' },
});

/** What every call with a token can answer. */
export const TOKEN_PROBLEMS: Readonly<Record<string, Answer>> = {
  '401': problem('No access token, or one that is not valid: SB-3001, SB-3002, SB-3003, SB-3007'),
};

export const ENGINE_PROBLEM: Readonly<Record<string, Answer>> = {
  '503': problem('The engine does not answer or has no room; try again: SB-5030, SB-5031'),
};

export const NOT_FOUND: Readonly<Record<string, Answer>> = {
  '404': problem('Not found, or not yours: SB-4040'),
};
