-- The board: how much flows between whom, and what stands still, kept as it changes, so that no page counts rows.
--
-- Both tables are sums over rows of deliveries, events and refusals. Triggers keep them, in the transaction that writes
-- the rows, by what each row counted for before and counts for after: whichever part of the ledger writes, and however
-- often a stream is read, they say what the rows say. What the exchange tells about itself is no flow and left out.

alter table deliveries
  -- of the event: who published it, its type, and when it became durable; the last is missing for one that was never read
  add column publisher text,
  add column eventtype text,
  add column accepted timestamptz;

-- Delays are counted in classes, so that medians can be told over any span of hours without a look at the rows. The
-- classes end at 0.1, 0.2, 0.5, 1, 2, 5, 10, 30 s, 1, 2, 5, 15 min, 1, 4 h, 1, 3 days; the last has no end.
create table flows (
  -- in which the events were accepted or refused
  hour timestamptz not null,
  fromorg text not null,
  -- the receiver; empty in the row that counts each event once, at the door
  toorg text not null,
  type text not null,
  -- at the door: accepted events; else deliveries that are meant to happen
  events bigint not null default 0,
  refused bigint not null default 0,
  delivered bigint not null default 0,
  acknowledged bigint not null default 0,
  -- from acceptance to delivery, of the delivered ones together
  delayms bigint not null default 0,
  d0 bigint not null default 0,
  d1 bigint not null default 0,
  d2 bigint not null default 0,
  d3 bigint not null default 0,
  d4 bigint not null default 0,
  d5 bigint not null default 0,
  d6 bigint not null default 0,
  d7 bigint not null default 0,
  d8 bigint not null default 0,
  d9 bigint not null default 0,
  d10 bigint not null default 0,
  d11 bigint not null default 0,
  d12 bigint not null default 0,
  d13 bigint not null default 0,
  d14 bigint not null default 0,
  d15 bigint not null default 0,
  d16 bigint not null default 0,
  primary key (hour, fromorg, toorg, type)
);
create index flows_from on flows (fromorg, hour);
create index flows_to on flows (toorg, hour);

-- Deliveries that are not at their end, by how they stand now.
create table standings (
  fromorg text not null,
  toorg text not null,
  type text not null,
  subscription text not null,
  -- waiting, retrying (an attempt failed), paused, parked, expired, repetition (a replay that stopped; the receiver has
  -- the event), unacknowledged (fetched, by a channel whose reader acknowledges)
  standing text not null,
  count bigint not null,
  primary key (fromorg, toorg, type, subscription, standing)
);
create index standings_to on standings (toorg);

create function standing_of(state text, attempts integer, reason text, channel text, delivered timestamptz, acknowledged timestamptz)
returns text language sql immutable as $$
  select case
    when state in ('waiting', 'delivering') then case when attempts > 0 and reason is not null then 'retrying' else 'waiting' end
    when state = 'parked' then case when delivered is null and acknowledged is null then 'parked' else 'repetition' end
    when state in ('paused', 'expired') then state
    when state = 'delivered' and acknowledged is null and lower(channel) in ('pull', 'nats') then 'unacknowledged'
  end
$$;

-- Adds up what changed: `fresh` are the rows as they are, `stale` as they were. The text is put together at run time
-- because an insert has no `stale`.
create function count_deliveries() returns trigger language plpgsql as $$
declare
  changed constant text := 'select 1 as sign, f.* from fresh f'
    || case when tg_op = 'UPDATE' then ' union all select -1, s.* from stale s' else '' end;
