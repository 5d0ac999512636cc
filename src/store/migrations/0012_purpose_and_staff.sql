-- What a Consent opens for certain purposes alone (null: for any), as `system|code`.
alter table sharing_grant add column purposes text[];

-- Who was at work and why, as far as the client said so: HSA-id, roles, purposes. Part of the chain where it is there.
alter table audit_log add column staff jsonb;

-- As in 0011, and the staff besides.
create or replace function audit_append(entries jsonb, concerns jsonb) returns void language plpgsql security definer
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
      interaction text, outcome text, status integer, type text, entities jsonb, staff jsonb)
  loop
    head.position := head.position + 1;
    head.hash := sha256(head.hash || convert_to((jsonb_build_array(head.position, extract(epoch from entry.at)::text, entry."requestId",
      entry."clientId", entry."partyKey", entry.interaction, entry.outcome, entry.status, entry.type, entry.entities)
      || case when entry.staff is null then '[]' else jsonb_build_array(entry.staff) end)::text, 'UTF8'));
    hashes := hashes || head.hash;
    -- A hub whose clock is far ahead must not move the month for all others.
    latest := greatest(latest, (least(entry.at, now() + interval '1 day') at time zone 'UTC')::date);
  end loop;
  if head.month is null or latest >= head.month + interval '1 month' then
    head.month := date_trunc('month', latest)::date;
    perform audit_month(head.month);
  end if;
  insert into audit_log (seq, month, at, request_id, client_id, party, interaction, outcome, status, type, entities, staff, hash)
    select before + e.place, head.month, e.at, e.request_id, e.client_id, e.party, e.interaction, e.outcome, e.status, e.type,
      e.entities, e.staff, hashes[e.place]
    from rows from (jsonb_to_recordset(entries) as (at timestamptz(3), "requestId" text, "clientId" text, "partyKey" bigint,
      interaction text, outcome text, status integer, type text, entities jsonb, staff jsonb))
      with ordinality e (at, request_id, client_id, party, interaction, outcome, status, type, entities, staff, place);
  insert into audit_concern (viewer, person, month, at, seq, ordinal)
    select c.viewer, c.person, head.month, c.at, before + c.place, c.ordinal
    from jsonb_to_recordset(concerns) c (place bigint, viewer bigint, person bigint, ordinal integer, at timestamptz(3));
  update audit_head set position = head.position, hash = head.hash, month = head.month;
end
$$;
