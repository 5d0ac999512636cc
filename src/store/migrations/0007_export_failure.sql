-- Why an export has failed, as a finding: its code, and what exactly is wrong. Null where that is not known.
alter table export_job add column failure jsonb;
