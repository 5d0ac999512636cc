// Everything that can go wrong, once: code -> HTTP status -> FHIR issue type -> words for a person.
// https://hl7.org/fhir/R4/operationoutcome.html · CodeSystem https://siphub.se/fhir/CodeSystem/sip-error
// Refuses nothing itself: it is thrown (`throw problem('not-found')`) or returned as findings.

/** FHIR issue types the hub uses (https://hl7.org/fhir/R4/valueset-issue-type.html). */
export type IssueType =
  | 'business-rule'
  | 'code-invalid'
  | 'conflict'
  | 'deleted'
  | 'duplicate'
  | 'exception'
  | 'forbidden'
  | 'invalid'
  | 'invariant'
  | 'login'
  | 'multiple-matches'
  | 'not-found'
  | 'not-supported'
  | 'required'
  | 'structure'
  | 'throttled'
  | 'timeout'
  | 'too-costly'
  | 'too-long'
  | 'transient'
  | 'value';

interface ProblemKind {
  readonly status: number;
  readonly issue: IssueType;
  /** What it means and what to do, in English and Swedish. Never holds data of a person. */
  readonly en: string;
  readonly sv: string;
}

const kind = (status: number, issue: IssueType, en: string, sv: string): ProblemKind => ({
  status,
  issue,
  en,
  sv,
});

