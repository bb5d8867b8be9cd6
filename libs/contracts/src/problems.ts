import type { Finding } from './findings.js';

interface Problem {
  /** HTTP status that carries the code. */
  readonly status: number;
  readonly title: string;
  /** Whether the same request, unchanged, may succeed later. */
  readonly retryable: boolean;
  /** One sentence: what to do. */
  readonly advice: string;
}

const row = (status: number, retryable: boolean, title: string, advice: string): Problem => ({
  status,
  title,
  retryable,
  advice,
});

/**
 * Every code that Signalbox answers with. `400` is kept for what the CloudEvents specification itself
 * refuses; what our own rules add is `422`. A code, once published, keeps its meaning.
 */
export const PROBLEMS = {
  'SB-1001': row(
    400,
    false,
    'The event is not well-formed JSON',
    'Send one JSON object (or an array for a batch) as UTF-8, as RFC 8259 has it.',
  ),
  'SB-1002': row(
    400,
    false,
    'A required CloudEvents attribute is missing',
    'Set id, source, specversion and type, each a non-empty string.',
  ),
  'SB-1003': row(
    400,
    false,
    'A CloudEvents attribute has an illegal name, type or value',
    'Names are lower-case letters and digits; values are strings, booleans or 32-bit integers.',
  ),
  'SB-1004': row(400, false, 'The specversion is not supported', 'Send specversion "1.0".'),
  'SB-1005': row(
    400,
    false,
    'A header value is not valid CloudEvents percent-encoding',
    'Percent-encode space, quote, percent and everything outside printable ASCII as UTF-8.',
  ),
  'SB-1006': row(400, false, 'The event has both data and data_base64', 'Send one of the two.'),
  'SB-2001': row(422, false, 'The event type is unknown', 'Use a type of the catalogue: GET /catalogue.'),
  'SB-2002': row(
    422,
    false,
    'The event type is retired',
    'Move to the version that replaces it: GET /catalogue/{type}.',
  ),
  'SB-2003': row(
    422,
    false,
    'The content does not meet the contract of its type',
    'Mend every finding, then send the event again with the same id.',
  ),
  'SB-2004': row(
    422,
    false,
    'The attributes do not meet the rules of this exchange',
    'Mend every finding, then send the event again with the same id.',
  ),
  'SB-2005': row(
    422,
    false,
    'A patient identifier stands in an attribute',
    'Keep NHS numbers inside data; attributes are seen by operators.',
  ),
  'SB-2006': row(
    422,
    false,
    'A JSON object has the same key twice',
    'Send each key once: readers disagree on which value counts.',
  ),
  'SB-2007': row(
    422,
    false,
    'The JSON is nested too deeply or an array is too long',
    'Stay within the limits on depth and array length; send larger content by dataref.',
  ),
  'SB-3001': row(401, false, 'No access token', 'Send Authorization: Bearer <token>; get one at POST /oauth2/token.'),
  'SB-3002': row(401, false, 'The access token is malformed or not ours', 'Get a new token at POST /oauth2/token.'),
  'SB-3003': row(401, false, 'The access token has expired', 'Get a new token at POST /oauth2/token.'),
  'SB-3004': row(
    401,
    false,
    'The client assertion was refused',
    'The detail names the claim or header that was wrong; see RFC 7523.',
  ),
  'SB-3005': row(403, false, 'No grant allows this', 'Ask the operator for a grant of this action on this type.'),
  'SB-3006': row(
    403,
    false,
    'sourceorg or source names another organisation',
    'Leave sourceorg out: it is set from your credential.',
  ),
  'SB-3007': row(
    401,
    false,
    'The application is unknown or switched off',
    'Ask the operator to register the application or to activate it.',
  ),
  'SB-3008': row(
    403,
    false,
    'A second person must decide this',
    'Have it approved with the credential of another application of the organisation, or by the operator.',
  ),
  'SB-3009': row(
    403,
    false,
    'Only the exchange itself publishes this type',
    'Do not send it. Events of the operations family follow by themselves from what the exchange notices or is told.',
  ),
  'SB-3010': row(401, false, 'The sign-in at the provider did not succeed', 'Begin again at the sign-in.'),
  'SB-3011': row(
    403,
    false,
    'Nobody has said what you may do here',
    'Ask an administrator of your organisation, or the operator of the exchange, to add you.',
  ),
  'SB-4000': row(
    400,
    false,
    'The request is not as this call expects',
    'Mend every finding; the shapes are in /openapi.json.',
  ),
  'SB-4040': row(
    404,
    false,
    'Not found, or not yours',
    'Check the id; what belongs to other organisations is answered the same way.',
  ),
  'SB-4050': row(405, false, 'The method is not offered here', 'See /openapi.json for the calls.'),
  'SB-4090': row(
    409,
    false,
    'The same source and id were accepted with other content',
    'Give a changed event a new id, and name the old one in supersedes.',
  ),
  'SB-4091': row(409, false, 'It exists already', 'Read it, or change it with PATCH.'),
  'SB-4092': row(
    409,
    false,
    'A replay of this subscription is under way',
    'Wait until it is done, or cancel it: GET and DELETE /subscriptions/{id}/replays.',
  ),
  'SB-4093': row(409, false, 'It was decided already', 'Read it: GET /actions. Ask for it anew if it is still wanted.'),
  'SB-4120': row(
    412,
    false,
    'It was changed meanwhile',
    'Read it again, then repeat the change with the new ETag in If-Match.',
  ),
  'SB-4130': row(
    413,
    false,
    'The request is too large',
    'Send up to 1 MiB of body and 64 KiB of attributes; larger content travels by dataref.',
  ),
  'SB-4150': row(
    415,
    false,
    'The media type is not supported',
    'Send application/cloudevents+json, application/cloudevents-batch+json, or binary mode with ce- headers.',
  ),
  'SB-4151': row(415, false, 'The character set is not supported', 'Send UTF-8.'),
  'SB-4220': row(
    422,
    false,
    'The request is well-formed but cannot be carried out',
    'Mend every finding; the detail says what stands in the way.',
  ),
  'SB-4280': row(
    428,
    false,
    'Its impact has not been looked at',
    'Ask for the same with ?dryrun=true, look at the impact, then send the confirm that it answers.',
  ),
  'SB-4290': row(429, true, 'Too many requests', 'Wait for the time in Retry-After, then go on more slowly.'),
  'SB-5000': row(500, true, 'An error of ours', 'Try again with the same id; quote the traceid when you report it.'),
  'SB-5030': row(
    503,
    true,
    'The engine cannot take events now',
    'Nothing was accepted. Try again with the same id for at least ten seconds.',
  ),
  'SB-5031': row(
    503,
    true,
    'The engine has no room',
    'Nothing was accepted. Try again with the same id later; operators are alarmed.',
  ),
  'SB-5032': row(
    503,
    true,
    'The ledger cannot answer now',
    'Events are still accepted and delivered. Try again later.',
  ),
  'SB-5033': row(
    503,
    true,
    'Access tokens cannot be issued now',
    'Tokens already issued stay valid. Try again in a few seconds with a new assertion.',
  ),
  'SB-5034': row(503, true, 'No relay answers now', 'Events are still accepted and kept. Try again in a few seconds.'),
  'SB-5035': row(503, true, 'The gateway does not answer the console now', 'Look whether it was done, then try again.'),
  'SB-5036': row(
    503,
    true,
    'The provider of identities does not answer now',
    'Try again in a minute, or sign in with an access token.',
  ),
} as const satisfies Record<string, Problem>;

