-- Alerts, and the rhythm by which a silence is told from a quiet hour.

-- What needs a person, from when it was noticed until it was over. Written before anybody is told of it.
create table alerts (
  id text primary key,
  -- of the table of kinds, and what of that kind it is about: one of each can be open
  kind text not null,
  key text not null,
  severity text not null,
  -- ODS code of whose move it is; the operator of the exchange sees all
  org text not null,
  -- organisations, types, subscriptions, clocks and counts; never a patient
  about jsonb not null,
  detail text not null,
  -- raised and resolved by who noticed it, not by the rounds
  explicit boolean not null default false,
  raised timestamptz not null,
  -- since when it has not been noticed any more, while that may yet come back
  cleared timestamptz,
  resolved timestamptz,
  reminders integer not null default 0,
  reminded timestamptz not null,
  -- up to which reminder, and whether of its end, an event tells
  toldraised integer not null default -1,
  toldresolved boolean not null default false,
  untold boolean not null default true
);
create unique index alerts_one on alerts (kind, key) where resolved is null;
create index alerts_recent on alerts (raised desc, id desc);
create index alerts_of on alerts (org, raised desc, id desc);
create index alerts_untold on alerts (raised) where untold;
create index alerts_resolved on alerts (resolved) where resolved is not null;

-- When each publisher sent an event of each type last, and from when on its silence is out of the ordinary.
create table pulses (
  publisher text not null,
  type text not null,
  last timestamptz not null,
  -- gaps that were learnt from; too few say nothing
  gaps bigint not null,
  -- the usual gap where its silence would begin, and from when on; null = too little is known
  usualms bigint,
  silentat timestamptz,
  primary key (publisher, type)
);
create index pulses_silent on pulses (silentat) where silentat is not null;

-- How long the gaps between events are. Slots 0 to 167 are the hours of a week from Monday on, 168 to 191 the hours of any
-- day, 192 is all of it. `spent` says how many seconds were spent in gaps of each class of length; it fades with time.
create table rhythms (
  publisher text not null,
  type text not null,
  slot smallint not null,
  spent jsonb not null,
  -- in gaps that were alarming: they count when the like happens again
  odd jsonb not null,
  updated timestamptz not null,
  primary key (publisher, type, slot)
);

-- How far the events of each stream were learnt from.
create table rhythmpositions (
  stream text primary key,
  sequence bigint not null,
  -- when the last of them was recorded
  recorded timestamptz
);

-- What is parked, by subscription, is asked in every round.
create index standings_parked on standings (toorg, subscription) where standing = 'parked' and count > 0;
create index flows_refused on flows (hour, fromorg) where toorg = '' and refused > 0;

-- Values that are open now.
create index disclosures_until on disclosures (until) where kind = 'opened';