begin
  execute 'insert into flows as f (hour, fromorg, toorg, type, events, delivered, acknowledged, delayms,
      d0, d1, d2, d3, d4, d5, d6, d7, d8, d9, d10, d11, d12, d13, d14, d15, d16)
    select hour, publisher, org, eventtype, sum(sign), sum(gone), sum(noted), sum(gone * ms),
      sum(gone * (class = 0)::int), sum(gone * (class = 1)::int), sum(gone * (class = 2)::int),
      sum(gone * (class = 3)::int), sum(gone * (class = 4)::int), sum(gone * (class = 5)::int),
      sum(gone * (class = 6)::int), sum(gone * (class = 7)::int), sum(gone * (class = 8)::int),
      sum(gone * (class = 9)::int), sum(gone * (class = 10)::int), sum(gone * (class = 11)::int),
      sum(gone * (class = 12)::int), sum(gone * (class = 13)::int), sum(gone * (class = 14)::int),
      sum(gone * (class = 15)::int), sum(gone * (class = 16)::int)
    from (
      select *, width_bucket(ms, array[100, 200, 500, 1000, 2000, 5000, 10000, 30000, 60000, 120000, 300000, 900000,
        3600000, 14400000, 86400000, 259200000]::bigint[]) as class
      from (
        select sign, date_trunc(''hour'', accepted, ''UTC'') as hour, publisher, org, eventtype,
          case when delivered is null then 0 else sign end as gone,
          case when acknowledged is null then 0 else sign end as noted,
          greatest(0, coalesce(extract(epoch from delivered - accepted) * 1000, 0))::bigint as ms
        from (' || changed || ') c
        where entitled and accepted is not null and eventtype not like ''org.signalbox.operations.%''
      ) timed
    ) classed
    group by hour, publisher, org, eventtype
    having sum(sign) <> 0 or sum(gone) <> 0 or sum(noted) <> 0
    on conflict (hour, fromorg, toorg, type) do update set
      events = f.events + excluded.events, delivered = f.delivered + excluded.delivered,
      acknowledged = f.acknowledged + excluded.acknowledged, delayms = f.delayms + excluded.delayms,
      d0 = f.d0 + excluded.d0, d1 = f.d1 + excluded.d1, d2 = f.d2 + excluded.d2, d3 = f.d3 + excluded.d3,
      d4 = f.d4 + excluded.d4, d5 = f.d5 + excluded.d5, d6 = f.d6 + excluded.d6, d7 = f.d7 + excluded.d7,
      d8 = f.d8 + excluded.d8, d9 = f.d9 + excluded.d9, d10 = f.d10 + excluded.d10, d11 = f.d11 + excluded.d11,
      d12 = f.d12 + excluded.d12, d13 = f.d13 + excluded.d13, d14 = f.d14 + excluded.d14, d15 = f.d15 + excluded.d15,
      d16 = f.d16 + excluded.d16';
  execute 'insert into standings as s (fromorg, toorg, type, subscription, standing, count)
    select publisher, org, eventtype, subscription, standing, sum(sign)
    from (
      select sign, publisher, org, eventtype, subscription,
        standing_of(state, attempts, reason, channel, delivered, acknowledged) as standing
      from (' || changed || ') c
      where entitled and publisher is not null and eventtype not like ''org.signalbox.operations.%''
    ) stood
    where standing is not null
    group by publisher, org, eventtype, subscription, standing
    having sum(sign) <> 0
    on conflict (fromorg, toorg, type, subscription, standing) do update set count = s.count + excluded.count';
  return null;
end $$;
create trigger deliveries_inserted after insert on deliveries
  referencing new table as fresh for each statement execute function count_deliveries();
create trigger deliveries_updated after update on deliveries
  referencing old table as stale new table as fresh for each statement execute function count_deliveries();

-- A delivery is written whole when its event is read. One that a step brought first is completed here: by the event if
-- that is there already, or when it comes.
create function complete_deliveries() returns trigger language plpgsql as $$
begin
  if exists (select 1 from fresh where accepted is null) then
    update deliveries d set publisher = e.sourceorg, eventtype = e.type, accepted = e.recorded
    from fresh f join events e on e.identity = f.identity and e.duplicateof is null
    where d.identity = f.identity and d.subscription = f.subscription and f.accepted is null;
  end if;
  return null;
