// The pages where a person logs in, approves what an app may do, and logs out. What they show comes in; what they say is in words.ts.
// Plain HTML that works without script. Refuses nothing: what may be asked is decided in auth/.
import type { ApprovalView, LogInView, MessageView, Pages } from '../auth/pages.ts';
import type { Language } from '../fhir/outcome.ts';
import { escape, styleSource, toDocument } from './layout.ts';
import { toActionWords, typeWords, words } from './words.ts';

export const signInPages: Pages = {
  styleSource,
  logIn: (view, language) => toDocument({ title: words[language].logIn, body: toLogInBody(view, language), language }),
  approval: (view, language) =>
    toDocument({ title: words[language].approve(view.appName), body: toApprovalBody(view, language), language }),
  logOut: ({ action }, language) => {
    const { logOut, logOutAsk } = words[language];
    const form = `<form method="post" action="${escape(action)}"><button class="main">${escape(logOut)}</button></form>`;
    return toDocument({ title: logOut, body: `<p>${escape(logOutAsk)}</p>\n${form}`, language });
  },
  message: (view, language) => {
    const { title } = words[language].messages[view.kind];
    return toDocument({ title, body: toMessageBody(view, language), language });
  },
};

function toLogInBody({ appName, action, persons, providers }: LogInView, language: Language): string {
  const text = words[language];
  const links = providers.map(
    ({ href, name }) => `<li><a class="button" href="${escape(href)}">${escape(text.logInWith(name))}</a></li>`,
  );
  const buttons = persons.map(
    ({ value, name, number }) =>
      `<li><button name="person" value="${escape(value)}">${escape(name)}<br><span class="small">${escape(number)}</span></button></li>`,
  );
  const choices =
    buttons.length === 0
      ? ''
      : `<p class="note">${escape(text.development)}</p>
<h2 id="persons">${escape(text.choosePerson)}</h2>
<form method="post" action="${escape(action)}"><ul class="choices" aria-labelledby="persons">${buttons.join('\n')}</ul></form>`;
  return `<p>${escape(text.logInTo(appName))}</p>
${links.length === 0 ? '' : `<ul class="choices">${links.join('\n')}</ul>`}
${choices}`;
}

function toApprovalBody(view: ApprovalView, language: Language): string {
  const text = words[language];
  const rights = view.rights.map(({ type, actions }) => {
    const what = type === '*' ? text.everything : (typeWords[language][type] ?? type);
    return `<li>${escape(`${toActionWords(actions, language)} ${what}`)}</li>`;
  });
  return `<h2>${escape(text.mayDo(view.appName))}</h2>
<ul>${rights.join('\n')}</ul>
<p>${escape(text.until(toTime(view.endsAt, language)))}</p>
<p>${escape(text.mayChange)}</p>
<form method="post" action="${escape(view.action)}" class="actions">
<button name="answer" value="yes" class="main">${escape(text.yes)}</button>
<button name="answer" value="no">${escape(text.no)}</button>
</form>
<p class="small">${escape(text.afterwards(view.leadsTo))}</p>
<p class="small"><a href="${escape(view.logOutPage)}">${escape(text.notYou)}</a></p>`;
}

function toMessageBody({ kind, detail }: MessageView, language: Language): string {
  const { messages, help } = words[language];
  const more =
    detail === undefined ? '' : `\n<p class="small">${escape(help)}: <code lang="en">${escape(detail)}</code></p>`;
  return `<p>${escape(messages[kind].text)}</p>${more}`;
}

/** In Sweden's time, as it is said: `28 november 2026 kl. 17:05`. */
function toTime(instant: Date, language: Language): string {
  return new Intl.DateTimeFormat(language === 'sv' ? 'sv-SE' : 'en-GB', {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone: 'Europe/Stockholm',
  }).format(instant);
}
