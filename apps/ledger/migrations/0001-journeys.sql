-- The ledger's memory of every journey. It holds facts about events, never their content: business identifiers
-- are kept as keyed hashes only, findings and steps carry no values.
-- `identity` is the SHA-256 of source and id: attributes may be longer than an index entry can be.

create table events (
  stream text not null,
  sequence bigint not null,
  identity text not null,
  source text not null,
  id text not null,
  type text not null,
  family text not null,
  journey text not null,
  sourceorg text not null,
  targetorg text,
  urgency text,
  causationid text,
  supersedes text,
  sent timestamptz,
  recorded timestamptz not null,
  contenttype text,
  size integer not null,
  digest text not null,
  findings jsonb not null,
  -- stream:sequence of the event with the same source and id that was recorded first
  duplicateof text,
  primary key (stream, sequence)
);
create index events_identity on events (identity);
create index events_id on events using hash (id);
create index events_journey on events (journey, recorded);
create index events_supersedes on events using hash (supersedes) where supersedes is not null;
create index events_causationid on events using hash (causationid) where causationid is not null;

-- Keyed hashes (HMAC-SHA-256) of name, system and value, and of the value alone for the search box.
create table identifiers (
  pseudonym text not null,
  valuepseudonym text not null,
  stream text not null,
  sequence bigint not null,
  primary key (pseudonym, stream, sequence)
);
create index identifiers_value on identifiers (valuepseudonym);

create table steps (
  id text primary key,
  sequence bigint not null unique,
  kind text not null,
  time timestamptz not null,
  identity text not null,
  source text not null,
  eventid text not null,
  type text not null,
  journey text not null,
  sourceorg text not null,
  org text,
  subscription text,
  attempt integer,
  state text,
  reason text,
  detail text,
  status integer,
  latencyms double precision,
  nextattempt timestamptz,
  channel text,
  traceid text,
  spanid text
);
create index steps_identity on steps (identity, sequence);
create index steps_journey on steps (journey, sequence);

-- One row for each event and subscription: the state that the steps add up to.
create table deliveries (
  identity text not null,
  subscription text not null,
  journey text not null,
  org text not null,
  state text not null,
  -- when the state began
  since timestamptz not null,
  -- whether the receiver may know of the event: expected at first, then as the relay decided
  entitled boolean not null,
  attempts integer not null,
  firstattempt timestamptz,
  lastattempt timestamptz,
  delivered timestamptz,
  acknowledged timestamptz,
  reason text,
  detail text,
  status integer,
  latencyms double precision,
  nextattempt timestamptz,
  channel text,
  -- sequence of the last step that counted; 0 before the first
  step bigint not null,
  primary key (identity, subscription)
);
create index deliveries_journey on deliveries (journey);
create index deliveries_open on deliveries (state, since) where state in ('waiting', 'delivering', 'paused', 'parked');

-- Events that were refused at the door.
create table refusals (
  sequence bigint primary key,
  time timestamptz not null,
  org text not null,
  application text,
  code text not null,
  type text,
  source text,
  eventid text,
  identity text,
  findings jsonb not null
);
create index refusals_identity on refusals (identity) where identity is not null;
create index refusals_eventid on refusals using hash (eventid) where eventid is not null;

-- Which organisation may see which journey, and when something it may see last happened. '*' is the operator's view.
create table sightings (
  org text not null,
  journey text not null,
  started timestamptz not null,
  updated timestamptz not null,
  primary key (org, journey)
);
create index sightings_recent on sightings (org, updated desc, journey desc);

-- How far each stream has been read. Written in the transaction that wrote what was read.
create table positions (
  stream text primary key,
  sequence bigint not null,
  reader text not null,
  updated timestamptz not null default now()
);

-- The name under which the streams are read belongs to this database: a new database reads everything again.
create table reader (
  one boolean primary key default true check (one),
  name text not null
);
insert into reader (name) values ('ledger_' || replace(gen_random_uuid()::text, '-', ''));

-- Messages that could not be read as what their stream should hold. There should be none.
create table unreadable (
  stream text not null,
  sequence bigint not null,
  recorded timestamptz not null,
  primary key (stream, sequence)
);
