-- Bulk export: jobs, and for each what it lists. No bodies: a line is written when its file is fetched, if it may still be seen then.

create table export_job (
  key bigint generated always as identity primary key,
  id text collate "C" not null unique,
  -- Who asked; nobody else sees the job. `party` is null for the operator.
  client bigint not null,
  party bigint,
  -- What the work needs to go on in any process: the caller as told by the token, and what was asked for.
  principal jsonb not null,
  request text not null,
  work jsonb not null,
  transaction_at timestamptz(3) not null,
  expires_at timestamptz(3) not null,
  state text not null check (state in ('open', 'done', 'failed')),
  -- How far it has come: the step that is being listed, and where in it.
  step integer not null default 0,
  position jsonb,
  listed bigint not null default 0,
  -- One process works on it at a time: the one that holds this claim, until it runs out.
  claim text,
  claimed_until timestamptz(3),
  tries integer not null default 0
);
create index export_job_owner on export_job (client, party);
create index export_job_expires_at on export_job (expires_at);

create table export_line (
  job bigint not null references export_job (key) on delete cascade,
  type text collate "C" not null,
  n bigint not null,
  resource bigint not null,
  version_id text collate "C" not null,
  primary key (job, type, n)
);
create unique index export_line_resource on export_line (job, resource);
