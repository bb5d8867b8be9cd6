import { Writable } from 'node:stream';
import { pino } from 'pino';

/**
 * The fields that a log line may carry. Everything else is dropped, so that a careless call cannot put a patient's
 * data into a log: fields are identifiers of ours, codes, counts and timings, never content.
 */
const ALLOWED_FIELDS = [
  'app',
  'application',
  'attempt',
  'batch',
  'bytes',
  'channel',
  'code',
  'consumer',
  'count',
  'degraded',
  'environment',
  'errors',
  'eventid',
  'family',
  'findings',
  'grant',
  'host',
  'journey',
  'kid',
  'kind',
  'latencyms',
  'limit',
  'method',
  'ms',
  'nextattempt',
  'org',
  'pid',
  'port',
  'reason',
  'retryms',
  'role',
  'rule',
  'route',
  'sequence',
  'server',
  'setting',
  'signal',
  'size',
  'source',
  'sourceorg',
  'state',
  'status',
  'stream',
  'subscription',
  'traceid',
  'spanid',
  'type',
  'user',
  'version',
  'warnings',
] as const;

/** What may stand in a log line beside its sentence; `err` is reduced to what is safe to tell. */
export type LogFields = Partial<Record<(typeof ALLOWED_FIELDS)[number], string | number | boolean | undefined>> & {
  readonly err?: unknown;
};

type Write = (fields: LogFields, message: string) => void;

/** A log of one process. Messages are constant sentences; what varies goes into fields. */
export interface Log {
  readonly error: Write;
  readonly warn: Write;
  readonly info: Write;
  readonly debug: Write;
}

/** Where and how a log is written. */
export interface LogOptions {
  readonly format?: 'json' | 'text';
  /** Replaces standard output. */
  readonly to?: Writable;
}

/**
 * A log with an allow-list of fields: JSON lines on standard output, or readable lines with `format: 'text'`.
 * Ten digits that look like an NHS number are masked wherever they stand.
 */
export function createLog(name: string, level: string, options: LogOptions = {}): Log {
  const format = options.format ?? (process.env['SIGNALBOX_LOG_FORMAT'] === 'text' ? 'text' : 'json');
  const out = options.to ?? process.stdout;
  const logger = pino(
    {
      name,
      level,
      base: { app: name },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    format === 'text' ? readable(out) : (options.to ?? pino.destination({ dest: 1, sync: true })),
  );
  const write =
    (method: 'error' | 'warn' | 'info' | 'debug'): Write =>
    (fields, message) => {
      if (logger.isLevelEnabled(method)) logger[method](allowed(fields), masked(message));
    };
  return { error: write('error'), warn: write('warn'), info: write('info'), debug: write('debug') };
}

const ALLOWED = new Set<string>(ALLOWED_FIELDS);

function allowed(fields: LogFields): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (name === 'err') Object.assign(kept, errorFields(value));
    else if (ALLOWED.has(name) && value !== undefined) kept[name] = typeof value === 'string' ? masked(value) : value;
  }
  return kept;
}

/**
 * What of an error may be told. The message of an unforeseen error can quote what was sent (JSON.parse and databases
 * do), so it is kept only for errors of the system (`syscall`), of ours (`SB-` codes) and of settings.
 */
function errorFields(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: typeof error };
  const { code, syscall } = error as { code?: unknown; syscall?: unknown };
  const safe =
    typeof syscall === 'string' ||
    (typeof code === 'string' && code.startsWith('SB-')) ||
    error.name === 'SettingsError';
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return {
    error: error.name,
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    ...(safe && { message: masked(error.message) }),
    ...(frames.length > 0 && {
      stack: frames
        .slice(0, 8)
        .map((line) => line.trim())
        .join(' | '),
    }),
    ...(error.cause !== undefined && { cause: errorFields(error.cause) }),
  };
}

function masked(text: string): string {
  return text.replace(/(?<![\dA-Za-z])\d{3}[ -]?\d{3}[ -]?\d{4}(?![\dA-Za-z])/g, '[digits]');
}

function readable(out: Writable): Writable {
  return new Writable({
    decodeStrings: false,
    write(line: string, _encoding, done) {
      const { time, level, app, msg, name: _name, ...rest } = JSON.parse(line) as Record<string, unknown>;
      const fields = Object.entries(rest).map(
        ([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
      );
      out.write(
        `${String(time).slice(11, 23)} ${String(level).padEnd(5)} ${String(app)}: ${String(msg)}${fields.join('')}\n`,
        () => done(),
      );
    },
  });
}