/** The closed table. A code, once released, keeps its meaning. docs/reference/errors.md is made from it. */
export const problemKinds = {
  // The message itself
  'json-malformed': kind(
    400,
    'structure',
    'The body is not well-formed JSON. Correct it at the position named.',
    'Innehållet är inte giltig JSON. Rätta det på den plats som anges.',
  ),
  'json-too-deep': kind(
    400,
    'structure',
    'The JSON is nested deeper than the hub accepts. Send a flatter resource.',
    'JSON-innehållet är för djupt nästlat. Skicka en plattare resurs.',
  ),
  'json-duplicate-key': kind(
    400,
    'structure',
    'An object holds the same key twice. Send each element once.',
    'Ett objekt innehåller samma nyckel två gånger. Skicka varje element en gång.',
  ),
  'json-forbidden-key': kind(
    400,
    'structure',
    'A key with this name is not accepted. Remove it.',
    'En nyckel med det här namnet tas inte emot. Ta bort den.',
  ),
  'json-forbidden-character': kind(
    400,
    'value',
    'The text holds a NUL character or half a surrogate pair. Remove it.',
    'Texten innehåller ett NUL-tecken eller ett halvt surrogatpar. Ta bort det.',
  ),
  'body-missing': kind(
    400,
    'required',
    'The request needs a body. Send a FHIR resource as application/fhir+json.',
    'Anropet behöver ett innehåll. Skicka en FHIR-resurs som application/fhir+json.',
  ),
  'body-too-large': kind(
    413,
    'too-long',
    'The body is larger than the hub accepts. Split it.',
    'Innehållet är större än navet tar emot. Dela upp det.',
  ),
  'url-too-long': kind(
    414,
    'too-long',
    'The address is longer than the hub accepts. Use POST _search.',
    'Adressen är längre än navet tar emot. Använd POST _search.',
  ),
  'media-type-unsupported': kind(
    415,
    'not-supported',
    'Send application/fhir+json in UTF-8.',
    'Skicka application/fhir+json i UTF-8.',
  ),
  'not-acceptable': kind(
    406,
    'not-supported',
    'The hub answers with application/fhir+json only. Change Accept or _format.',
    'Navet svarar bara med application/fhir+json. Ändra Accept eller _format.',
  ),
  'bundle-too-large': kind(
    413,
    'too-long',
    'The Bundle has more entries than the hub accepts. Split it.',
    'Bundeln har fler poster än navet tar emot. Dela upp den.',
  ),
  // Structure and content (validation)
  'resource-type-unknown': kind(
    400,
    'structure',
    'This is not a resource type of FHIR R4. Correct resourceType.',
    'Detta är inte en resurstyp i FHIR R4. Rätta resourceType.',
  ),
  'resource-type-mismatch': kind(
    400,
    'invalid',
    'resourceType differs from the type in the address. Make them equal.',
    'resourceType skiljer sig från typen i adressen. Gör dem lika.',
  ),
  'id-mismatch': kind(
    400,
    'invalid',
    'Resource.id differs from the id in the address. Make them equal.',
    'Resource.id skiljer sig från id i adressen. Gör dem lika.',
  ),
  'unknown-element': kind(
    400,
    'structure',
    'The element is not part of this type. Correct its name or remove it.',
    'Elementet finns inte i den här typen. Rätta namnet eller ta bort det.',
  ),
  'wrong-type': kind(
    400,
    'structure',
    'The element has the wrong JSON type. Send the type that is named.',
    'Elementet har fel JSON-typ. Skicka den typ som anges.',
  ),
  'invalid-value': kind(
    400,
    'value',
    'The value does not have the form its data type asks for. Correct it.',
    'Värdet har inte den form som datatypen kräver. Rätta det.',
  ),
  'empty-element': kind(
    400,
    'structure',
    'An element must have a value, children or an extension. Fill it or leave it out.',
    'Ett element måste ha ett värde, barn eller tillägg. Fyll i det eller utelämna det.',
  ),
  'element-id-repeated': kind(
    422,
    'value',
    'The id stands at another element or contained resource too. Give each its own.',
    'Samma id finns på ett annat element eller en annan innesluten resurs. Ge vart och ett sitt eget.',
  ),
  'element-required': kind(422, 'required', 'The element is missing. Add it.', 'Elementet saknas. Lägg till det.'),
  'too-many': kind(
    422,
    'structure',
    'There are more repetitions than the profile allows. Remove some.',
    'Det finns fler upprepningar än profilen tillåter. Ta bort några.',
  ),
  'element-prohibited': kind(
    422,
    'structure',
    'The profile does not allow this element. Remove it.',
    'Profilen tillåter inte elementet. Ta bort det.',
  ),
  'fixed-value': kind(
    422,
    'value',
    'The profile fixes another value here. Send that value.',
    'Profilen låser ett annat värde här. Skicka det värdet.',
  ),
  'type-not-allowed': kind(
    422,
    'structure',
    'The profile does not allow this data type here. Use one that is named.',
    'Profilen tillåter inte den här datatypen. Använd någon som anges.',
  ),
  'slice-not-allowed': kind(
    422,
    'structure',
    'The list is closed and this item matches none of its slices. Correct or remove it.',
    'Listan är stängd och posten motsvarar ingen av dess delar. Rätta eller ta bort den.',
  ),
  'code-not-in-value-set': kind(
    422,
    'code-invalid',
    'The code is not in the value set that the profile binds. Use one of its codes.',
    'Koden finns inte i den värdemängd som profilen kräver. Använd en av dess koder.',
  ),
  'code-unknown': kind(
    422,
    'code-invalid',
    'The code is not in the code system it names. Correct it.',
    'Koden finns inte i det kodsystem som anges. Rätta den.',
  ),
  'reference-target': kind(
    422,
    'structure',
    'The reference points at a type that the profile does not allow here. Point at one that is named.',
    'Referensen pekar på en typ som profilen inte tillåter här. Peka på någon som anges.',
  ),
  'profile-unknown': kind(
    422,
    'not-found',
    'The profile is not loaded at the hub, so nothing was asked of it. Correct its URL, or ask the operator to load its package.',
    'Profilen är inte inläst i navet, så ingenting har prövats mot den. Rätta dess adress, eller be driftansvarig läsa in dess paket.',
  ),
  'invariant-failed': kind(
    422,
    'invariant',
    'A rule of the profile is broken. Correct what the rule asks for.',
    'En regel i profilen är bruten. Rätta det som regeln kräver.',
  ),
  'extension-context': kind(
    422,
    'structure',
    'The extension may not stand at this element. Move or remove it.',
    'Tillägget får inte stå på det här elementet. Flytta eller ta bort det.',
  ),
  'modifier-extension-unknown': kind(
    422,
    'not-supported',
    'A modifierExtension the hub does not know would change the meaning. Remove it.',
    'Ett modifierExtension som navet inte känner till skulle ändra innebörden. Ta bort det.',
  ),
  'identifier-invalid': kind(
    422,
    'value',
    'The identifier has the wrong form or a wrong check digit. Correct it.',
    'Identifieraren har fel form eller fel kontrollsiffra. Rätta den.',
  ),
  'narrative-unsafe': kind(
    422,
    'structure',
    'The narrative holds active content or markup that is not allowed. Remove it.',
    'Beskrivningstexten innehåller aktivt innehåll eller otillåten märkning. Ta bort det.',
  ),
  // Patches
  'patch-malformed': kind(
    400,
    'structure',
    'The patch cannot be understood. Correct the operation named; operations are counted from 0.',
    'Ändringsanvisningen (patch) kan inte tolkas. Rätta den operation som anges; operationer räknas från 0.',
  ),
  'patch-failed': kind(
    422,
    'value',
    'An operation of the patch cannot be carried out on this resource, so nothing was changed. Correct it; operations are counted from 0.',
    'En operation i ändringsanvisningen (patch) kan inte utföras på resursen, så inget ändrades. Rätta den; operationer räknas från 0.',
  ),
  'patch-test-failed': kind(
    422,
    'value',
    'A test in the patch does not hold, so nothing was changed. Read the resource again.',
    'Ett test i ändringsanvisningen (patch) är inte uppfyllt, så inget ändrades. Läs resursen igen.',
  ),
  // References
  'reference-not-found': kind(
    422,
    'not-found',
    'The reference points at nothing that this party can see. Correct it, or write its target first.',
    'Referensen pekar inte på något som parten kan se. Rätta den, eller skriv målet först.',
  ),
  'reference-ambiguous': kind(
    412,
    'multiple-matches',
    'The conditional reference matches more than one resource. Make it more exact.',
    'Den villkorade referensen träffar fler än en resurs. Gör den mer exakt.',
  ),
  'reference-circular': kind(
    422,
    'business-rule',
    'The conditional reference asks for a reference that must be resolved first, and that one waits for it. Give one of them by id or fullUrl.',
    'Den villkorade referensen frågar efter en referens som måste lösas först, och den väntar på denna. Ange en av dem med id eller fullUrl.',
  ),
  'organization-circular': kind(
    422,
    'business-rule',
    'The organization would be a part of itself. Name in partOf one that is not below it, or change that one first.',
    'Organisationen skulle bli en del av sig själv. Ange i partOf en organisation som inte ligger under den, eller ändra den först.',
  ),
  'subject-mismatch': kind(
    422,
    'business-rule',
    'The resource and what it refers to belong to different persons. Correct the reference.',
    'Resursen och det den hänvisar till gäller olika personer. Rätta referensen.',
  ),
  'subject-fixed': kind(
    422,
    'business-rule',
    'The person a resource is about never changes. Write a new resource.',
    'Personen som en resurs gäller kan aldrig ändras. Skriv en ny resurs.',
  ),
  // Bundles
  'bundle-type': kind(
    400,
    'value',
    'The base address takes a Bundle of type transaction or batch. Correct Bundle.type.',
    'Basadressen tar emot en Bundle av typen transaction eller batch. Rätta Bundle.type.',
  ),
  'bundle-entry': kind(
    400,
    'invalid',
    'The entry cannot be carried out as written. Correct entry.request.',
    'Posten kan inte utföras som den är skriven. Rätta entry.request.',
  ),
  'bundle-duplicate-target': kind(
    400,
    'duplicate',
    'Two entries have the same fullUrl or change the same resource. Keep one.',
    'Två poster har samma fullUrl eller ändrar samma resurs. Behåll en.',
  ),
  // Search
  'search-parameter-unknown': kind(
    400,
    'not-supported',
    'The search parameter is not known for this type. See the CapabilityStatement.',
    'Sökparametern finns inte för den här typen. Se CapabilityStatement.',
  ),
  'search-modifier-unsupported': kind(
    400,
    'not-supported',
    'The modifier cannot be used with this parameter. See the CapabilityStatement.',
    'Modifieraren kan inte användas med den här parametern. Se CapabilityStatement.',
  ),
  'search-value-invalid': kind(
    400,
    'value',
    'The search value does not have the form the parameter asks for. Correct it.',
    'Sökvärdet har inte den form som parametern kräver. Rätta det.',
  ),
  'search-cursor-invalid': kind(
    400,
    'value',
    'The page link is damaged or not made by this hub. Search anew.',
    'Sidlänken är skadad eller inte skapad av det här navet. Sök på nytt.',
  ),
  // Operations
  'operation-parameter-invalid': kind(
    400,
    'value',
    'The operation does not take this parameter, or not this value of it. Correct it as the text says.',
    'Operationen tar inte emot parametern, eller inte det värdet. Rätta den som texten anger.',
  ),
  'label-protected': kind(
    422,
    'business-rule',
    'This label is set and removed by the hub, or by an update of the whole resource. Leave it out.',
    'Den här märkningen sätts och tas bort av navet, eller genom att hela resursen uppdateras. Utelämna den.',
  ),
  // Who and what
  'login-required': kind(
    401,
    'login',
    'Send a valid access token as Authorization: Bearer.',
    'Skicka ett giltigt åtkomstintyg som Authorization: Bearer.',
  ),
  'token-invalid': kind(
    401,
    'login',
    'The access token is expired, forged or not for this hub. Ask for a new one.',
    'Åtkomstintyget har gått ut, är förfalskat eller gäller inte det här navet. Begär ett nytt.',
  ),
  'client-disabled': kind(
    401,
    'login',
    'The client, its key or its organization is no longer enabled. Ask the operator of the hub.',
    'Klienten, dess nyckel eller dess organisation är inte längre aktiv. Kontakta navets driftansvarige.',
  ),
  'scope-insufficient': kind(
    403,
    'forbidden',
    'The token lacks the scope that this interaction needs. Ask for that scope.',
    'Åtkomstintyget saknar den behörighet (scope) som anropet kräver. Begär den.',
  ),
  'role-forbidden': kind(
    403,
    'forbidden',
    'This kind of client may not do this, whatever its scopes.',
    'Den här sortens klient får inte göra detta, oavsett behörigheter.',
  ),
  'not-found': kind(
    404,
    'not-found',
    'There is no such resource, or this party may not see it.',
    'Resursen finns inte, eller så får parten inte se den.',
  ),
  'endpoint-unknown': kind(
    404,
    'not-supported',
    'The hub has no such address. See the CapabilityStatement.',
    'Navet har ingen sådan adress. Se CapabilityStatement.',
  ),
  'method-not-allowed': kind(
    405,
    'not-supported',
    'The address does not take this method. See the CapabilityStatement.',
    'Adressen tar inte emot den här metoden. Se CapabilityStatement.',
  ),
  'interaction-unsupported': kind(
    405,
    'not-supported',
    'The hub does not offer this interaction for this type. See the CapabilityStatement.',
    'Navet erbjuder inte den här interaktionen för typen. Se CapabilityStatement.',
  ),
  gone: kind(
    410,
    'deleted',
    'The resource has been deleted. Its history can still be read.',
    'Resursen är borttagen. Dess historik kan fortfarande läsas.',
  ),
  // Concurrency and conditions
  'if-match-required': kind(
    428,
    'required',
    'Send If-Match with the ETag of the version you read.',
    'Skicka If-Match med ETag för den version du läste.',
  ),
  'if-match-malformed': kind(
    400,
    'value',
    'If-Match must be one weak ETag, W/"version".',
    'If-Match måste vara en svag ETag, W/"version".',
  ),
  'version-conflict': kind(
    412,
    'conflict',
    'Somebody has changed the resource since you read it. Read it again and repeat the change.',
    'Någon har ändrat resursen sedan du läste den. Läs den igen och gör om ändringen.',
  ),
  'precondition-multiple': kind(
    412,
    'multiple-matches',
    'The condition matches more than one resource. Make it more exact.',
    'Villkoret träffar fler än en resurs. Gör det mer exakt.',
  ),
  'reduced-view': kind(
    409,
    'conflict',
    'You read a view from which references were taken out. Use PATCH, so that nothing hidden is lost.',
    'Du läste en vy där hänvisningar var borttagna. Använd PATCH så att inget dolt går förlorat.',
  ),
  'already-registered': kind(
    409,
    'duplicate',
    'Your party has already registered this person. Update that registration.',
    'Er part har redan registrerat personen. Uppdatera den registreringen.',
  ),
  'identifier-fixed': kind(
    422,
    'business-rule',
    'The identifier that gave the person an id never changes. Mark the registration entered-in-error and register anew.',
    'Identifieraren som gav personen ett id kan aldrig ändras. Märk registreringen som felaktig och registrera på nytt.',
  ),
  'resource-in-use': kind(
    409,
    'conflict',
    'Other resources refer to this one. Change them first.',
    'Andra resurser hänvisar till den här. Ändra dem först.',
  ),
  // The hub's own rules
  'not-your-resource': kind(
    422,
    'business-rule',
    'Only the party that keeps the resource may change it. Write a resource of your own that refers to it.',
    'Bara den part som ansvarar för resursen får ändra den. Skriv en egen resurs som hänvisar till den.',
  ),
  'not-your-field': kind(
    422,
    'business-rule',
    'Only the party named may write this. Leave it to that party.',
    'Bara den namngivna parten får skriva detta. Överlåt det till den parten.',
  ),
  'state-transition': kind(
    422,
    'business-rule',
    'The resource does not go from this state to that one. See which it may go to.',
    'Resursen kan inte gå från det här tillståndet till det andra. Se vilka den kan gå till.',
  ),
  'guardian-needed': kind(
    422,
    'business-rule',
    'A child’s consent is said by both guardians, or by one with the reason why one suffices. Name them.',
    'Ett barns samtycke lämnas av båda vårdnadshavarna, eller av en med skälet till att en räcker. Ange dem.',
  ),
  'child-view': kind(
    422,
    'business-rule',
    'The child’s own view is missing. Ask the child and record it, or record why the child could not be heard.',
    'Barnets egen inställning saknas. Fråga barnet och anteckna den, eller varför barnet inte kunde höras.',
  ),
  'consent-giver': kind(
    422,
    'business-rule',
    'Whoever said the consent does not fit the basis it is recorded on. Correct the one or the other.',
    'Den som har lämnat samtycket stämmer inte med grunden för det. Rätta det ena eller det andra.',
  ),
  'harm-assessment-own': kind(
    422,
    'business-rule',
    'Each party assesses for its own data alone that sharing does no harm. Name your own organization.',
    'Varje part gör menprövningen för sina egna uppgifter. Ange den egna organisationen.',
  ),
  'label-not-allowed': kind(
    422,
    'business-rule',
    'This label may not stand here: the individual sees every registration, every Consent and what he or she has written. Leave it out.',
    'Märkningen får inte stå här: den enskilde ser alla registreringar, alla samtycken och det hon eller han själv har skrivit. Ta bort den.',
  ),
  'consent-element-unsupported': kind(
    422,
    'not-supported',
    'The hub cannot enforce this part of a Consent and does not half enforce it. Remove it.',
    'Navet kan inte upprätthålla den här delen av ett samtycke och gör det inte till hälften. Ta bort den.',
  ),
  'consent-recipient-required': kind(
    422,
    'required',
    'A consent names at least one receiving organization (provision.actor, role IRCP).',
    'Ett samtycke namnger minst en mottagande organisation (provision.actor, roll IRCP).',
  ),
  'consent-custodian-required': kind(
    422,
    'required',
    'A consent names at least one organization whose data it opens (Consent.organization).',
    'Ett samtycke namnger minst en organisation vars uppgifter det öppnar (Consent.organization).',
  ),
  'consent-not-asked': kind(
    422,
    'business-rule',
    'Only a custodian that the Consent names (Consent.organization) and that has not recorded it confirms it. Let that organization do it, or record a Consent of your own.',
    'Bara en organisation som samtycket namnger (Consent.organization) och som inte själv har registrerat det bekräftar det. Låt den göra det, eller registrera ett eget samtycke.',
  ),
  'consent-not-active': kind(
    422,
    'business-rule',
    'Only an active Consent is confirmed. Wait until the party that recorded it has made it active.',
    'Bara ett aktivt samtycke bekräftas. Vänta tills den part som registrerade det har gjort det aktivt.',
  ),
  'resource-managed-by-hub': kind(
    422,
    'business-rule',
    'The hub makes these resources itself. Read them; do not write them.',
    'Navet skapar själv dessa resurser. Läs dem, skriv dem inte.',
  ),
  'search-parameter-refused': kind(
    422,
    'not-supported',
    'The hub cannot search by this SearchParameter as it is written. Change the element that is named.',
    'Navet kan inte söka med den här sökparametern som den är skriven. Ändra det element som anges.',
  ),
  'search-parameter-indexing': kind(
    503,
    'transient',
    'What was stored earlier is still being indexed for this search parameter. Try again when Retry-After says.',
    'Det som redan är lagrat håller på att indexeras för den här sökparametern. Försök igen när Retry-After anger.',
  ),
  // The hub itself
  throttled: kind(
    429,
    'throttled',
    'Too many requests. Wait as long as Retry-After says.',
    'För många anrop. Vänta så länge som Retry-After anger.',
  ),
  'too-costly': kind(
    400,
    'too-costly',
    'The request asks for more than the hub gives in one answer. Narrow it.',
    'Anropet begär mer än navet ger i ett svar. Avgränsa det.',
  ),
  'database-unavailable': kind(
    503,
    'transient',
    'The hub cannot reach its database. Try again shortly.',
    'Navet når inte sin databas. Försök igen om en stund.',
  ),
  'database-timeout': kind(
    503,
    'timeout',
    'The request took too long and was stopped. Narrow it or try again.',
    'Anropet tog för lång tid och avbröts. Avgränsa det eller försök igen.',
  ),
  'audit-unavailable': kind(
    503,
    'transient',
    'The hub cannot write to its audit log, and gives nothing that is not logged. Try again later; the operator can find the reason by the X-Request-Id.',
    'Navet kan inte skriva i sin åtkomstlogg och lämnar inte ut något som inte loggas. Försök igen senare; driftansvarig kan hitta orsaken med X-Request-Id.',
  ),
  draining: kind(
    503,
    'transient',
    'The hub is stopping. Try again shortly.',
    'Navet håller på att stanna. Försök igen om en stund.',
  ),
  internal: kind(
    500,
    'exception',
    'The hub failed. The operator can find the request by its X-Request-Id.',
    'Navet gjorde fel. Driftansvarig kan hitta anropet med dess X-Request-Id.',
  ),
} as const satisfies Record<string, ProblemKind>;

