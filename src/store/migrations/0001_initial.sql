-- The store: resources with their history, what they are found by, who may see them, and what the hub tells about itself.
-- Every row about a person carries the person's key, so that the data can later be distributed by it.

create sequence resource_key as bigint;

create table person (
  key bigint generated always as identity primary key,
  patient_id text collate "C" not null unique
);

-- One row per logical resource: its current version. `body` is the exact text that is served.
-- `registrant`: the custodian's key for a Patient (one id per person, one registration per party), 0 for every other type.
-- `author`: the party that wrote this version. `foreign_refs`: those of `refs` whose target had another custodian
-- or was about another person when this version was written: only they can be hidden from somebody who sees this row.
-- `owner`: what a walk newest first starts from (reach.ts): the custodian, or -2 for all of the directory.
create table resource (
  key bigint primary key default nextval('resource_key'),
  type text collate "C" not null,
  id text collate "C" not null,
  registrant bigint not null default 0,
  version_id text collate "C" not null,
  last_updated timestamptz(3) not null,
  method text not null check (method in ('POST', 'PUT', 'PATCH', 'DELETE')),
  deleted boolean not null,
  directory boolean not null,
  custodian bigint,
  person bigint,
  author bigint,
  refs text[] not null default '{}',
  foreign_refs text[] not null default '{}',
  body text,
  owner bigint generated always as (case when directory then -2 else coalesce(custodian, -3) end) stored,
  constraint resource_address unique (type, id, registrant)
);
create index resource_newest on resource (type, owner, last_updated, key) where not deleted;
create index resource_changes on resource (type, last_updated, version_id);
create index resource_person on resource (person, type) where person is not null;

-- Versions that were followed by another. Never changed.
create table resource_history (
  key bigint not null,
  type text collate "C" not null,
  id text collate "C" not null,
  registrant bigint not null,
  version_id text collate "C" not null,
  last_updated timestamptz(3) not null,
  method text not null,
  deleted boolean not null,
  directory boolean not null,
  custodian bigint,
  person bigint,
  author bigint,
  refs text[] not null,
  foreign_refs text[] not null,
  body text
);
create index resource_history_address on resource_history (type, id, last_updated, version_id);
create index resource_history_changes on resource_history (type, last_updated, version_id);

-- What a resource is found by. `param` is a hash of `Type.code` (parameter-key.ts). Each table has one index by value that ends
-- in the sort key (newest first stops early), and one by resource. No foreign keys: written with the resource or not at all.
create table search_token (
  resource bigint not null,
  person bigint,
  owner bigint not null,
  param bigint not null,
  last_updated timestamptz(3) not null,
  code text collate "C" not null,
  system text collate "C" not null
);
create index search_token_value on search_token (param, code, owner, last_updated, resource);
create index search_token_resource on search_token (resource, param, code);

create table search_reference (
  resource bigint not null,
  person bigint,
  param bigint not null,
  last_updated timestamptz(3) not null,
  target_id text collate "C" not null,
  target_type text collate "C" not null
);
create index search_reference_value on search_reference (param, target_id, last_updated, resource);
create index search_reference_resource on search_reference (resource, param);

create table search_date (
  resource bigint not null,
  person bigint,
  param bigint not null,
  last_updated timestamptz(3) not null,
  low_ms bigint not null,
  high_ms bigint not null
);
create index search_date_value on search_date (param, low_ms, high_ms, resource);
create index search_date_resource on search_date (resource, param);

create table search_string (
  resource bigint not null,
  person bigint,
  param bigint not null,
  last_updated timestamptz(3) not null,
  normalized text collate "C" not null,
  exact text collate "C" not null
);
create index search_string_value on search_string (param, normalized, last_updated, resource);
create index search_string_resource on search_string (resource, param);

-- Who covers whom: an Organization, and every unit below it down to the next authority of its own. Holds (x, x).
create table organization (
  key bigint primary key,
  id text collate "C" not null unique,
  part_of text collate "C",
  is_authority boolean not null,
  -- False when Organization.active is false: nobody acts for it.
  enabled boolean not null
);

create table party_coverage (
  covering bigint not null,
  covered bigint not null,
  primary key (covered, covering)
);
create index party_coverage_covering on party_coverage (covering, covered);

-- What active consents open. Replaced together with the Consent that says it.
create table sharing_grant (
  consent bigint not null,
  consent_id text collate "C" not null,
  consent_version text collate "C" not null,
  person bigint not null,
  custodian bigint not null,
  recipient bigint not null,
  starts_at timestamptz(3) not null,
  ends_at timestamptz(3)
);
create index sharing_grant_person on sharing_grant (person, recipient, custodian);
create index sharing_grant_recipient on sharing_grant (recipient, custodian, person);
create index sharing_grant_consent on sharing_grant (consent);

-- What has happened, for those who tell others. Read in the order (xid, seq) and only below the oldest running transaction.
create table outbox (
  seq bigint generated always as identity,
  xid xid8 not null default pg_current_xact_id(),
  at timestamptz(3) not null,
  action text not null check (action in ('create', 'update', 'delete')),
  type text collate "C" not null,
  id text collate "C" not null,
  version_id text collate "C" not null,
  resource bigint not null,
  person bigint,
  custodian bigint,
  primary key (xid, seq)
);

create table audit_log (
  seq bigint generated always as identity primary key,
  at timestamptz(3) not null,
  request_id text not null,
  client_id text,
  party bigint,
  interaction text not null,
  outcome text not null check (outcome in ('success', 'refused', 'failed')),
  status integer not null,
  type text,
  entities jsonb not null
);
create index audit_log_request on audit_log (request_id);

-- Random bytes that the hub made for itself.
create table secret (
  name text primary key,
  value bytea not null
);

-- Systems that may ask for tokens, the keys they sign with, and the organizations they may act for.
create table client (
  key bigint generated always as identity primary key,
  client_id text not null unique,
  name text not null,
  kind text not null check (kind in ('system', 'operator')),
  enabled boolean not null default true,
  jwks_uri text,
  scopes text not null,
  created_at timestamptz not null
);

create table client_key (
  client bigint not null references client (key) on delete cascade,
  thumbprint text not null,
  jwk jsonb not null,
  enabled boolean not null default true,
  primary key (client, thumbprint)
);

create table client_organization (
  client bigint not null references client (key) on delete cascade,
  organization_key bigint not null,
  primary key (client, organization_key)
);
