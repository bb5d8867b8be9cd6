-- Marks, answers and people's acts on steps; and who is owed the correction of what they received.

alter table steps
  add column answer text,
  add column replay text,
  add column corrects text,
  add column late text,
  add column by text,
  add column note text;

alter table deliveries
  -- what the endpoint said last: an excerpt without anything that also stands in the event
  add column answer text,
  -- why it was delivered outside the order of its stream, and that a newer version was known
  add column replay text,
  add column corrects text,
  add column late text;
create index deliveries_subscription on deliveries (subscription, since);

-- One row for each correction or withdrawal and subscription that received what it replaces, however long the chain.
-- It is written with the reading position that it follows from, and acted upon afterwards.
create table corrections (
  -- of the correction
  identity text not null,
  subscription text not null,
  org text not null,
  stream text not null,
  sequence bigint not null,
  -- id of the event that was received
  corrects text not null,
  owed timestamptz not null,
  -- it arrived, or a person saw to it
  closed boolean not null default false,
  -- when to look after it again
  look timestamptz not null default now(),
  primary key (identity, subscription)
);
create index corrections_open on corrections (look) where not closed;
create index events_correcting on events (stream, sequence) where supersedes is not null;

-- How far the events and steps of each stream were looked through for corrections.
create table correctionpositions (
  stream text primary key,
  sequence bigint not null
);
