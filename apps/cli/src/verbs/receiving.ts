import { Option } from 'commander';
import type { Command } from 'commander';

import { bySource, carefully, signingIn } from './verb.js';
import type { Verbs } from './verb.js';

/** What a receiver does for itself: listen, subscriptions, replays, parked deliveries, filters. */
export function addReceiving(verbs: Verbs): void {
  verbs.program.commandsGroup('Receiving:');
  addListen(verbs);
  const subscription = verbs.program
    .command('subscription')
    .description('your subscriptions: how they fare, and what to do about it');
  addLooking(verbs, subscription);
  addRunning(verbs, subscription);
  addMoving(verbs, subscription);
  addReplays(verbs);
  addParked(verbs);
  addActions(verbs);
  addFilter(verbs);
}

function addListen({ program, verb }: Verbs): void {
  verb(
    signingIn(program.command('listen').description('receive events as they come, and hand them to a local address'))
      .argument('[types...]', 'types: exact, or ending in .*; default everything')
      .option('--forward-to <url>', 'where to POST each event, signed as a webhook, until it is taken')
      .option('--subscription <id>', 'a pull subscription that exists, instead of one made for the session')
      .option('--since <time>', 'begin at a time (RFC 3339) instead of now')
      .option('--max <n>', 'end after so many events')
      .option('--attempts <n>', 'give an event up after so many attempts; default never')
      .option('--keep', 'leave the subscription that was made in place at the end')
      .option('--print', 'show what is in the events too: it may be about patients'),
    async () => (await import('../commands/listen.js')).listen,
  );
}

function addLooking({ verb }: Verbs, subscription: Command): void {
  const load = () => import('../commands/subscription.js');
  const one = (name: string, description: string): Command =>
    signingIn(subscription.command(name).description(description)).argument('<id>', 'subscription id');
  verb(
    signingIn(subscription.command('list').description('list your subscriptions')),
    async () => (await load()).listSubscriptions,
  );
  verb(one('health', 'how deliveries go, in words, and what to do'), async () => (await load()).health);
  verb(
    bySource(
      one('attempts', 'the last deliveries; or every attempt at one event')
        .option('--event <id>', 'show the attempts at this event')
        .option('--state <state>', 'only deliveries in this state')
        .option('--reason <code>', 'only deliveries with this reason')
        .option('--limit <n>', 'how many deliveries', '20'),
    ),
    async () => (await load()).attempts,
  );
  verb(
    one('test', 'send the example of a type, marked as a test, and show the answer').option(
      '--type <type>',
      'which type; default one that the subscription asks for',
    ),
    async () => (await load()).test,
  );
}

function addRunning({ verb }: Verbs, subscription: Command): void {
  const load = () => import('../commands/subscription.js');
  const one = (name: string, description: string): Command =>
    signingIn(subscription.command(name).description(description)).argument('<id>', 'subscription id');
  verb(one('pause', 'stop deliveries; what comes meanwhile is kept'), async () => (await load()).pause);
  verb(one('resume', 'go on where it was left'), async () => (await load()).resume);
  verb(
    carefully(
      one('rotate-secret', 'make a new signing secret; the old one signs too for a while').option(
        '--revoke',
        'the old one stops at once: for a secret that got into wrong hands',
      ),
    ),
    async () => (await load()).rotateSecret,
  );
  verb(
    carefully(one('delete', 'end a subscription; what waits for it is no longer delivered')),
    async () => (await load()).remove,
  );
}

