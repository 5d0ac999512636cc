// The hub's own code systems, and the small national ones it needs: code, English, Swedish. terminology/build.ts makes
// CodeSystem and ValueSet from each. A code, once released, keeps its meaning.

export interface CodeRow {
  readonly code: string;
  readonly en?: string;
  readonly sv?: string;
}

export interface CodeSystemSource {
  readonly id: string;
  /** Other than `https://siphub.se/fhir/CodeSystem/<id>` where somebody else owns the codes. */
  readonly url?: string;
  readonly title: string;
  readonly description: string;
  readonly content?: 'complete' | 'fragment';
  readonly copyright?: string;
  readonly codes: readonly CodeRow[];
}

const row = (code: string, en?: string, sv?: string): CodeRow => ({ code, en, sv });

export const codeSystems: readonly CodeSystemSource[] = [
  {
    id: 'sip-party-type',
    title: 'Sorts of party',
    description: 'What sort of organization takes part in a SIP.',
    codes: [
      row('region', 'Region (health care)', 'Region'),
      row('municipality', 'Municipality', 'Kommun'),
      row(
        'private-provider',
        'Private provider on behalf of a region or municipality',
        'Privat utförare på uppdrag av region eller kommun',
      ),
      row('school', 'School', 'Skola'),
      row('state-agency', 'State agency', 'Statlig myndighet'),
      row('civil-society', 'Civil society', 'Civilsamhälle'),
      row('other', 'Other', 'Annan'),
    ],
  },
  {
    id: 'sip-responsibility',
    title: 'Whose responsibility',
    description: 'Whose responsibility an intervention is, as the law asks the plan to say.',
    codes: [
      row('region', 'The region', 'Regionens ansvar'),
      row('municipality', 'The municipality', 'Kommunens ansvar'),
      row('other', 'Somebody else', 'Annans ansvar'),
      row('individual', 'The individual or a relative', 'Den enskilde eller en närstående'),
    ],
  },
  {
    id: 'sip-goal-kind',
    title: 'Sorts of goal',
    description: 'A plan has one main goal and sub-goals on the way to it.',
    codes: [row('main-goal', 'Main goal', 'Huvudmål'), row('sub-goal', 'Sub-goal', 'Delmål')],
  },
  {
    id: 'sip-goal-relation',
    title: 'How goals belong together',
    description: 'For the type of the standard goal-relationship extension.',
    codes: [row('part-of', 'Part of', 'Del av')],
  },
  {
    id: 'sip-coordination-level',
    title: 'Levels of coordination',
    description: 'How much coordination a person needs.',
    codes: [
      row('information', 'Information only', 'Information'),
      row('sip', 'SIP', 'SIP'),
      row('sip-plus', 'SIP+', 'SIP+'),
      row('sip-plus-plus', 'SIP++', 'SIP++'),
    ],
  },
  {
    id: 'sip-legal-basis',
    title: 'Legal bases of a plan',
    description: 'The statute a plan is made under. Agreements may add their own.',
    codes: [
      row('hsl-16-4', 'Health and Medical Services Act (2017:30), ch. 16 s. 4', 'HSL (2017:30) 16 kap. 4 §'),
      row('sol-10-8', 'Social Services Act (2025:400), ch. 10 ss. 8–9', 'SoL (2025:400) 10 kap. 8–9 §§'),
      row(
        'sol-2-7',
        'Social Services Act (2001:453), ch. 2 s. 7, before 1 July 2025',
        'SoL (2001:453) 2 kap. 7 §, före den 1 juli 2025',
      ),
      row(
        'discharge-4',
        'Act (2017:612) on collaboration at discharge, ch. 4',
        'Lag (2017:612) om samverkan vid utskrivning, 4 kap.',
      ),
    ],
  },
  {
    id: 'sip-closing-reason',
    title: 'Reasons for closing a plan',
    description: 'Why a plan was completed or revoked.',
    codes: [
      row('goals-met', 'The goals are met', 'Målen är uppnådda'),
      row('coordination-not-needed', 'Coordination is no longer needed', 'Samordning behövs inte längre'),
      row('moved', 'Moved away', 'Flyttat'),
      row('deceased', 'Deceased', 'Avliden'),
      row('individual-wish', 'The individual’s wish', 'Den enskildes önskan'),
      row('consent-withdrawn', 'Consent was withdrawn', 'Samtycket återkallades'),
      row('consent-expired', 'Consent ran out and was not renewed', 'Samtycket gick ut och förnyades inte'),
      row('joined', 'Joined with another plan', 'Sammanförd med en annan plan'),
    ],
  },
  {
    id: 'sip-participation',
    title: 'How the individual took part',
    description: 'How the individual took part in making the plan.',
    codes: [
      row('took-part', 'Took part', 'Medverkade'),
      row('represented', 'Was represented', 'Företräddes'),
      row('chose-not', 'Chose not to take part', 'Avstod'),
      row('not-able', 'Was not able to take part', 'Kunde inte medverka'),
    ],
  },
  {
    id: 'sip-consent-basis',
    title: 'Bases of consent',
    description: 'What a consent rests on.',
    codes: [
      row('own-consent', 'The individual’s own consent', 'Eget samtycke'),
      row('guardian', 'Guardian of a child', 'Vårdnadshavare'),
      row(
        'appointed-representative',
        'Appointed representative within the mandate',
        'God man eller förvaltare inom uppdraget',
      ),
      row(
        'harm-assessment',
        'Assessment of no harm, each custodian for its own data',
        'Menprövning, varje part för sina egna uppgifter',
      ),
      row('reused-from-discharge', 'Reused from discharge', 'Övertaget från utskrivning'),
    ],
  },
  {
    id: 'sip-consent-evidence',
    title: 'How consent was given',
    description: 'How a yes was given where there is no scanned form.',
    codes: [
      row('spoken', 'Spoken', 'Muntligt'),
      row('paper', 'On paper', 'På papper'),
      row('e-id', 'With e-ID', 'Med e-legitimation'),
    ],
  },
  {
    id: 'sip-child-view',
    title: 'The child’s own view',
    description: 'What the child thinks about the sharing.',
    codes: [
      row('agrees', 'Agrees', 'Vill'),
      row('disagrees', 'Does not agree', 'Vill inte'),
      row('undecided', 'Has not decided', 'Har inte bestämt sig'),
      row('not-heard', 'Could not be heard', 'Har inte kunnat komma till tals'),
    ],
  },
  {
    id: 'sip-mandate',
    title: 'Mandates of a representative',
    description: 'What a court has appointed a god man or förvaltare for.',
    codes: [
      row('guard-rights', 'Guard the person’s rights', 'Bevaka rätt'),
      row('manage-property', 'Manage property', 'Förvalta egendom'),
      row('provide-for-person', 'Provide for the person', 'Sörja för person'),
    ],
  },
  {
    id: 'sip-relationship',
    title: 'Relations to the individual',
    description: 'Relations that a SIP needs to tell apart. HL7 relation codes may stand beside them.',
    codes: [
      row('guardian', 'Guardian of a child', 'Vårdnadshavare'),
      row('god-man', 'Appointed representative (god man)', 'God man'),
      row('forvaltare', 'Appointed administrator (förvaltare)', 'Förvaltare'),
      row('power-of-attorney', 'Holder of a power of attorney', 'Fullmaktshavare'),
      row('childs-representative', 'Child’s representative', 'Barnets ombud'),
      row('spouse', 'Spouse or partner', 'Make, maka eller sambo'),
      row('parent', 'Parent', 'Förälder'),
      row('child', 'Son or daughter', 'Son eller dotter'),
      row('sibling', 'Sibling', 'Syskon'),
      row('other-relative', 'Other relative', 'Annan släkting'),
      row('friend', 'Friend or neighbour', 'Vän eller granne'),
    ],
  },
  {
    id: 'sip-team-role',
    title: 'Roles in the team',
    description: 'What a participant does for the plan or at its meeting.',
    codes: [
      row('individual', 'The individual', 'Den enskilde'),
      row('coordinator', 'Coordinator', 'Samordnare'),
      row('overall-responsible', 'Overall responsible', 'Huvudansvarig'),
      row('meeting-leader', 'Meeting leader', 'Mötesledare'),
      row('documenter', 'Documenter', 'Dokumentationsansvarig'),
      row('guardian', 'Guardian', 'Vårdnadshavare'),
      row('appointed-representative', 'Appointed representative', 'God man eller förvaltare'),
      row('childs-representative', 'Child’s representative', 'Barnets ombud'),
      row('relative', 'Relative', 'Närstående'),
      row('case-manager', 'Case manager', 'Case manager'),
      row('sip-coordinator', 'SIP coordinator (supporting)', 'SIP-samordnare (stödjande)'),
      row('participant', 'Participant', 'Deltagare'),
    ],
  },
  {
    id: 'kv-typ-av-fast-kontakt',
    url: 'https://terminologitjansten.inera.se/inera-kodverksforvaltning/kodverk/kv_typ_av_fast_kontakt',
    title: 'kv_typ_av_fast_kontakt',
    description: 'Inera’s types of fixed contact (OID 1.2.752.129.5.1.69).',
    codes: [
      row('1', undefined, 'fast vårdkontakt'),
      row('2', undefined, 'fast läkarkontakt i primärvård'),
      row('3', undefined, 'fast omsorgskontakt i hemtjänsten'),
      row('4', undefined, 'fast vårdkontakt med övergripande samordningsansvar'),
    ],
  },
  {
    id: 'typeofcareplan-cs',
    url: 'https://fhir.inera.se/CodeSystem/typeofcareplan-cs',
    title: 'Type of care plan (Inera)',
    description:
      'The codes of Inera’s code system as named in RIVTA GetCarePlans 2. Only those whose meaning has been read have a display.',
    content: 'fragment',
    copyright: 'Inera AB, CC0-1.0 (EHDS-TK)',
    codes: [
      row('SIP', undefined, 'Samordnad individuell plan'),
      row('SPLPTLRV', undefined, 'Samordnad plan enligt LPT/LRV'),
      row('SPU', undefined, 'Samordnad plan vid utskrivning'),
      row('VP'),
      row('HP'),
      row('RP'),
      row('GP', undefined, 'Genomförandeplan'),
      row('SVP'),
    ],
  },
  {
    id: 'sip-task-code',
    title: 'Tasks',
    description: 'What a Task is: a party’s commitment, a work item made by the hub, or a task between parties.',
    codes: [
      row('commitment', 'Commitment to an intervention', 'Åtagande om en insats'),
      row('acknowledge-call', 'Acknowledge the call', 'Kvittera kallelsen'),
      row('hold-follow-up', 'Hold the follow-up', 'Håll uppföljningen'),
      row('obtain-consent', 'Obtain consent', 'Inhämta samtycke'),
      row('renew-consent', 'Renew consent', 'Förnya samtycke'),
      row('post-letter', 'Post the letter', 'Skicka brevet'),
      row('review-deviation', 'Review the deviation', 'Granska avvikelsen'),
      row('offer-sip', 'Offer a SIP', 'Erbjud en SIP'),
      row(
        'transfer-coordination',
        'Close the plan or hand over its coordination',
        'Avsluta planen eller lämna över samordningen',
      ),
      row('join-plans', 'Join two plans', 'Sammanför två planer'),
      row('prepare-meeting', 'Prepare the meeting', 'Förbered mötet'),
      row('other', 'Other', 'Annat'),
    ],
  },
  {
    id: 'sip-communication-category',
    title: 'Sorts of message',
    description: 'What a Communication is.',
    codes: [
      row('message', 'Message', 'Meddelande'),
      row('deviation', 'Deviation', 'Avvikelse'),
      row('need', 'Need of a SIP', 'Behov av SIP'),
      row('consultation', 'Consultation that does not name the individual', 'Förfrågan utan att namnge den enskilde'),
    ],
  },
  {
    id: 'sip-appointment-type',
    title: 'Sorts of meeting',
    description: 'What a call is to.',
    codes: [
      row('sip-meeting', 'SIP meeting', 'SIP-möte'),
      row('pre-meeting', 'Pre-meeting', 'Förmöte'),
      row('follow-up', 'Follow-up', 'Uppföljning'),
      row('discharge-planning', 'Planning before discharge', 'Planering inför utskrivning'),
    ],
  },
  {
    id: 'sip-meeting-form',
    title: 'Forms of meeting',
    description: 'How one takes part.',
    codes: [
      row('room', 'In a room', 'På plats'),
      row('video', 'Video', 'Video'),
      row('telephone', 'Telephone', 'Telefon'),
    ],
  },
  {
    id: 'sip-short-notice',
    title: 'Reasons for short notice',
    description: 'Why a call goes out later than the notice agreed.',
    codes: [row('urgent', 'Urgent', 'Brådskande'), row('agreed', 'Agreed with all', 'Överenskommet med alla')],
  },
  {
    id: 'sip-sensitivity',
    title: 'Sensitivity labels',
    description: 'Labels a party may set in meta.security, so that a consent can leave out what bears them.',
    codes: [
      row('substance-use', 'Substance use', 'Skadligt bruk och beroende'),
      row('mental-health', 'Mental health', 'Psykisk hälsa'),
      row('sexual-health', 'Sexual health', 'Sexuell hälsa'),
      row('violence', 'Violence in a close relation', 'Våld i nära relation'),
      row('child-protection', 'Protection of a child', 'Skydd av barn'),
    ],
  },
  {
    id: 'sip-operation',
    title: "The hub's operations",
    description:
      'Which operation an entry of the access log is about, beside the code operation of restful-interaction.',
    codes: [
      row('access-log', 'Took out the access log', 'Tog fram loggen över åtkomst'),
      row('confirm', 'Confirmed a joint consent', 'Bekräftade ett gemensamt samtycke'),
      row('everything', 'Read everything about a person', 'Läste allt om en person'),
      row('explain-access', 'Asked why access is open or closed', 'Frågade varför åtkomst är öppen eller stängd'),
      row('export', 'Exported data', 'Exporterade uppgifter'),
      row('meta', 'Read labels', 'Läste märkningar'),
      row('meta-add', 'Added labels', 'Lade till märkningar'),
      row('meta-delete', 'Took labels away', 'Tog bort märkningar'),
      row('validate', 'Had a resource judged', 'Lät pröva en resurs'),
    ],
  },
  {
    id: 'sip-ibic-life-area',
    title: 'IBIC life areas',
    description:
      'Life areas of Individens behov i centrum: nine that are the chapters d1–d9 of ICF, and two more. The numbers are the hub’s own.',
    copyright: 'IBIC: Socialstyrelsen. Names as told in a secondary source.',
    codes: [
      row('1', undefined, 'Lärande och att tillämpa kunskap'),
      row('2', undefined, 'Allmänna uppgifter och krav'),
      row('3', undefined, 'Kommunikation'),
      row('4', undefined, 'Förflyttning'),
      row('5', undefined, 'Personlig vård'),
      row('6', undefined, 'Hemliv'),
      row('7', undefined, 'Mellanmänskliga interaktioner och relationer'),
      row('8', undefined, 'Utbildning, arbete, sysselsättning och ekonomiskt liv'),
      row('9', undefined, 'Samhällsgemenskap, socialt och medborgerligt liv'),
      row('10', undefined, 'Känsla av trygghet'),
      row('11', undefined, 'Personligt stöd från person som vårdar eller stödjer en närstående'),
    ],
  },
  {
    id: 'icf-se',
    title: 'Swedish extension codes to ICF',
    description:
      'Codes that Socialstyrelsen has added to ICF (a capital letter after an 8-code). They are not part of the WHO system.',
    content: 'fragment',
    copyright: 'Socialstyrelsen',
    codes: [
      row('b1528A', undefined, 'Känsla av trygghet'),
      row('b1528B', undefined, 'Känsla av ensamhet'),
      row('d298A', undefined, 'Att hantera sitt beteende'),
      row('d598A', undefined, 'Att se till sin egen säkerhet'),
      row('d6408A'),
      row('e398A', undefined, 'Person som vårdar eller stödjer närstående'),
      row('e598A', undefined, 'Upplevd kvalitet'),
      row('e598B', undefined, 'Upplevd delaktighet'),
    ],
  },
];
