-- What the authorization server keeps: used assertions, its own signing keys, and the payloads of its models.

-- An assertion is used by inserting it: the primary key refuses the second use, whichever process it reaches, also after a restart.
create table used_assertion (
  client bigint not null references client (key) on delete cascade,
  jti_hash bytea not null,
  expires_at timestamptz not null,
  primary key (client, jti_hash)
);
create index used_assertion_expires_at on used_assertion (expires_at);

-- Keys that sign access tokens. The newest signs; all of them verify.
create table signing_key (
  kid text primary key,
  jwk jsonb not null,
  created_at timestamptz not null
);

-- Models of oidc-provider. `id` is a SHA-256 where the id itself is a credential.
create table authorization_payload (
  model text not null,
  id text not null,
  payload jsonb not null,
  grant_id text,
  uid text,
  expires_at timestamptz not null,
  consumed_at timestamptz,
  primary key (model, id)
);
create index authorization_payload_grant_id on authorization_payload (grant_id) where grant_id is not null;
create index authorization_payload_uid on authorization_payload (model, uid) where uid is not null;
create index authorization_payload_expires_at on authorization_payload (expires_at);
