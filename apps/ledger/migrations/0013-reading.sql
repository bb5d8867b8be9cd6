-- What keeps flows and standings does less, and never waits in a circle. The same as before (0006), but:
--
-- 1. a statement that may insert and may update calls it for both, whatever it did: the half that did nothing ends at once;
-- 2. rows are taken in one order, since batches of events and of steps are written side by side.
create or replace function count_deliveries() returns trigger language plpgsql as $$
declare
  changed constant text := 'select 1 as sign, f.* from fresh f'
    || case when tg_op = 'UPDATE' then ' union all select -1, s.* from stale s' else '' end;
begin
  if not exists (select 1 from fresh) then
    return null;
  end if;
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
    order by hour, publisher, org, eventtype
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
    order by publisher, org, eventtype, subscription, standing
    on conflict (fromorg, toorg, type, subscription, standing) do update set count = s.count + excluded.count';
  return null;
end $$;
