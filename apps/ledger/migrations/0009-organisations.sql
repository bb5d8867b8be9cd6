-- What organisations send and how it fares, summed as it is read; and who was given and lost which right, and when.

alter table events
  -- of the sender's software, in a form that holds no more than that
  add column product text,
  add column version text,
  -- id of the newer version that was known when it was accepted
  add column late text;
alter table refusals
  add column product text,
  add column version text;
-- The newest of a publisher and type: what a stricter stage would have refused of them.
create index events_judged on events (sourceorg, type, recorded desc) where duplicateof is null;

-- How far each reader of the ledger's own tables has come, by the stream that they were written from.
create table readings (
  reader text not null,
  stream text not null,
  sequence bigint not null,
  primary key (reader, stream)
);

-- One number each: of what a publisher offered in that hour or UTC day (by when it was accepted), how many.
create table scores (
  org text not null,
  grain text not null,
  started timestamptz not null,
  type text not null,
  application text not null,
  product text not null,
  version text not null,
  measure text not null,
  count bigint not null,
  primary key (org, grain, started, type, application, product, version, measure)
);
create index scores_started on scores (grain, started);

-- Names that senders chose themselves and that are told apart in scores: so many of an organisation and no more.
create table scorenames (
  org text not null,
  kind text not null,
  name text not null,
  primary key (org, kind, name)
);

-- Every change of a right, as it was noticed in the registry. Rows are added and never touched.
create table grantchanges (
  number bigint generated always as identity primary key,
  at timestamptz not null,
  change text not null check (change in ('found', 'given', 'changed', 'expired', 'withdrawn')),
  grantid text not null,
  ods text not null,
  application text not null,
  action text not null,
  types text not null,
  purpose text not null,
  basis text,
  expires timestamptz,
  created timestamptz
);
create index grantchanges_grant on grantchanges (ods, grantid, number desc);
create index grantchanges_types on grantchanges (types, number desc);

-- Every change of how strictly a publisher's events are judged; likewise.
create table stagechanges (
  number bigint generated always as identity primary key,
  at timestamptz not null,
  change text not null check (change in ('found', 'set', 'cleared')),
  ods text not null,
  type text not null,
  strictness text,
  starts timestamptz,
  before text,
  by text
);
create index stagechanges_org on stagechanges (ods, type, number desc);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'this history is only added to';
end
$$;
create trigger grantchanges_stand before update or delete on grantchanges
  for each statement execute function refuse_change();
create trigger stagechanges_stand before update or delete on stagechanges
  for each statement execute function refuse_change();
