import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Canary, canaryHits, type Place, waitFor } from '../support/index.js';
import {
  type Known,
  mistakenAddresses,
  mistakenFields,
  ONLY_FROM_ELSEWHERE,
  people,
  type Person,
  routesOf,
  visit,
  type Visited,
} from './fixtures/canary-console.js';
import { careWithIdentifiers, receiverHelpsItself, whatBecameOfThem, whatIsFetched } from './fixtures/canary-care.js';
import { deliver, type Sent, subscribe, type Subscribed } from './fixtures/canary-deliveries.js';
import {
  acceptedEvents,
  anEvent,
  brokenBodies,
  identifiersInAttributes,
  judgements,
  natsDoor,
  patientsWhereNobodyExpectsThem,
  rejectedExamples,
  repeatsAndConflicts,
} from './fixtures/canary-events.js';
import { type MarkedExchange, openExchange } from './fixtures/canary-exchange.js';
import { actsOfPeople, breakGlass, newsThatIsMissing, subscribeToNews } from './fixtures/canary-operations.js';
import { everyRoute, looseHeads } from './fixtures/canary-heads.js';
import { engineRecords, files, ledgerTables, monitors, redisContents } from './fixtures/canary-places.js';
import {
  addresses,
  brokenRequests,
  headersOfAGoodRequest,
  ownBodies,
  proofs,
  theConsole,
  theProvider,
} from './fixtures/canary-requests.js';

/** Thousands of requests, one after the other: twenty seconds, and minutes where the machine is slow or stalls. */
const PATIENT_MS = 300_000;

describe('an identifier of a patient', () => {
  let x: MarkedExchange;
  let subscribed: Subscribed;
  let sent: Sent;
  let plant: Canary;
  let who: [Person, Person, Person];
  let known: Known;
  let visited: Visited;
  let open = true;

  beforeAll(async () => {
    x = await openExchange();
    subscribed = await subscribe(x);
    await subscribeToNews(x);
  });
  afterAll(async () => {
    if (open) await x.close();
    x.remove();
  });

  it('is accepted in the content of every type, and judged, repeated and contradicted there', async () => {
    const outcomes = [await acceptedEvents(x), await repeatsAndConflicts(x), await judgements(x), await natsDoor(x)];
    expect(outcomes.flatMap(({ unexpected }) => unexpected)).toEqual([]);
  });

  it('is refused wherever else it stands', async () => {
    const outcomes = [
      await rejectedExamples(x),
      await patientsWhereNobodyExpectsThem(x),
      await identifiersInAttributes(x),
      await brokenBodies(x),
    ];
    expect(outcomes.flatMap(({ unexpected }) => unexpected)).toEqual([]);
    expect(outcomes.reduce((sum, { sent }) => sum + sent, 0)).toBeGreaterThan(200);
  });

  it('is taken into no subscription, organisation, application or grant', async () => {
    expect(await ownBodies(x)).toEqual([]);
  });

  it('is delivered and parked by endpoints that repeat it in every answer', async () => {
    // A name stands in an identity, where nobody can tell it from a serial: a search that does not show it is blind.
    plant = x.on('a plant');
    sent = await deliver(x, subscribed, `${plant.name}-1`);
    expect(x.receiver.posts.size).toBeGreaterThanOrEqual(15);
  });

  it('is content alone to those who look after deliveries, replay, correct and fetch', async () => {
    const unexpected = [
      ...(await whatBecameOfThem(x, subscribed, sent)),
      ...(await receiverHelpsItself(x, subscribed, sent)),
      ...(await whatIsFetched(x, subscribed, sent)),
      ...(await careWithIdentifiers(x, subscribed, sent)),
    ];
    expect(unexpected).toEqual([]);
  });

  it('is in none of what the exchange tells about itself, whatever people do', async () => {
    who = (await people(x)) as [Person, Person, Person];
    known = await actsOfPeople(x, subscribed, sent, who);
  });

  it('is shown to somebody who breaks the glass, and kept nowhere on the way', async () => {
    const { who: patient, texts, headers } = await breakGlass(x);
    expect(texts.map((text) => text.includes(patient.number) && text.includes(patient.name))).toEqual([true, true]);
    expect(headers.map((one) => [one.get('cache-control'), one.get('etag')])).toEqual([
      ['no-store', null],
      ['no-store', null],
    ]);
    expect(await newsThatIsMissing(x)).toEqual([]);
  });

  it(
    'comes along in headers, addresses, proofs, searches and requests that are none',
    async () => {
      const before = x.answers.length;
      await headersOfAGoodRequest(x);
      await addresses(x);
      await brokenRequests(x);
      await proofs(x);
      await theConsole(x);
      await theProvider(x);
      expect(x.answers.length - before).toBeGreaterThan(400);
    },
    PATIENT_MS,
  );

  it(
    'comes along in every address and every form of the console, by mistake',
    async () => {
      await x.hospital.publish({ ...anEvent(), id: `${plant.name}-2`, urgency: 'soon' }).catch(() => undefined);
      await waitFor('the refusal of the plant to be told', async () => {
        const event = await x.hospital.event(`${plant.name}-2`).catch(() => undefined);
        return event?.state === 'refused';
      });
      const { id, correlationid } = sent.plant;
      visited = await visit(x, known, who, [`/journeys/${String(correlationid)}`, `/events/${id}`]);
      await mistakenAddresses(x, known, visited, who[2]);
      await mistakenFields(x, visited);
      const routes = routesOf(x, 'ledger', 'GET');
      expect(routes.length).toBeGreaterThan(40);
      expect(routes.filter((route) => !visited.answered.has(route))).toEqual([ONLY_FROM_ELSEWHERE]);
      expect([...visited.elsewhere]).toEqual([]);
    },
    PATIENT_MS,
  );

  it('is in no answer that a browser could keep or that could load anything from elsewhere, on any route', async () => {
    expect(await everyRoute(x)).toBeGreaterThan(150);
    expect(looseHeads(x)).toEqual([]);
    const loose = { 'content-security-policy': "default-src 'none'; script-src *", 'cache-control': 'private' };
    const head = { app: 'ledger', method: 'GET', path: '/find', status: 200, headers: new Headers(loose) } as const;
    expect(looseHeads({ ...x, heads: [head] })).toHaveLength(3);
  });

  it(
    'is nowhere outside of contents: no answer, log, span, metric, subject, step, refusal, page, table or file',
    async () => {
      const running = [...(await engineRecords(x)), ...(await monitors(x))];
      await redisContents(x);
      await x.close();
      open = false;
      writeFileSync(join(x.house.folders.logs, 'planted.log'), plant.name);
      const places = [
        ...x.answers,
        ...x.receiver.received,
        ...x.exported,
        ...running,
        ...files(x),
        ...(await ledgerTables(x)),
      ];

      process.stderr.write(
        `searched ${String(places.length)} places (${kindsOf(places)}) for ${String(x.canaries.length)} marked patients\n`,
      );
      const others = x.canaries.filter((canary) => canary !== plant);
      expect(canaryHits(others, places)).toEqual([]);
      expectNotBlind(canaryHits([plant], places));
      // What endpoints said was kept, but for the patients whom they named.
      const said = places
        .filter(({ name }) => name.startsWith('the step attempt'))
        .map(({ content }) => String(content));
      expect(said.filter((step) => step.includes('"answer":"error: unknown patient …"')).length).toBeGreaterThan(10);
      expect(FILLED.filter((kind) => !places.some(({ name }) => kind.test(name))).map(String)).toEqual([]);
    },
    PATIENT_MS,
  );

  it('would be found in each of its forms', () => {
    const [{ number, name }] = x.canaries as [Canary];
    const spaced = `${number.slice(0, 3)} ${number.slice(3, 6)} ${number.slice(6)}`;
    const forms = [number, spaced, spaced.replaceAll(' ', '-'), encodeURIComponent(spaced), name, name.toUpperCase()];
    const buried = [0, 1, 2].flatMap((before) =>
      [number, name].map((text) => Buffer.from(`${'"'.repeat(before)}${text}"`).toString('base64')),
    );
    for (const content of [...forms, ...buried, Buffer.from(name), Buffer.from(number).toString('hex')]) {
      expect(canaryHits(x.canaries, [{ name: 'a place', content }])).toHaveLength(1);
    }
  });
});

