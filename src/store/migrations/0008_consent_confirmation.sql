-- Joint consents: a custodian that another party's Consent names opens its own part by confirming it ($confirm).
-- `resource`: the grant opens this one resource in its current version and nothing else. A Consent is opened so to the custodians it
-- asks. Null: all of the custodian's data about the person.
alter table sharing_grant add column resource bigint;

-- The custodians that have confirmed a Consent as it stands. A version that widens the Consent, or is not active, takes them away.
create table consent_confirmation (
  consent bigint not null,
  custodian bigint not null,
  confirmed_at timestamptz(3) not null,
  primary key (consent, custodian)
);