function addMoving({ verb }: Verbs, subscription: Command): void {
  const load = () => import('../commands/moving.js');
  const one = (name: string, description: string): Command =>
    carefully(signingIn(subscription.command(name).description(description)).argument('<id>', 'subscription id'));
  verb(
    one('seek', 'go on from another place; what is passed over is not delivered').argument(
      '<to>',
      'now, a time (RFC 3339), or positions: referral=120,result=7',
    ),
    async () => (await load()).seek,
  );
  verb(
    one('replay', 'send events again, marked as a replay')
      .option('--from <time>', 'everything since a time (RFC 3339)')
      .option('--positions <list>', 'everything since positions: referral=120,result=7')
      .option('--journey <id>', 'one journey')
      .option('--missed', 'only what it has not got; with --from, since then')
      .option('--to <time>', 'up to a time (RFC 3339); default where the subscription has come')
      .option('--rate <n>', 'events a second'),
    async () => (await load()).replay,
  );
  verb(
    one('switch', 'deliver in another way; the position is kept')
      .addOption(
        new Option('--to <channel>', 'the way').choices(['pull', 'http', 'fhir', 'nats']).makeOptionMandatory(),
      )
      .option('--sink <url>', 'where to send, for http and fhir')
      .option('--config <json>', 'settings of the channel, as a JSON object'),
    async () => (await load()).switchChannel,
  );
}

function addReplays({ program, verb }: Verbs): void {
  const load = () => import('../commands/moving.js');
  const replay = program.command('replay').description('replays that were asked for with: subscription replay');
  verb(
    signingIn(replay.command('list').description('list the replays of a subscription')).argument(
      '<subscription>',
      'subscription id',
    ),
    async () => (await load()).listReplays,
  );
  verb(
    signingIn(replay.command('cancel').description('stop a replay; what was sent stays sent'))
      .argument('<subscription>', 'subscription id')
      .argument('<replay>', 'replay id'),
    async () => (await load()).cancelReplay,
  );
}

/** Every value of an option that may be repeated: by itself the last one would silently stand for all. */
function collected(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function addParked({ program, verb }: Verbs): void {
  const load = () => import('../commands/parked.js');
  const parked = program.command('parked').description('deliveries that were given up on and wait for a decision');
  const on = (name: string, description: string): Command =>
    signingIn(parked.command(name).description(description)).argument('<subscription>', 'subscription id');
  const act = (name: string, description: string): Command =>
    carefully(bySource(on(name, description).option('--event <id>', 'one event; may be repeated', collected)))
      .option('--reason <code>', 'all with this reason')
      .option('--all', 'all of the subscription')
      .option('--note <text>', 'why, for whoever looks later; never a patient’s identifier');
  verb(
    on('list', 'what is parked, grouped by cause').option('--reason <code>', 'each of those with this reason'),
    async () => (await load()).listParked,
  );
  verb(act('retry', 'deliver them again'), async () => (await load()).retry);
  verb(
    act('hand-over', 'note who looks after them').requiredOption('--to <name>', 'who: a person or a team'),
    async () => (await load()).handOver,
  );
  verb(
    act('handled', 'note that they were dealt with outside, and how (--note)').option('--who <name>', 'by whom'),
    async () => (await load()).handled,
  );
}

function addActions({ program, verb }: Verbs): void {
  const load = () => import('../commands/parked.js');
  const action = program.command('action').description('acts on many deliveries that wait for a second person');
  verb(signingIn(action.command('list').description('list them')), async () => (await load()).listActions);
  for (const [name, description] of [
    ['approve', 'agree; it is carried out then'],
    ['reject', 'refuse; nothing is done'],
  ] as const) {
    verb(
      signingIn(action.command(name).description(description)).argument('<id>', 'action id'),
      async () => (await load())[name],
    );
  }
}

function addFilter({ program, verb }: Verbs): void {
  const filter = program.command('filter').description('filters of subscriptions');
  verb(
    signingIn(filter.command('test').description('try filters on the last events that you may see'))
      .argument('<types...>', 'types: exact, or ending in .*')
      .option('--sql <expression>', 'a CESQL expression')
      .option('--filters <json>', 'filters as a subscription has them, as a JSON array')
      .option('--event-source <uri>', 'only events of this source')
      .option('--last <n>', 'how many events to look at'),
    async () => (await import('../commands/filter.js')).testFilter,
  );
}