/** Places that know an event by its position or a hash of its identity: they are searched if there is anything in them. */
const FILLED = [
  ...[/the entry \$KV\.WAITING/, /the entry \$KV\.HEALTH/, /the message \d+ of NUMBERS/, /the notification \d+/],
  ...[/the news org\.signalbox\.operations/, /the file .*identity\.log/, /the file .*\.rdb/],
  ...[
    'deliveries',
    'corrections',
    'correctionpositions',
    'followed',
    'proofs',
    'alerts',
    'clocks',
    'disclosures',
    'flows',
    'grantchanges',
    'identifiers',
    'scores',
    'stagechanges',
  ].map((table) => new RegExp(`the table ${table} \\([1-9]`)),
];

/** What people and programs are told about an event by its identity. */
const ANSWERS = [
  ...[
    'deliveries',
    'attempts',
    'a query of deliveries',
    'recipients',
    'work items',
    'parked work',
    'parked by refusal',
  ],
  ...['a test of filters', 'a pull', 'a pull of a batch', 'a stream', 'an inbox'],
];

/** The plant shows that each kind of place was filled and is searched. */
function expectNotBlind(hits: readonly string[]): void {
  const kinds = [
    /attributes of EVENTS_/,
    /the step delivered/,
    /the step parked/,
    /the parked delivery/,
    /the message \d+ of DEPOSITS/,
    /the message \d+ of X9G1P/,
    /the webhook \d+/,
    ...ANSWERS.map((what) => new RegExp(`the answer to "${what}"`)),
    /the refusal SB-/,
    /the page \/journeys.*text\/html/,
    /the page \/journeys.*application\/json/,
    /the page \/events/,
    /export \d+ of spans/,
    /the table events/,
    /the table steps/,
    /the table refusals/,
    /the table spans/,
    /the file .*planted\.log/,
  ];
  expect(kinds.filter((kind) => !hits.some((hit) => kind.test(hit))).map(String)).toEqual([]);
}

function kindsOf(places: readonly Place[]): string {
  const kindOf = (name: string): string =>
    name
      .replace(/^http.*/, 'a monitor')
      .replace(/\d+ /, '')
      .split(' ', 2)
      .join(' ');
  const kinds = Map.groupBy(places, ({ name }) => kindOf(name));
  return [...kinds].map(([kind, all]) => `${kind} ${String(all.length)}`).join(', ');
}
