// The process log: one JSON object a line. Holds no personal number, no token, no body of a resource, and no control character raw.

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export type Log = (level: LogLevel, event: string, fields?: LogFields) => void;

const rank: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** Unicode's controls, formats and separators of lines. JSON escapes only those below U+0020. */
const controls = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

const escapeUnits = (text: string): string =>
  text
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');

/** A log that hands lines at or above `least` to `write`. A line ends with \n; what could end it sooner, or move a terminal, is escaped. */
export function createLog(options: {
  readonly least: LogLevel;
  readonly now: () => Date;
  readonly write: (line: string) => void;
}): Log {
  return (level, event, fields = {}) => {
    if (rank[level] < rank[options.least]) return;
    const line = JSON.stringify({ at: options.now().toISOString(), level, event, ...fields });
    options.write(`${line.replace(controls, escapeUnits)}\n`);
  };
}
