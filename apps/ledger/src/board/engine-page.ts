import type { EngineCondition } from '@signalbox/messaging';
import type { Answer } from '../console/answers.js';
import type { EngineReport } from './engine-watch.js';
import { percentOf } from './engine-words.js';

/** The engine for its operator, as a page and as JSON. */
export function enginePage(report: EngineReport): Answer {
  const { condition } = report;
  const model = {
    title: 'The engine',
    at: 'board',
    report,
    ...(condition !== undefined && { engine: shown(condition) }),
  };
  return { json: report, view: 'engine', model };
}

function shown({ version, server, cluster, storage, streams }: EngineCondition): object {
  return {
    version,
    server,
    cluster,
    room: roomOf(storage.used, storage.limit),
    streams: streams.map((stream) => ({
      ...stream,
      room: roomOf(stream.bytes, stream.limit),
    })),
    readers: streams.flatMap((stream) =>
      stream.readers
        .filter(({ pending, unsettled }) => pending > 0 || unsettled > 0)
        .map((reader) => ({ ...reader, stream: stream.name })),
    ),
  };
}

/** `1.4 GB of 40 GB (3 percent)`. */
function roomOf(used: number, limit: number | undefined): string {
  return limit === undefined
    ? `${bytes(used)}, no limit of its own`
    : `${bytes(used)} of ${bytes(limit)} (${String(percentOf(used, limit))} percent)`;
}

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const;

/** Decimal units, as disks are sold. */
function bytes(count: number): string {
  const power = count < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(count) / 3));
  const value = count / 1_000 ** power;
  return `${value >= 10 || power === 0 ? String(Math.round(value)) : value.toFixed(1)} ${UNITS[power]!}`;
}
