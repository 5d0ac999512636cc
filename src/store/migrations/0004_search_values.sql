-- Numbers, quantities and composites: what several columns of one row must meet at once. `key_code` and `key_system` hold the token
-- that is the first part of a composite, and are empty for a number or quantity alone. `low` to `high` is a closed span.
create table search_value (
  resource bigint not null,
  person bigint,
  param bigint not null,
  last_updated timestamptz(3) not null,
  key_code text collate "C" not null,
  key_system text collate "C" not null,
  low double precision,
  high double precision,
  code text collate "C" not null,
  system text collate "C" not null,
  unit text collate "C" not null,
  low2 double precision,
  high2 double precision
);
create index search_value_value on search_value (param, key_code, low, high, resource);
create index search_value_resource on search_value (resource, param);

-- The words of a resource, brought to their stems by the rules of its language. `narrative` is null where there is none.
create table search_text (
  resource bigint not null,
  person bigint,
  last_updated timestamptz(3) not null,
  language text not null,
  narrative tsvector,
  content tsvector not null
);
create index search_text_resource on search_text (resource);
create index search_text_narrative on search_text using gin (narrative);
create index search_text_content on search_text using gin (content);
