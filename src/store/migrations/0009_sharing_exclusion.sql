-- Exclusions: what active consents of a person deny, whichever consent opens it (nested provisions). Replaced together with the Consent
-- that says it. A row covers what meets all of its conditions; null: that condition is not made.
create table sharing_exclusion (
  consent bigint not null,
  consent_id text collate "C" not null,
  consent_version text collate "C" not null,
  person bigint not null,
  -- Organizations that are not to receive; the units below them neither.
  recipients bigint[],
  -- `Type/id`
  targets text[],
  -- `system|code`
  labels text[],
  starts_at timestamptz(3) not null,
  ends_at timestamptz(3)
);
create index sharing_exclusion_person on sharing_exclusion (person);
create index sharing_exclusion_consent on sharing_exclusion (consent);

-- The labels of meta.security that an exclusion may name, version by version. `is_current`: of the last version that had a body. An
-- earlier version is excluded by what is said of the resource now as well.
create table resource_label (
  resource bigint not null,
  version_id text collate "C" not null,
  label text collate "C" not null,
  is_current boolean not null
);
create index resource_label_resource on resource_label (resource);

insert into resource_label (resource, version_id, label, is_current)
select v.key, v.version_id, (s.coding ->> 'system') || '|' || (s.coding ->> 'code'), v.is_current
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
where s.coding ->> 'system' in (
    'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', 'https://siphub.se/fhir/CodeSystem/sip-sensitivity')
  and s.coding ->> 'code' is not null;
