// The log about one person as a page in plain Swedish: who has had which of the person's data, when, and by what right. Pure.
// Everything that is not written here is escaped; the page holds no script and fetches nothing.
import type { AuditEvent } from '../store/audit-event.ts';

export interface AccessLogPage {
  /** Of the person, as the party that asks has registered it. */
  readonly personName: string;
  readonly personNumber: string;
  /** The party that asks; undefined: the individual does. */
  readonly partyName: string | undefined;
  readonly madeAt: Date;
  /** Newest first. */
  readonly events: readonly AuditEvent[];
  /** There is more than is shown. */
  readonly isCut: boolean;
}

/** What a party did, by the log's word for it. */
const deeds: Readonly<Record<string, string>> = {
  read: 'Läste',
  vread: 'Läste en äldre version av',
  'history-instance': 'Läste historiken för',
  'history-type': 'Läste historiken för',
  'history-system': 'Läste historiken för',
  'search-type': 'Sökte och fick',
  create: 'Skrev',
  update: 'Ändrade',
  patch: 'Ändrade',
  delete: 'Tog bort',
  transaction: 'Skrev',
  everything: 'Hämtade allt om personen:',
  export: 'Hämtade i en större mängd:',
  confirm: 'Bekräftade',
  'explain-access': 'Frågade varför åtkomst är öppen eller stängd:',
  meta: 'Läste märkningen av',
  'meta-add': 'Ändrade märkningen av',
  'meta-delete': 'Ändrade märkningen av',
  validate: 'Prövade',
  'access-log': 'Tog fram den här sidan:',
};

/** One, and several. */
const things: Readonly<Record<string, readonly [string, string]>> = {
  Patient: ['personuppgifter', 'personuppgifter'],
  RelatedPerson: ['närstående', 'närstående'],
  CarePlan: ['plan', 'planer'],
  Goal: ['mål', 'mål'],
  ServiceRequest: ['insats', 'insatser'],
  Task: ['åtagande', 'åtaganden'],
  Consent: ['samtycke', 'samtycken'],
  CareTeam: ['vårdlag', 'vårdlag'],
  Appointment: ['möte', 'möten'],
  AppointmentResponse: ['svar på kallelse', 'svar på kallelse'],
  Communication: ['meddelande', 'meddelanden'],
  Encounter: ['vårdtillfälle', 'vårdtillfällen'],
  QuestionnaireResponse: ['självskattning', 'självskattningar'],
  Provenance: ['uppgift om ursprung', 'uppgifter om ursprung'],
  AuditEvent: ['loggpost', 'loggposter'],
};

const rights: Readonly<Record<string, string>> = {
  individual: 'det handlar om den enskilde',
  own: 'egna uppgifter',
  author: 'skrev uppgiften själv',
  consent: 'den enskildes samtycke',
};

/** HTML, whole. */
export function toAccessLogPage(page: AccessLogPage): string {
  const { events, isCut, madeAt } = page;
  const rows = events.map(toRow).join('\n');
  const table =
    events.length === 0
      ? '<p>Ingen har tagit del av uppgifterna under tiden.</p>'
      : `<table>
<thead><tr><th scope="col">När</th><th scope="col">Vem</th><th scope="col">Vad</th><th scope="col">Med vilken rätt</th></tr></thead>
<tbody>
${rows}
</tbody>
</table>`;
  const cut = isCut ? '<p>Det finns fler händelser än vad som får plats här. Välj en kortare tid.</p>\n' : '';
  return `<!doctype html>
<html lang="sv">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Vem har tagit del av uppgifterna</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; margin: 1rem auto; max-width: 60rem; padding: 0 1rem; color: #1a1a1a; background: #fff; }
h1 { font-size: 1.5rem; line-height: 1.25; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 0.5rem 0.75rem 0.5rem 0; border-bottom: 1px solid #767676; }
@media (max-width: 40rem) { thead { position: absolute; left: -999rem; } tr, td { display: block; } td { border: 0; padding: 0; } tr { border-bottom: 1px solid #767676; padding: 0.5rem 0; } }
</style>
</head>
<body>
<h1>Vem har tagit del av uppgifterna</h1>
<p>Gäller ${escape(page.personName)}, ${escape(page.personNumber)}. Framtagen ${toTime(madeAt)}${toReach(page)}
${table}
${cut}<p>Vill du veta mer om en händelse, fråga den verksamhet som står under Vem.</p>
</body>
</html>
`;
}

/** By whom the page is made, and what it therefore shows. */
function toReach({ partyName }: AccessLogPage): string {
  if (partyName === undefined) {
    return `.</p>
<p>Sidan visar alla som har tagit del av uppgifter om dig här, och vad du själv har gjort. Vad verksamheterna gör i sina egna system står inte här: fråga dem.</p>`;
  }
  const party = escape(partyName);
  return ` av ${party}.</p>
<p>Sidan visar vad ${party} själv har gjort, och vilka andra som har fått uppgifter som ${party} ansvarar för. Vad andra gör med sina egna uppgifter står inte här: fråga dem.</p>`;
}

function toRow(event: AuditEvent): string {
  const cells = [
    `<time datetime="${event.at.toISOString()}">${toTime(event.at)}</time>`,
    escape(event.individualId === undefined ? (event.organizationName ?? 'Okänd') : 'Den enskilde'),
    escape(toDeed(event)),
    escape(toRight(event)),
  ];
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
}

/** `Läste 2 mål och 1 plan` */
function toDeed({ interaction, entities, outcome }: AuditEvent): string {
  const counts = new Map<string, number>();
  for (const { address } of entities) {
    const [type = ''] = address.split('/');
    counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  const named = [...counts].map(([type, count]) => {
    const [one, several] = things[type] ?? ['annan uppgift', 'andra uppgifter'];
    return type === 'Patient' ? one : `${count} ${count === 1 ? one : several}`;
  });
  const what = new Intl.ListFormat('sv', { type: 'conjunction' }).format(named);
  const deed = Object.hasOwn(deeds, interaction) ? deeds[interaction] : 'Gjorde något annat med';
  const text = `${deed} ${what === '' ? 'inga uppgifter' : what}`;
  return outcome === 'success' ? text : `${text} (fick nej)`;
}

function toRight({ entities }: AuditEvent): string {
  const named = new Set(entities.flatMap(({ rule }) => (rule === null ? [] : (rights[rule] ?? []))));
  return new Intl.ListFormat('sv', { type: 'conjunction' }).format(named);
}

const timeFormat = new Intl.DateTimeFormat('sv-SE', {
  dateStyle: 'long',
  timeStyle: 'short',
  timeZone: 'Europe/Stockholm',
});

/** Swedish time, to the minute. */
const toTime = (at: Date): string => timeFormat.format(at);

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (sign) => escapes[sign] ?? '');
