-- Who was shown the values of an event, why, and who was told. Entries are written to the engine first, where they are
-- synced to disk and never deleted; this table follows, and is filled from there when it is new.

create table disclosures (
  -- counted from 1 without a gap
  number bigint primary key,
  kind text not null,
  -- id of the disclosure that the entry belongs to
  disclosure text not null,
  at timestamptz not null,
  -- organisation, id and name of who did it
  org text not null,
  by text not null,
  name text,
  -- of an opening: the event, why, and until when
  publisher text,
  source text,
  eventid text,
  type text,
  journey text,
  reason text,
  text text,
  until timestamptz,
  -- of a review
  note text,
  -- the entry as it was hashed, and SHA-256 over a zero byte and it; the entry holds the hash of the one before
  entry text not null,
  hash text not null
);
create index disclosures_of on disclosures (disclosure, kind);
create index disclosures_org on disclosures (org, number) where kind = 'opened';
create index disclosures_publisher on disclosures (publisher, number) where kind = 'opened';
create index disclosures_opened on disclosures (number) where kind = 'opened';
create index disclosures_running on disclosures (by, until) where kind = 'opened';

-- Nothing in it is ever changed or taken out.
create function disclosures_stay() returns trigger language plpgsql as $$
begin
  raise exception 'entries of the record of disclosures are never changed';
end $$;
create trigger disclosures_stay before update or delete or truncate on disclosures
  for each statement execute function disclosures_stay();
