-- Proof that nothing that was accepted ends in silence: deadlines, what was asked for when, and the gaps that were found.

-- By when it should have been delivered; fixed when it is put on record, by what its type said then.
alter table deliveries add column due timestamptz;
create index deliveries_due on deliveries (due)
  where due is not null and entitled and delivered is null and state in ('waiting', 'delivering', 'paused');

-- What waits for a person.
create index deliveries_work on deliveries (since, identity, subscription) where state in ('parked', 'expired');

-- Daily statements.
create index events_published on events (sourceorg, recorded);
create index events_recorded on events (recorded);
create index refusals_org on refusals (org, time);
create index steps_repeated on steps (sourceorg, time) where kind = 'duplicate';

-- What was last seen of each subscription: what changed while nobody looked is noticed by it.
create table followed (
  subscription text primary key,
  org text not null,
  -- by family: the first sequence that it receives
  start jsonb not null,
  -- by type pattern: from where on it was asked for, by family, when that was later than the start
  asked jsonb not null,
  ended timestamptz
);

-- How far each stream was looked through.
create table proofs (
  stream text primary key,
  -- everything up to here was looked at once
  head bigint not null,
  -- of what has left the stream, everything up to here was looked at
  tail bigint not null
);

-- What did not sum, named: an event, and a subscription where one is concerned. Closed when it is whole again.
create table gaps (
  id text primary key,
  kind text not null,
  stream text not null,
  sequence bigint,
  org text,
  subscription text,
  identity text,
  source text,
  eventid text,
  type text,
  -- of sums: what there should be and what there is
  expected bigint,
  counted bigint,
  opened timestamptz not null default now(),
  seen timestamptz not null default now(),
  closed timestamptz
);
create index gaps_open on gaps (opened) where closed is null;
create index gaps_closed on gaps (closed) where closed is not null;
