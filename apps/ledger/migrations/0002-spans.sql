-- OpenTelemetry spans of the exchange's own processes, for engineers; bounded by age and number.
create table spans (
  traceid text not null,
  spanid text not null,
  parent text,
  service text not null,
  name text not null,
  kind text not null,
  -- microseconds since 1970, and how many the span took
  started bigint not null,
  duration bigint not null,
  failed boolean not null,
  journey text,
  eventid text,
  subscription text,
  attributes jsonb not null,
  received timestamptz not null default now(),
  primary key (traceid, spanid)
);
create index spans_journey on spans (journey) where journey is not null;
create index spans_eventid on spans using hash (eventid) where eventid is not null;
create index spans_received on spans (received);
