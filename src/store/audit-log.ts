// The audit log: one row for what was done, each chained to the one before it (audit-chain.ts). Rows of requests that end at the same
// time share one statement and one commit, and nobody's call resolves before its rows are committed. Never holds a personal number.
import { individualCustodian } from '../access/decide-write.ts';
import { createGroup } from '../core/group.ts';
import { Problem, problem } from '../core/problem.ts';
import type { AuditRow, Store } from './store.ts';
import type { Queryable, Statement } from './database.ts';

/**
 * Puts the rows at the end of the chain. From this statement to the commit nobody else writes to the log, so it comes last
 * in a transaction and goes out together with COMMIT (`closing` in database.ts).
 */
export function appendAuditRows(rows: readonly AuditRow[]): Statement {
  return {
    name: 'store_audit',
    text: 'select audit_append($1::jsonb, $2::jsonb)',
    values: [JSON.stringify(rows.map(toEntry)), JSON.stringify(rows.flatMap(toConcerns))],
  };
}

/** As `audit_append` takes it. An individual who acted stands where staff of a party would. */
const toEntry = ({ entities, individualKey, staff, ...row }: AuditRow): object => ({
  ...row,
  staff: individualKey === undefined ? staff : { individual: individualKey },
  entities: entities.map(({ address, versionId, personKey, custodianKey, consent, rule }) => ({
    address,
    versionId,
    personKey,
    custodianKey,
    consent,
    rule,
  })),
});

interface Concern {
  /** Of the row among those that are appended, from 1. */
  readonly place: number;
  readonly viewer: number;
  /** 0: of nobody. */
  readonly person: number;
  readonly ordinal: number;
  readonly at: Date;
}

/**
 * Who may be told of the row, about whom: the party that acted, each custodian of what it was about, and the individual (the negative of the
 * person's key). What is about nobody counts only where nothing is about anybody: it concerns who acted.
 */
function toConcerns({ at, partyKey, individualKey, entities }: AuditRow, index: number): readonly Concern[] {
  const acting = individualKey === undefined ? (partyKey ?? null) : -individualKey;
  const people = Map.groupBy(
    entities.filter(({ personKey }) => personKey !== null),
    ({ personKey }) => personKey ?? 0,
  );
  if (people.size === 0) people.set(0, []);
  return [...people].flatMap(([person, about], order) => {
    const custodians = about.map(({ custodianKey }) => custodianKey);
    const viewers = new Set([acting, ...custodians, person === 0 ? null : -person]);
    return [...viewers].flatMap((viewer) =>
      // What individuals keep concerns no party.
      viewer === null || viewer === individualCustodian
        ? []
        : [{ place: index + 1, viewer, person, ordinal: order + 1, at }],
    );
  });
}

/**
 * For what comes of `appendAuditRows`. A log that is damaged, or whose rights are gone, is no fault of the request: 503, and nothing
 * is given. @throws audit-unavailable, or what the database says of itself
 */
export function rethrowUnlogged(error: unknown): never {
  if (!(error instanceof Problem) || error.findings[0].code !== 'internal') throw error;
  throw problem('audit-unavailable', { detail: error.detail, cause: error });
}

/** So many rows go down at most in one statement. */
const mostRows = 500;

/** An audit function that commits in groups. */
export function createAudit(database: Queryable): Store['audit'] {
  const audit = createGroup<readonly AuditRow[], undefined>({
    run: async (groups) => {
      await database.query(appendAuditRows(groups.flat())).catch(rethrowUnlogged);
      return groups.map(() => undefined);
    },
    sizeOf: (rows) => rows.length,
    most: mostRows,
  });
  return (rows) => (rows.length === 0 ? Promise.resolve() : audit(rows));
}
