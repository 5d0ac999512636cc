// The reference pages as text, each made from the table in the code that it describes. Pure.
import { modifiersByKind } from '../src/search/modifiers.ts';

interface SettingRow {
  readonly variable: string;
  readonly fallback: string | number | boolean;
  readonly meaning: string;
  readonly form: string;
}

interface ProblemRow {
  readonly status: number;
  readonly issue: string;
  readonly en: string;
  readonly sv: string;
}

interface OperationRow {
  readonly name: string;
  readonly summary: string;
  readonly levels: readonly ('system' | 'type' | 'instance')[];
  readonly types: readonly string[] | undefined;
  readonly allowsGet: boolean;
  readonly allowsDelete?: true;
}

const notice = '<!-- Made by `npm run build:docs`. Change the table in the code instead. -->';

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');

const showFallback = (fallback: SettingRow['fallback']): string => {
  if (fallback === '') return '(empty)';
  if (typeof fallback === 'boolean') return fallback ? '`on`' : '`off`';
  return `\`${String(fallback)}\``;
};

/** Markdown of docs/reference/settings.md. */
export function settingsPage(rows: readonly SettingRow[]): string {
  const lines = rows.map(({ variable, form, fallback, meaning }) => [
    `\`${variable}\``,
    form,
    showFallback(fallback),
    meaning,
  ]);
  return `${notice}

# Settings

Settings are environment variables. Each has a default, so the hub starts without any.
An empty variable counts as not set. A \`SIP_HUB_*\` variable that is not in this table, or a value of the wrong form,
stops the start with a message that names it. The table is \`src/config.ts\`.

${table(['Variable', 'Form', 'Default', 'Meaning'], lines)}
`;
}

interface ParameterRow {
  readonly code: string;
  readonly kind: string;
  readonly type: string;
  readonly targetTypes: readonly string[];
}

/** Markdown of docs/reference/search.md: what each kind takes, then the parameters of each type. */
export function searchPage(types: readonly (readonly [type: string, parameters: readonly ParameterRow[]])[]): string {
  const [, first = []] = types[0] ?? [];
  const common = new Set(first.map(({ code }) => code).filter((code) => code.startsWith('_')));
  const line = ({ code, kind, type, targetTypes }: ParameterRow): readonly string[] => [
    `\`${code}\``,
    kind === 'unsupported' ? `${type} (refused)` : type,
    targetTypes.length > 12 ? 'any' : targetTypes.join(', '),
  ];
  const byCode = (one: ParameterRow, other: ParameterRow): number => (one.code < other.code ? -1 : 1);
  const sections = types.map(([type, parameters]) => {
    const own = parameters.filter(({ code }) => !common.has(code)).toSorted(byCode);
    return `## ${type}\n\n${table(['Parameter', 'Type', 'Leads to'], own.map(line))}\n`;
  });
  const kinds = Object.entries(modifiersByKind).map(([kind, modifiers]) => {
    const written = modifiers.map((modifier) => `\`:${modifier}\``).join(' ');
    return [kind, kind === 'reference' ? `${written}, chains` : written === '' ? 'none' : written];
  });
  return `${notice}

# Search parameters

Every R4 search parameter of the types that the hub serves, and the hub's own
(\`profiles/fsh/search.fsh\`). An operator [adds others](../how-to/add-a-search-parameter.md).
 An unknown parameter is refused unless the request says
\`Prefer: handling=lenient\`; a modifier or value that cannot be honoured is always refused. The self link says what was used.

- Prefixes \`eq ne gt lt ge le sa eb ap\` on dates, numbers and quantities. \`ap\` is a tenth: of the number, or of the time
  between the date and now.
- Chains of up to five steps (a setting) (\`patient.organization.name\`), back by \`_has\` (nested too), \`_list\`.
- \`_include\`, \`_revinclude\`, both with \`:iterate\` and \`*\`. What is included is never counted. While a reference that \`*\`
  stands for is being indexed, it answers 503.
- A text is found by all of it, however long. It is sorted by its first 200 characters.
- \`_sort\` on all but references, composites and texts; \`_total\` (an estimate is accurate); \`_count\`; links \`next\` and \`previous\`.
- \`Patient/[id]/[type]\` and \`Patient/[id]/*\`; \`[base]?_type=…\` with what the types have in common.
- \`_text\` and \`_content\` understand quotes, \`or\` and \`-\`. Words are brought to their stems in Swedish, also where a resource
  does not say its language, and in English.
- \`:in\` and \`:not-in\` take value sets that the hub can list in full; \`:above\` and \`:below\` codes of code systems it holds.
- On references \`:above\` and \`:below\` go along \`partof\` or \`part-of\` of the type referred to, where that leads to the type itself
  (\`Location?partof:below=Location/1\`). What is asked for counts too. The way passes through nothing that the caller may not see.
  It ends where resources are part of each other in a circle; where it comes to more than 10 000 resources, it answers 400 \`too-costly\`.
- \`_filter\`, \`_query\` and \`near\` are refused.

${table(['Kind', 'Modifiers'], kinds)}

## Every type

${table(
  ['Parameter', 'Type', 'Leads to'],
  first
    .filter(({ code }) => common.has(code))
    .toSorted(byCode)
    .map(line),
)}

${sections.join('\n')}`;
}

