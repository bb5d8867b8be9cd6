import { journeyOf, softwareOf, type CloudEvent, type Refusal } from '@signalbox/contracts';
import { newRecordId, type RecordLog, type Rejection } from '@signalbox/messaging';
import { seal } from './sealing.js';
import { withoutIdentifier } from './stamp.js';

/** What was refused, and whose it was. */
export interface Refused {
  readonly ods: string;
  readonly application: string;
  readonly refusal: Refusal;
  /** Undefined when the event could not be read at all. */
  readonly event?: CloudEvent | undefined;
  /** The bytes as they were sent. */
  readonly payload: Uint8Array;
  readonly traceid?: string | undefined;
}

/** Keeps one record of each refused event: its findings in clear, its payload encrypted, neither for long. */
export class RefusalRecord {
  constructor(
    private readonly log: RecordLog<Rejection>,
    private readonly key: Uint8Array,
    private readonly maxPayloadBytes: number,
  ) {}

  /** Resolves once the record is on disk: the publisher is not told of a refusal that nobody can look up. @throws {EngineUnavailable} */
  async keep(refused: Refused): Promise<void> {
    const { ods, application, refusal, event, payload, traceid } = refused;
    await this.log.publish({
      id: newRecordId(),
      time: new Date().toISOString(),
      org: ods,
      application,
      code: refusal.code,
      findings: refusal.findings,
      ...namesOf(event),
      ...productOf(event),
      ...(traceid !== undefined && { traceid }),
      ...(payload.length <= this.maxPayloadBytes && payload.length > 0 && { payload: seal(payload, this.key, ods) }),
    });
  }
}

/** The attributes that name the event; none that holds a patient identifier, which may be why it was refused. */
function namesOf(event: CloudEvent | undefined): Pick<Rejection, 'source' | 'eventid' | 'type' | 'journey'> {
  if (event === undefined) return {};
  const { source, id, type } = event.attributes;
  const names = {
    source: withoutIdentifier(source),
    eventid: withoutIdentifier(id),
    type: withoutIdentifier(type),
    journey: withoutIdentifier(journeyOf(event)),
  };
  return Object.fromEntries(Object.entries(names).filter(([, value]) => value !== undefined));
}

/** What made the refused event: a product that goes wrong is found by its refusals. */
function productOf(event: CloudEvent | undefined): Pick<Rejection, 'product' | 'version'> {
  const software = event && softwareOf(event);
  if (software === undefined) return {};
  return { product: software.name, ...(software.version !== undefined && { version: software.version }) };
}
