// What the pages of log-in and approval say, in plain Swedish and in English. One row per text; nothing else is in charge of words.
import type { ScopeAction } from '../access/scopes.ts';
import type { MessageKind } from '../auth/pages.ts';
import type { Language } from '../fhir/outcome.ts';

export interface Words {
  readonly logIn: string;
  readonly logInTo: (app: string) => string;
  readonly logInWith: (name: string) => string;
  readonly development: string;
  readonly choosePerson: string;
  readonly approve: (app: string) => string;
  readonly mayDo: (app: string) => string;
  readonly until: (time: string) => string;
  readonly afterwards: (place: string) => string;
  readonly mayChange: string;
  readonly yes: string;
  readonly no: string;
  readonly notYou: string;
  readonly logOut: string;
  readonly logOutAsk: string;
  readonly everything: string;
  readonly and: string;
  readonly actions: Readonly<Record<'read' | 'c' | 'u' | 'd', string>>;
  readonly help: string;
  readonly messages: Readonly<Record<MessageKind, { readonly title: string; readonly text: string }>>;
}

const sv: Words = {
  logIn: 'Logga in',
  logInTo: (app) => `Du är på väg till ${app}.`,
  logInWith: (name) => `Logga in med ${name}`,
  development: 'Det här är en hubb för utveckling. Här finns bara påhittade testpersoner, och inget lösenord behövs.',
  choosePerson: 'Välj vem du vill vara',
  approve: (app) => `Får ${app} se din plan?`,
  mayDo: (app) => `${app} får`,
  until: (time) => `Det gäller till ${time}. Sedan måste du logga in igen.`,
  afterwards: (place) => `När du har svarat skickas du till ${place}.`,
  mayChange: 'Du kan säga nej. Då får appen inte veta något. Du kan också ta tillbaka ditt ja genom att logga ut.',
  yes: 'Ja, det får den',
  no: 'Nej',
  notYou: 'Är det inte du som är inloggad? Logga ut',
  logOut: 'Logga ut',
  logOutAsk: 'Alla appar som du har loggat in i med den här webbläsaren slutar då att komma åt din plan.',
  everything: 'allt som rör din plan',
  and: ' och ',
  actions: { read: 'läsa', c: 'lägga till', u: 'ändra', d: 'ta bort' },
  help: 'Behöver du hjälp? Ange detta',
  messages: {
    expired: {
      title: 'Det tog för lång tid',
      text: 'Inloggningen gäller inte längre. Gå tillbaka till appen och börja om.',
    },
    refused: {
      title: 'Det går inte att logga in',
      text: 'Något är fel i det som appen skickade. Kontakta den som gör appen.',
    },
    failed: { title: 'Något gick fel', text: 'Felet är vårt. Försök igen om en stund.' },
    throttled: { title: 'För många försök', text: 'Vänta en stund och försök igen.' },
    'logged-out': { title: 'Du är utloggad', text: 'Ingen app kommer åt din plan med den här inloggningen längre.' },
    'log-in-failed': { title: 'Inloggningen lyckades inte', text: 'Gå tillbaka till appen och försök igen.' },
    'claim-missing': {
      title: 'Inloggningen lyckades inte',
      text: 'Inloggningstjänsten lämnade inte de uppgifter som behövs för att veta vem du är. Du är inte inloggad.',
    },
  },
};

const en: Words = {
  logIn: 'Log in',
  logInTo: (app) => `You are on your way to ${app}.`,
  logInWith: (name) => `Log in with ${name}`,
  development: 'This is a hub for development. It knows made-up test persons only, and asks for no password.',
  choosePerson: 'Choose who you want to be',
  approve: (app) => `May ${app} see your plan?`,
  mayDo: (app) => `${app} may`,
  until: (time) => `This holds until ${time}. Then you have to log in again.`,
  afterwards: (place) => `When you have answered you are sent to ${place}.`,
  mayChange: 'You may say no. The app then learns nothing. You can also take back your yes by logging out.',
  yes: 'Yes, it may',
  no: 'No',
  notYou: 'Is it not you who is logged in? Log out',
  logOut: 'Log out',
  logOutAsk: 'Every app that you have logged in to with this browser then loses access to your plan.',
  everything: 'everything about your plan',
  and: ' and ',
  actions: { read: 'read', c: 'add', u: 'change', d: 'remove' },
  help: 'Do you need help? Tell them this',
  messages: {
    expired: { title: 'It took too long', text: 'This log-in is no longer valid. Go back to the app and begin again.' },
    refused: {
      title: 'You cannot log in',
      text: 'Something is wrong in what the app sent. Ask whoever makes the app.',
    },
    failed: { title: 'Something went wrong', text: 'The fault is ours. Try again shortly.' },
    throttled: { title: 'Too many tries', text: 'Wait a little and try again.' },
    'logged-out': { title: 'You are logged out', text: 'No app has access to your plan by this log-in any longer.' },
    'log-in-failed': { title: 'The log-in did not succeed', text: 'Go back to the app and try again.' },
    'claim-missing': {
      title: 'The log-in did not succeed',
      text: 'The log-in service did not give what is needed to know who you are. You are not logged in.',
    },
  },
};

export const words: Readonly<Record<Language, Words>> = { sv, en };

/** What persons call the resources of a type; the type's own name where they have no word for it. */
export const typeWords: Readonly<Record<Language, Readonly<Record<string, string>>>> = {
  sv: {
    Patient: 'vem du är och hur du nås',
    RelatedPerson: 'dina närstående',
    CarePlan: 'din plan',
    Goal: 'dina mål',
    ServiceRequest: 'dina insatser och behov',
    Task: 'vad som ska göras',
    Consent: 'dina samtycken',
    CareTeam: 'vilka som arbetar med din plan',
    Appointment: 'dina möten',
    AppointmentResponse: 'svar på kallelser',
    Communication: 'meddelanden om dig',
    Encounter: 'när du har varit inskriven',
    QuestionnaireResponse: 'dina svar på frågor',
    Provenance: 'vem som har skrivit vad',
    AuditEvent: 'vem som har läst om dig',
    Organization: 'organisationer',
    Practitioner: 'personal',
    PractitionerRole: 'personalens uppdrag',
  },
  en: {
    Patient: 'who you are and how to reach you',
    RelatedPerson: 'those close to you',
    CarePlan: 'your plan',
    Goal: 'your goals',
    ServiceRequest: 'your interventions and needs',
    Task: 'what is to be done',
    Consent: 'your consents',
    CareTeam: 'who works with your plan',
    Appointment: 'your meetings',
    AppointmentResponse: 'answers to calls',
    Communication: 'messages about you',
    Encounter: 'when you have been admitted',
    QuestionnaireResponse: 'your answers to questions',
    Provenance: 'who has written what',
    AuditEvent: 'who has read about you',
    Organization: 'organizations',
    Practitioner: 'staff',
    PractitionerRole: 'what the staff do',
  },
};

/** `läsa och ändra`; reading and searching are one to a person. */
export function toActionWords(actions: readonly ScopeAction[], language: Language): string {
  const { actions: names, and } = words[language];
  const known = [
    ...(actions.some((action) => action === 'r' || action === 's') ? [names.read] : []),
    ...(['c', 'u', 'd'] as const).filter((action) => actions.includes(action)).map((action) => names[action]),
  ];
  return known.length < 2 ? known.join('') : `${known.slice(0, -1).join(', ')}${and}${known.at(-1)}`;
}
