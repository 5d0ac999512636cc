-- What the index rows are made by. `generation` changes with every change of definitions: a process compares it with what it knows.
-- `position` to `until` is the walk that makes index rows anew: keys of `resource`; null where there is nothing to do.
create table search_state (
  only_row boolean primary key default true check (only_row),
  generation bigint not null,
  position bigint,
  until bigint not null
);
insert into search_state (generation, position, until) values (1, null, 0);

-- By resource type, code to digest: the parameters that there are, and those by which every resource of the type can be found.
-- `is_stale`: the rows of the type are not yet all made by `wanted`.
create table search_index (
  type text collate "C" primary key,
  wanted jsonb not null,
  done jsonb not null,
  is_stale boolean not null
);
