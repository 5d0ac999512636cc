// Named prepared statements on the embedded PostgreSQL, by its wire protocol: its own `query` plans every statement anew, and for what the
// hub asks that is nine tenths of the time. https://www.postgresql.org/docs/17/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY
// The caller sees to it that one statement runs at a time. Errors are those of the database.
import { protocol, types, type PGlite } from '@electric-sql/pglite';
import type { Statement } from './database.ts';

const { DataRowMessage, ParameterDescriptionMessage, RowDescriptionMessage } = protocol.messages;

/** Prepared ones that are kept; the one that was not asked for longest is given up first. */
const mostPrepared = 100;

interface Prepared {
  readonly name: string;
  readonly parameterTypes: readonly number[];
  readonly columns: readonly { readonly name: string; readonly dataTypeID: number }[];
}

type Messages = Awaited<ReturnType<PGlite['execProtocol']>>['messages'];

/** Gives a function that runs a statement that has a name, prepared when it is first asked for. */
export function createNamedStatements(pglite: PGlite): (statement: Statement) => Promise<readonly unknown[]> {
  const known = new Map<string, Prepared>();
  let count = 0;

  const send = async (...parts: readonly Uint8Array[]): Promise<Messages> => {
    try {
      // After an error the database passes over all up to Sync.
      return (await pglite.execProtocol(Buffer.concat([...parts, protocol.serialize.sync()]))).messages;
    } catch (error) {
      await pglite.execProtocol(protocol.serialize.sync());
      throw error;
    }
  };

  const prepare = async (text: string): Promise<Prepared> => {
    const [oldest] = known;
    if (oldest !== undefined && known.size >= mostPrepared) {
      known.delete(oldest[0]);
      await send(protocol.serialize.close({ type: 'S', name: oldest[1].name }));
    }
    count += 1;
    const name = `s${count}`;
    const messages = await send(
      protocol.serialize.parse({ name, text }),
      protocol.serialize.describe({ type: 'S', name }),
    );
    const parameters = messages.find((message) => message instanceof ParameterDescriptionMessage);
    const row = messages.find((message) => message instanceof RowDescriptionMessage);
    return { name, parameterTypes: parameters?.dataTypeIDs ?? [], columns: row?.fields ?? [] };
  };

  return async ({ text, values = [] }) => {
    const prepared = known.get(text) ?? (await prepare(text));
    known.delete(text);
    known.set(text, prepared);
    const bound = values.map((value, at) => toText(pglite, value, prepared.parameterTypes[at] ?? 0));
    const messages = await send(
      protocol.serialize.bind({ statement: prepared.name, values: bound }),
      protocol.serialize.execute({}),
    );
    return messages
      .filter((message) => message instanceof DataRowMessage)
      .map(({ fields }) => toRow(pglite, prepared.columns, fields));
  };
}

function toText(pglite: PGlite, value: unknown, type: number): string | null {
  if (value === null || value === undefined) return null;
  return pglite.serializers[type]?.(value) ?? (value as string | number).toString();
}

function toRow(
  pglite: PGlite,
  columns: Prepared['columns'],
  fields: readonly (string | null)[],
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    columns.map(({ name, dataTypeID }, at) => [name, types.parseType(fields[at] ?? null, dataTypeID, pglite.parsers)]),
  );
}
