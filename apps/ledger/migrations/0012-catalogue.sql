-- Who uses a type: asked for one type at a time, over the last weeks.
create index flows_type on flows (type, hour);
