-- What stands still, by what it has in common: found by index alone, however long the past is.

-- How often it has come to a stop.
alter table deliveries add column stops integer;
update deliveries d set stops = s.stops
from (
  select identity, subscription, count(*)::int as stops from steps
  where kind in ('parked', 'expired') and subscription is not null group by identity, subscription
) s
where s.identity = d.identity and s.subscription = d.subscription;

-- Stopped, or tried in vain: as the receiver and the operator see it, and as the publisher does.
create index deliveries_stuck on deliveries
  (org, subscription, state, (coalesce(reason, '')), (coalesce(publisher, '')), (coalesce(eventtype, '')), since, identity)
  where (entitled or corrects is not null)
    and (state in ('parked', 'expired') or (state in ('waiting', 'delivering') and reason is not null));
create index deliveries_stuck_sent on deliveries
  ((coalesce(publisher, '')), org, subscription, state, (coalesce(reason, '')), (coalesce(eventtype, '')), since, identity)
  where (entitled or corrects is not null)
    and (state in ('parked', 'expired') or (state in ('waiting', 'delivering') and reason is not null));
-- Not tried yet.
create index deliveries_quiet on deliveries (org, subscription, publisher, eventtype, since, identity)
  where entitled and reason is null and state in ('waiting', 'delivering', 'paused');

-- Events whose recipient does not receive them: it has no subscription for them, or holds no grant. Few, and looked
-- through whole; one that has reached its recipient meanwhile is left out when it is read.
create table astray (
  identity text primary key,
  sourceorg text not null,
  targetorg text not null,
  type text not null,
  journey text not null,
  recorded timestamptz not null
);
create index astray_sent on astray (sourceorg, recorded);
create index astray_meant on astray (targetorg, recorded);
create index astray_recorded on astray (recorded);

insert into astray (identity, sourceorg, targetorg, type, journey, recorded)
select e.identity, e.sourceorg, e.targetorg, e.type, e.journey, e.recorded from events e
where e.targetorg is not null and e.duplicateof is null and not exists (
  select 1 from deliveries d
  where d.identity = e.identity and d.org = e.targetorg and d.entitled and d.state <> 'suppressed'
)
on conflict do nothing;

-- What people act upon, one subscription after the other.
create index deliveries_stopped on deliveries (subscription, since, identity) where state in ('parked', 'expired');

-- Clocks that run, by the time at which they run out.
create index clocks_running on clocks (due, identity, subscription) where closed is null;
create index clocks_sent on clocks (sourceorg, due) where closed is null;
