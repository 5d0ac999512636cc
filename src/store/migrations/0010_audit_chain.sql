-- The audit log as a hash chain: each row carries SHA-256 over the hash of the row before it and its own text, so that a row changed,
-- removed, put in or moved shows (audit-chain.ts). `seq` is the place in the chain, from 1 without gaps.
alter table audit_log alter column seq drop identity;
alter table audit_log add column hash bytea;

-- In two steps, as every single row must have a number of its own.
update audit_log a set seq = -n.position
  from (select seq, row_number() over (order by seq) as position from audit_log) n where n.seq = a.seq;
update audit_log set seq = -seq;

with recursive chain (seq, hash) as (
  select 0::bigint, decode(repeat('00', 32), 'hex')
  union all
  select a.seq, sha256(c.hash || convert_to(jsonb_build_array(a.seq, extract(epoch from a.at)::text, a.request_id, a.client_id, a.party,
    a.interaction, a.outcome, a.status, a.type, a.entities)::text, 'UTF8'))
  from chain c join audit_log a on a.seq = c.seq + 1)
update audit_log a set hash = c.hash from chain c where c.seq = a.seq;
alter table audit_log alter column hash set not null;

-- The last row of the chain, kept apart: whoever writes takes it first, and a last row that is gone is missed.
create table audit_head (
  is_end boolean primary key default true check (is_end),
  position bigint not null,
  hash bytea not null
);
insert into audit_head (position, hash)
  select coalesce(max(seq), 0), coalesce((array_agg(hash order by seq desc))[1], decode(repeat('00', 32), 'hex')) from audit_log;

-- The one way to write to the log, and the last thing a transaction does: from here to its commit nobody else writes to the log.
-- Runs with the rights of the owner of the tables: the role that requests are answered under may call it, and read, and no more.
create function audit_append(entries jsonb) returns void language plpgsql security definer set search_path = public, pg_temp as $$
declare
  head audit_head;
  entry record;
begin
  select * into head from audit_head for update;
  if not found then
    raise exception 'audit_head has no row';
  end if;
  for entry in
    select * from jsonb_to_recordset(entries) e (at timestamptz(3), "requestId" text, "clientId" text, "partyKey" bigint,
      interaction text, outcome text, status integer, type text, entities jsonb)
  loop
    head.position := head.position + 1;
    head.hash := sha256(head.hash || convert_to(jsonb_build_array(head.position, extract(epoch from entry.at)::text, entry."requestId",
      entry."clientId", entry."partyKey", entry.interaction, entry.outcome, entry.status, entry.type, entry.entities)::text, 'UTF8'));
    insert into audit_log (seq, at, request_id, client_id, party, interaction, outcome, status, type, entities, hash)
      values (head.position, entry.at, entry."requestId", entry."clientId", entry."partyKey", entry.interaction, entry.outcome,
        entry.status, entry.type, entry.entities, head.hash);
  end loop;
  update audit_head set position = head.position, hash = head.hash;
end
$$;
revoke execute on function audit_append from public;
