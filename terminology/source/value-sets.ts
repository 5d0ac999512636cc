// Value sets that are more, less or other than all codes of one system in code-systems.ts. terminology/build.ts writes them out.

export interface ValueSetSource {
  readonly id: string;
  readonly title: string;
  readonly include: readonly { readonly system: string; readonly codes?: readonly string[] }[];
}

const own = (id: string): string => `https://siphub.se/fhir/CodeSystem/${id}`;

export const valueSets: readonly ValueSetSource[] = [
  {
    id: 'sip-plan-type',
    title: 'Types of plan the hub keeps',
    include: [{ system: 'https://fhir.inera.se/CodeSystem/typeofcareplan-cs', codes: ['SIP', 'SPU'] }],
  },
  {
    id: 'sip-icf',
    title: 'ICF with the Swedish extension codes',
    include: [{ system: 'http://hl7.org/fhir/sid/icf' }, { system: own('icf-se') }],
  },
  {
    id: 'sip-team-role',
    title: 'Roles in the team',
    include: [
      { system: own('sip-team-role') },
      { system: 'https://terminologitjansten.inera.se/inera-kodverksforvaltning/kodverk/kv_typ_av_fast_kontakt' },
    ],
  },
  {
    id: 'sip-relationship',
    title: 'Relations to the individual',
    include: [
      { system: own('sip-relationship') },
      {
        system: 'http://terminology.hl7.org/CodeSystem/v3-RoleCode',
        codes: [
          'SPS',
          'DOMPART',
          'PRN',
          'MTH',
          'FTH',
          'CHILD',
          'SON',
          'DAU',
          'SIB',
          'SIS',
          'BRO',
          'GRPRN',
          'GRNDCHILD',
          'FAMMEMB',
          'FRND',
          'NBOR',
          'GUARD',
        ],
      },
    ],
  },
  {
    id: 'sip-work-item',
    title: 'Work items made by the hub',
    include: [
      {
        system: own('sip-task-code'),
        codes: [
          'acknowledge-call',
          'hold-follow-up',
          'obtain-consent',
          'renew-consent',
          'post-letter',
          'review-deviation',
          'offer-sip',
          'transfer-coordination',
          'join-plans',
        ],
      },
    ],
  },
  {
    id: 'sip-commitment-status',
    title: 'States of a commitment',
    include: [
      {
        system: 'http://hl7.org/fhir/task-status',
        codes: [
          'requested',
          'accepted',
          'rejected',
          'in-progress',
          'on-hold',
          'completed',
          'failed',
          'entered-in-error',
        ],
      },
    ],
  },
  {
    id: 'sip-response-status',
    title: 'Answers to a call',
    include: [{ system: 'http://hl7.org/fhir/participationstatus', codes: ['accepted', 'tentative', 'declined'] }],
  },
  { id: 'se-kommun', title: 'Municipalities', include: [{ system: 'urn:oid:1.2.752.129.2.2.1.17' }] },
  { id: 'se-lan', title: 'Counties', include: [{ system: 'urn:oid:1.2.752.129.2.2.1.18' }] },
];