end $$;
create trigger deliveries_inserted_bare after insert on deliveries
  referencing new table as fresh for each statement execute function complete_deliveries();

create function count_events() returns trigger language plpgsql as $$
begin
  update deliveries d set publisher = e.sourceorg, eventtype = e.type, accepted = e.recorded
  from fresh e where d.identity = e.identity and e.duplicateof is null and d.accepted is null;
  insert into flows as f (hour, fromorg, toorg, type, events)
  select date_trunc('hour', recorded, 'UTC'), sourceorg, '', type, count(*) from fresh
  where duplicateof is null and type not like 'org.signalbox.operations.%' group by 1, 2, 4
  on conflict (hour, fromorg, toorg, type) do update set events = f.events + excluded.events;
  return null;
end $$;
create trigger events_inserted after insert on events
  referencing new table as fresh for each statement execute function count_events();

create function count_refusals() returns trigger language plpgsql as $$
begin
  insert into flows as f (hour, fromorg, toorg, type, refused)
  select date_trunc('hour', time, 'UTC'), org, '', coalesce(type, ''), count(*) from fresh group by 1, 2, 4
  on conflict (hour, fromorg, toorg, type) do update set refused = f.refused + excluded.refused;
  return null;
end $$;
create trigger refusals_inserted after insert on refusals
  referencing new table as fresh for each statement execute function count_refusals();

-- What was there before; the trigger on deliveries counts them as they are completed.
update deliveries d set publisher = e.sourceorg, eventtype = e.type, accepted = e.recorded
from events e where e.identity = d.identity and e.duplicateof is null;
update deliveries d set publisher = s.sourceorg, eventtype = s.type
from (select distinct on (identity) identity, sourceorg, type from steps order by identity, sequence) s
where d.publisher is null and s.identity = d.identity;
insert into flows as f (hour, fromorg, toorg, type, events)
select date_trunc('hour', recorded, 'UTC'), sourceorg, '', type, count(*) from events
where duplicateof is null group by 1, 2, 4;
insert into flows as f (hour, fromorg, toorg, type, refused)
select date_trunc('hour', time, 'UTC'), org, '', coalesce(type, ''), count(*) from refusals group by 1, 2, 4
on conflict (hour, fromorg, toorg, type) do update set refused = excluded.refused;

-- The lists behind the figures, oldest first: of everybody, of a receiver, of a publisher, of both.
create index deliveries_outstanding on deliveries (coalesce(accepted, since), identity, subscription)
  where entitled and acknowledged is null and (state in ('waiting', 'delivering', 'paused', 'parked', 'expired')
    or (state = 'delivered' and lower(channel) in ('pull', 'nats')));
create index deliveries_outstanding_to on deliveries (org, coalesce(accepted, since), identity, subscription)
  where entitled and acknowledged is null and (state in ('waiting', 'delivering', 'paused', 'parked', 'expired')
    or (state = 'delivered' and lower(channel) in ('pull', 'nats')));
create index deliveries_outstanding_from on deliveries (publisher, coalesce(accepted, since), identity, subscription)
  where entitled and acknowledged is null and (state in ('waiting', 'delivering', 'paused', 'parked', 'expired')
    or (state = 'delivered' and lower(channel) in ('pull', 'nats')));
create index deliveries_outstanding_between on deliveries (publisher, org, coalesce(accepted, since))
  where entitled and acknowledged is null and (state in ('waiting', 'delivering', 'paused', 'parked', 'expired')
    or (state = 'delivered' and lower(channel) in ('pull', 'nats')));
create index deliveries_due_to on deliveries (org, due)
  where due is not null and entitled and delivered is null and state in ('waiting', 'delivering', 'paused');
create index deliveries_due_from on deliveries (publisher, due)
  where due is not null and entitled and delivered is null and state in ('waiting', 'delivering', 'paused');

-- The list of journeys by type, newest first; and of refused events of everybody.
create index events_type on events (type, recorded desc, stream, sequence);
create index if not exists refusals_time on refusals (time);
