-- The audit log by month, so that whole months can be taken away once nobody need keep them, and beside it whom each event concerns,
-- by which it is read as AuditEvent (audit-events.ts). The chain stays one: its text is of the columns it was of before.
alter table audit_log rename to audit_log_before;
alter index audit_log_pkey rename to audit_log_before_pkey;
drop index audit_log_request;

-- Months stand where nothing but `audit_log` leads to them.
create schema audit_months;

-- `month`: the first day of the month (UTC) of `at`, but never earlier than that of the row before: a month is one piece of the chain.
create table audit_log (
  seq bigint not null,
  month date not null,
  at timestamptz(3) not null,
  request_id text not null,
  client_id text,
  party bigint,
  interaction text not null,
  outcome text not null check (outcome in ('success', 'refused', 'failed')),
  status integer not null,
  type text,
  entities jsonb not null,
  hash bytea not null,
  primary key (seq, month)
) partition by list (month);
create index audit_log_request on audit_log (request_id);

-- One row for each person that a row of the log is about (0: none), and each party that may read it: the one that acted, and those
-- whose data were concerned. Made from the log, and can be made anew from it.
create table audit_concern (
  viewer bigint not null,
  person bigint not null,
  month date not null,
  at timestamptz(3) not null,
  seq bigint not null,
  -- The place of the person among those of the row, from 1.
  ordinal integer not null,
  primary key (seq, ordinal, viewer, month)
) partition by list (month);
create index audit_concern_newest on audit_concern (viewer, at, seq, ordinal);
create index audit_concern_person on audit_concern (viewer, person, at, seq, ordinal);

-- A table for the month, made before the first row of it. Nobody waits but those who write to the log.
create function audit_month(wanted date) returns void language plpgsql security definer set search_path = public, pg_temp as $$
declare
  part text;
  base text;
begin
  foreach base in array array['audit_log', 'audit_concern'] loop
    part := base || to_char(wanted, '_YYYY_MM');
    if to_regclass('audit_months.' || part) is null then
      execute format('create table audit_months.%I (like public.%I including defaults including constraints)', part, base);
      execute format('alter table public.%I attach partition audit_months.%I for values in (%L)', base, part, wanted);
    end if;
  end loop;
end
$$;
revoke execute on function audit_month from public;

alter table audit_head add column month date;
update audit_head set month = (select date_trunc('month', max(at) at time zone 'UTC')::date from audit_log_before);

select audit_month(m.month) from (
  select distinct date_trunc('month', max(at) over (order by seq) at time zone 'UTC')::date as month from audit_log_before) m;
insert into audit_log (seq, month, at, request_id, client_id, party, interaction, outcome, status, type, entities, hash)
  select seq, date_trunc('month', max(at) over (order by seq) at time zone 'UTC')::date, at, request_id, client_id, party, interaction,
    outcome, status, type, entities, hash from audit_log_before;
-- Rows from before name no custodian: they concern the party that acted.
insert into audit_concern (viewer, person, month, at, seq, ordinal)
  select a.party, p.person, a.month, a.at, a.seq, p.ordinal
  from audit_log a cross join lateral (
    select coalesce(o.person, 0) as person, row_number() over (order by min(o.place)) as ordinal
    from (select 0) always left join lateral (
      select (e.entity ->> 'personKey')::bigint as person, e.place
      from jsonb_array_elements(a.entities) with ordinality e (entity, place) where e.entity ->> 'personKey' is not null) o on true
    group by 1) p
  where a.party is not null;
drop table audit_log_before;

-- As in 0010, and the month and whom it concerns besides: `concerns` names rows by their place among `entries`, from 1. All rows of a
-- call are of one month.
drop function audit_append(jsonb);
create function audit_append(entries jsonb, concerns jsonb) returns void language plpgsql security definer
  set search_path = public, pg_temp as $$
declare
  head audit_head;
  before bigint;
  latest date;
  entry record;
  hashes bytea[] := '{}';
begin
  select * into head from audit_head for update;
  if not found then
    raise exception 'audit_head has no row';
  end if;
  before := head.position;
  for entry in
    select * from jsonb_to_recordset(entries) e (at timestamptz(3), "requestId" text, "clientId" text, "partyKey" bigint,
      interaction text, outcome text, status integer, type text, entities jsonb)
  loop
    head.position := head.position + 1;
    head.hash := sha256(head.hash || convert_to(jsonb_build_array(head.position, extract(epoch from entry.at)::text, entry."requestId",
      entry."clientId", entry."partyKey", entry.interaction, entry.outcome, entry.status, entry.type, entry.entities)::text, 'UTF8'));
    hashes := hashes || head.hash;
    latest := greatest(latest, (entry.at at time zone 'UTC')::date);
  end loop;
  if head.month is null or latest >= head.month + interval '1 month' then
    head.month := date_trunc('month', latest)::date;
    perform audit_month(head.month);
  end if;
  insert into audit_log (seq, month, at, request_id, client_id, party, interaction, outcome, status, type, entities, hash)
    select before + e.place, head.month, e.at, e.request_id, e.client_id, e.party, e.interaction, e.outcome, e.status, e.type,
      e.entities, hashes[e.place]
    from rows from (jsonb_to_recordset(entries) as (at timestamptz(3), "requestId" text, "clientId" text, "partyKey" bigint,
      interaction text, outcome text, status integer, type text, entities jsonb))
      with ordinality e (at, request_id, client_id, party, interaction, outcome, status, type, entities, place);
  insert into audit_concern (viewer, person, month, at, seq, ordinal)
    select c.viewer, c.person, head.month, c.at, before + c.place, c.ordinal
    from jsonb_to_recordset(concerns) c (place bigint, viewer bigint, person bigint, ordinal integer, at timestamptz(3));
  update audit_head set position = head.position, hash = head.hash, month = head.month;
end
$$;
revoke execute on function audit_append from public;