/** Markdown of docs/reference/errors.md: the codes in the order of the table, under their HTTP status. */
export function errorsPage(rows: readonly (readonly [code: string, row: ProblemRow])[]): string {
  const statuses = [...new Set(rows.map(([, { status }]) => status))].toSorted((a, b) => a - b);
  const sections = statuses.map((status) => {
    const lines = rows
      .filter(([, row]) => row.status === status)
      .map(([code, row]) => [`\`${code}\``, `\`${row.issue}\``, row.en, row.sv]);
    return `## ${status}\n\n${table(['Code', 'Issue type', 'English', 'Swedish'], lines)}\n`;
  });
  return `${notice}

# Errors

Every refusal is an OperationOutcome. The code stands in \`issue.details.coding\` (system
\`https://siphub.se/fhir/CodeSystem/sip-error\`), FHIR's own issue type in \`issue.code\`, the place in
\`issue.expression\` (FHIRPath), and what exactly is wrong in \`issue.diagnostics\`. Build on the code: it keeps its meaning;
the words may improve. A resource that the caller may not see is answered exactly as one that does not exist.
Where several things are wrong, all are listed; the status is 400 if the message itself could not be understood,
otherwise that of the first error. The table is \`src/core/problem.ts\`.

The token endpoint answers in OAuth's own form (\`error\`, \`error_description\`) instead.

${sections.join('\n')}`;
}

/** Markdown of docs/reference/operations.md. */
export function operationsPage(rows: readonly OperationRow[]): string {
  const lines = rows.map(({ name, summary, levels, types, allowsGet, allowsDelete }) => {
    const places = levels.flatMap((level) => {
      if (level === 'system') return [`\`${name}\``];
      const held = types ?? ['[type]'];
      return held.map((type) => (level === 'type' ? `\`${type}/${name}\`` : `\`${type}/[id]/${name}\``));
    });
    const methods = [...(allowsGet ? ['GET'] : []), 'POST', ...(allowsDelete === true ? ['DELETE'] : [])];
    return [places.join(' '), methods.join(' '), summary];
  });
  return `${notice}

# Operations

Addresses are below the FHIR base. Parameters go in the query of a GET, or in a Parameters resource by POST. What is
not understood is refused with 400, \`operation-parameter-invalid\`. What the caller may not see is neither given nor
counted. The table is \`src/operations/operations.ts\`.

${table(['Address', 'Methods', 'What it does'], lines)}
`;
}

interface RuleRow {
  readonly code: string;
  readonly type: string;
  readonly sentence: string;
  readonly source: string;
}

/** Markdown of docs/reference/rules.md. `examples`: the names of the golden cases of each rule. */
export function rulesPage(
  rows: readonly RuleRow[],
  errors: Readonly<Record<string, ProblemRow>>,
  examples: (code: string) => readonly string[],
): string {
  const sections = rows.map(({ code, type, sentence, source }) => {
    const { status, en, sv } = errors[code] ?? { status: 422, en: '', sv: '' };
    const cases = examples(code).map(
      (name) => `[${name.replaceAll('-', ' ')}](../../test/fixtures/sip/${code}/${name}/)`,
    );
    return `## ${code}

${sentence}

| | |
| --- | --- |
| Judged when | a ${type} is written |
| Comes from | ${cell(source)} |
| Answer | ${status} |
| In English | ${cell(en)} |
| In Swedish | ${cell(sv)} |
| Examples | ${cases.join(', ')} |
`;
  });
  return `${notice}

# Rules

What the hub asks of a coordinated plan beyond the shape of its resources. A rule looks at what was there, at what would be, and at the whole
Bundle. A refusal is an [error](errors.md) with the rule's code, the element and what to do next. Each rule is one file in \`src/sip/\`; its examples are
folders with what is there (\`context.json\`), what is written (\`after.json\`) and what the rule finds (\`expected.json\`). Plain mode knows no rules.

${sections.join('\n')}`;
}
