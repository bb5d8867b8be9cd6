-- How long the parts of a pathway took, written when both ends are known. Made again from the events of a journey whenever
-- one of them is read, so that it does not matter in which order they are.

create table intervals (
  journey text not null,
  part text not null,
  -- of the event that ended it
  identity text not null,
  -- who waited, and who acted
  waits text not null,
  acts text not null,
  ended timestamptz not null,
  ms bigint not null,
  primary key (journey, part, identity)
);
create index intervals_ended on intervals (ended desc);
create index intervals_waits on intervals (waits, ended desc);
create index intervals_acts on intervals (acts, ended desc);