export type ProblemCode = keyof typeof problemKinds;

/** One thing that is wrong, at one place. `expression` is FHIRPath (`CarePlan.activity[0].reference`). */
export interface Finding {
  readonly code: ProblemCode;
  readonly severity: 'error' | 'warning' | 'information';
  /** What exactly is wrong here and what to do, in English. Never holds a personal number, token or SQL. */
  readonly diagnostics?: string;
  readonly expression?: string;
}

/** What stops a request. Carries at least one finding; `detail` is for the log only. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly findings: readonly [Finding, ...Finding[]];
  readonly headers: Readonly<Record<string, string>>;
  readonly detail: string | undefined;

  constructor(
    findings: readonly [Finding, ...Finding[]],
    options: {
      readonly headers?: Readonly<Record<string, string>>;
      readonly detail?: string;
      readonly cause?: unknown;
    } = {},
  ) {
    super(findings[0].diagnostics ?? problemKinds[findings[0].code].en, { cause: options.cause });
    this.findings = findings;
    this.headers = options.headers ?? {};
    this.detail = options.detail;
  }

  /** The HTTP status: 400 where any finding says so (the message could not be understood), else that of the first error. */
  get status(): number {
    const errors = this.findings.filter((finding) => finding.severity === 'error');
    const statuses = (errors.length > 0 ? errors : this.findings).map((finding) => problemKinds[finding.code].status);
    return statuses.includes(400) ? 400 : (statuses[0] ?? 500);
  }
}

/** A problem with one finding. */
export function problem(
  code: ProblemCode,
  options: {
    readonly diagnostics?: string;
    readonly expression?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly detail?: string;
    readonly cause?: unknown;
  } = {},
): Problem {
  const { diagnostics, expression, ...rest } = options;
  return new Problem([{ code, severity: 'error', diagnostics, expression }], rest);
}

/** Throws one Problem with all findings if any is an error; warnings alone pass. */
export function throwIfErrors(findings: readonly Finding[]): void {
  const [first, ...others] = findings;
  if (first !== undefined && findings.some((finding) => finding.severity === 'error')) {
    throw new Problem([first, ...others]);
  }
}
