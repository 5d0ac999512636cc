// The process log: one JSON object a line. Holds no personal number, no token, no body of a resource.

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export type Log = (level: LogLevel, event: string, fields?: LogFields) => void;

const rank: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** A log that hands lines at or above `least` to `write` (a line ends with \n; line breaks in values are escaped by JSON). */
export function createLog(options: {
  readonly least: LogLevel;
  readonly now: () => Date;
  readonly write: (line: string) => void;
}): Log {
  return (level, event, fields = {}) => {
    if (rank[level] < rank[options.least]) return;
    options.write(`${JSON.stringify({ at: options.now().toISOString(), level, event, ...fields })}\n`);
  };
}
