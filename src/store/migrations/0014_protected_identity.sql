-- Registrations that say that the person's identity is protected. Whatever is about that person is then given without address and place to
-- everybody but the individual and whoever keeps it (visibility.ts). Beside `resource`, so that it is read whoever keeps the registration.
create table protected_registration (
  resource bigint not null,
  person bigint not null
);
create index protected_registration_person on protected_registration (person);
create index protected_registration_resource on protected_registration (resource);

-- As in 0013.
alter table resource no force row level security;
alter table resource_history no force row level security;

insert into protected_registration (resource, person)
select r.key, r.person from resource r
where r.type = 'Patient' and not r.deleted and exists (
  select from jsonb_array_elements(
    case when jsonb_typeof(r.body::jsonb -> 'meta' -> 'security') = 'array' then r.body::jsonb -> 'meta' -> 'security' else '[]' end) s (coding)
  where s.coding ->> 'code' in ('sekretessmarkering', 'skyddadFolkbokforing'));

-- Where somebody lives who stands near the person. No client's label has this system.
insert into resource_label (resource, version_id, label, is_current)
select v.key, v.version_id, '(hub)|address', v.is_current
from (
  select key, version_id, body, true as is_current from resource where type = 'RelatedPerson'
  union all
  select h.key, h.version_id, h.body, exists (
    select from resource r where r.key = h.key and r.deleted and h.last_updated = (
      select max(o.last_updated) from resource_history o where o.key = h.key and not o.deleted))
  from resource_history h where h.type = 'RelatedPerson'
) v
where jsonb_path_exists(v.body::jsonb, '$.address[0]');
