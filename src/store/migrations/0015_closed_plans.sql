-- A Consent speaks of plans that were open at some time since it began, not of those that had been closed before (visibility.ts).
-- When each plan was closed; and what belongs to closed plans alone, with when the last of them was.
create table closed_plan (
  resource bigint not null,
  person bigint not null,
  closed_at timestamptz(3) not null
);
create index closed_plan_resource on closed_plan (resource);
create index closed_plan_person on closed_plan (person);

create table closed_member (
  resource bigint not null,
  person bigint not null,
  closed_at timestamptz(3) not null
);
create index closed_member_resource on closed_member (resource);
create index closed_member_person on closed_member (person);

-- Made anew for these persons from the references as they are. Of a closed plan those of its earlier versions count as well. What belongs to
-- a plan: what it refers to, what refers to it, and what refers to its interventions, meetings and goals. It must see what every party keeps:
-- the policies let who owns the tables and says so through (row-level-security.ts).
create function mark_closed_members(persons bigint[]) returns void language plpgsql security definer
  set search_path = public, pg_temp as $$
begin
  perform set_config('sip_hub.indexing', 'on', true);
  delete from closed_member where person = any (persons);
  insert into closed_member (resource, person, closed_at)
  with member as materialized (
    select r.key, r.person, r.type, r.type || '/' || r.id as address, r.refs from resource r
    where r.person = any (persons) and not r.deleted and r.type in ('Goal', 'ServiceRequest', 'Task', 'CareTeam', 'Appointment',
      'AppointmentResponse', 'Communication', 'QuestionnaireResponse', 'Provenance')),
  plan as materialized (
    select r.key, r.person, 'CarePlan/' || r.id as address, c.closed_at,
      case when c.closed_at is null then r.refs else r.refs || array(
        select f.ref from resource_history h cross join lateral unnest(h.refs) f (ref) where h.type = r.type and h.id = r.id and h.key = r.key) end as refs
    from resource r left join closed_plan c on c.resource = r.key
    where r.person = any (persons) and r.type = 'CarePlan' and (not r.deleted or c.closed_at is not null)),
  near as materialized (
    select p.key as plan, m.key, m.address, m.type from plan p join member m on m.person = p.person
      and (m.address = any (p.refs) or p.address = any (m.refs))),
  belonging as (
    select p.key as plan, p.key as resource from plan p
    union select n.plan, n.key from near n
    union select n.plan, m.key from near n join member m on n.address = any (m.refs)
      and n.type in ('ServiceRequest', 'Appointment', 'Goal') and m.type in ('Task', 'AppointmentResponse', 'Communication', 'Provenance'))
  select b.resource, p.person, max(p.closed_at) from belonging b join plan p on p.key = b.plan
  group by b.resource, p.person having bool_and(p.closed_at is not null);
  perform set_config('sip_hub.indexing', 'off', true);
end
$$;
revoke execute on function mark_closed_members from public;

-- As in 0013.
alter table resource no force row level security;
alter table resource_history no force row level security;
insert into closed_plan (resource, person, closed_at)
select r.key, r.person, least(r.last_updated, coalesce((
    select min(h.last_updated) from resource_history h where h.type = r.type and h.id = r.id and h.key = r.key
      and h.body::jsonb ->> 'status' in ('completed', 'revoked', 'entered-in-error')), r.last_updated))
from resource r
where r.type = 'CarePlan' and r.person is not null and (r.deleted or r.body::jsonb ->> 'status' in ('completed', 'revoked', 'entered-in-error'));
select mark_closed_members(array(select distinct person from closed_plan));

-- A Consent shows to fewer than what else its party keeps: a reference to one can be hidden from who sees the row.
update resource r set foreign_refs = array(select distinct f.ref from unnest(r.foreign_refs || r.refs) f (ref)
    where f.ref = any (r.foreign_refs) or f.ref like 'Consent/%')
where exists (select from unnest(r.refs) f (ref) where f.ref like 'Consent/%');
update resource_history r set foreign_refs = array(select distinct f.ref from unnest(r.foreign_refs || r.refs) f (ref)
    where f.ref = any (r.foreign_refs) or f.ref like 'Consent/%')
where exists (select from unnest(r.refs) f (ref) where f.ref like 'Consent/%');
