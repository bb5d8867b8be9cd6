-- Clocks: what has to follow an event, by when, and whose move that is. What has to be delivered by when stands with its
-- delivery (`deliveries.due`); everything else stands here.

-- What the content means, in the words of its type; missing where the type knows no meanings or the content says none.
alter table events add column meaning text;

create table clocks (
  -- of the event that started it
  identity text not null,
  clock text not null,
  -- ODS code of whose move it is
  owner text not null,
  -- of the delivery that has to be acknowledged; empty for clocks of the journey
  subscription text not null,
  -- ODS code of the other side, where there is one
  other text,
  journey text not null,
  type text not null,
  sourceorg text not null,
  started timestamptz not null,
  due timestamptz not null,
  -- when it was stopped, by what (answered, acknowledged, superseded, closed, handled-outside), and by which event
  closed timestamptz,
  ended text,
  answer text,
  -- when it was said that it ran out
  missed timestamptz,
  primary key (identity, clock, owner, subscription)
);
create index clocks_journey on clocks (journey);
-- Those that are to run out, or ran out before they were stopped, and nobody has said so yet.
create index clocks_due on clocks (due) where missed is null and (closed is null or closed > due);
create index clocks_owner on clocks (owner, due) where closed is null;
create index clocks_other on clocks (other, due) where closed is null;
-- Those that ran out and still wait.
create index clocks_overdue on clocks (due, identity) where missed is not null and closed is null;

-- Up to where each stream was looked through for what starts and stops clocks.
create table clockpositions (
  stream text primary key,
  sequence bigint not null
);