/** A code of {@link PROBLEMS}. */
export type ProblemCode = keyof typeof PROBLEMS;

/** The one error that is meant for the other side: a code of the table, a sentence, findings. Never holds a value that was sent. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly retryable: boolean;

  constructor(
    readonly code: ProblemCode,
    /** What exactly was wrong here; defaults to the title of the code. */
    readonly detail: string = PROBLEMS[code].title,
    readonly options: {
      readonly findings?: readonly Finding[];
      /** Seconds, for `Retry-After`. */
      readonly retryAfter?: number;
      readonly cause?: unknown;
    } = {},
  ) {
    super(`${code}: ${detail}`, { cause: options.cause });
    this.status = PROBLEMS[code].status;
    this.retryable = PROBLEMS[code].retryable;
  }

  get findings(): readonly Finding[] {
    return this.options.findings ?? [];
  }

  /** The body of the `application/problem+json` answer. */
  toProblem(traceid?: string): ProblemDetails {
    const { title, advice } = PROBLEMS[this.code];
    return {
      type: `/docs/codes#${this.code}`,
      title,
      status: this.status,
      code: this.code,
      detail: `${this.detail.replace(/[.!?]?$/, '.')} ${advice}`,
      ...(this.findings.length > 0 && { findings: this.findings }),
      ...(traceid !== undefined && { traceid }),
    };
  }
}

/** Problem details after RFC 9457, as every app answers them. */
export interface ProblemDetails {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail: string;
  readonly findings?: readonly Finding[];
  readonly traceid?: string;
}

/** What an unforeseen or a framework's own error is called on the wire. Nothing of the error itself is told to the caller. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const status = statusOf(error);
  const code = FRAMEWORK_STATUS[status];
  return new Refusal(code ?? 'SB-5000', undefined, { cause: error });
}

const FRAMEWORK_STATUS: Readonly<Record<number, ProblemCode>> = {
  400: 'SB-4000',
  404: 'SB-4040',
  405: 'SB-4050',
  413: 'SB-4130',
  415: 'SB-4150',
  429: 'SB-4290',
};

function statusOf(error: unknown): number {
  if (typeof error !== 'object' || error === null) return 500;
  const { status, statusCode } = error as { status?: unknown; statusCode?: unknown };
  return typeof status === 'number' ? status : typeof statusCode === 'number' ? statusCode : 500;
}
