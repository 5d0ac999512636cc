-- Persons read and take part themselves, by apps: clients that hold no key of the hub's and are sent back to exact addresses.
alter table client drop constraint client_kind_check;
alter table client add constraint client_kind_check check (kind in ('system', 'operator', 'app'));
alter table client add column redirect_uris text[] not null default '{}';

-- What individuals keep has 0 as its custodian, which covers itself alone.
insert into party_coverage (covering, covered) values (0, 0);

-- The policies of row-level security hold for the owner of the tables as well: put aside here, and put back when the hub starts.
alter table resource no force row level security;
alter table resource_history no force row level security;

-- NOPATIENT (NOPAT in R4): what the individual is not to see. All labels are made anew: where the policies held, 0009 found nothing to label.
delete from resource_label;
insert into resource_label (resource, version_id, label, is_current)
select distinct v.key, v.version_id, case when s.coding ->> 'code' in ('NOPATIENT', 'NOPAT')
    then 'http://terminology.hl7.org/CodeSystem/v3-ActCode|NOPATIENT' else (s.coding ->> 'system') || '|' || (s.coding ->> 'code') end, v.is_current
from (
  select key, version_id, body, true as is_current from resource where body like '%"security"%'
  union all
  -- Of a deleted resource: the version before the deletion.
  select h.key, h.version_id, h.body, exists (
    select from resource r where r.key = h.key and r.deleted and h.last_updated = (
      select max(o.last_updated) from resource_history o where o.key = h.key and not o.deleted))
  from resource_history h where h.body like '%"security"%'
) v
cross join lateral jsonb_array_elements(
  case when jsonb_typeof(v.body::jsonb -> 'meta' -> 'security') = 'array' then v.body::jsonb -> 'meta' -> 'security' else '[]' end
) s (coding)
where s.coding ->> 'code' in ('NOPATIENT', 'NOPAT') or (s.coding ->> 'system' in (
    'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', 'https://siphub.se/fhir/CodeSystem/sip-sensitivity')
  and s.coding ->> 'code' is not null);

-- An event of the log concerns the individual it is about as well, who stands there as the negative of the person's key.
insert into audit_concern (viewer, person, month, at, seq, ordinal)
select distinct on (c.seq, c.ordinal, c.month) - c.person, c.person, c.month, c.at, c.seq, c.ordinal
from audit_concern c where c.person <> 0;
