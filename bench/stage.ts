// What a stage is: which requests a connection sends one after the other, as whom, and what the answers must be.
import type { HttpAnswer, HttpConnection, HttpRequest } from './http-connection.ts';
import type { Pair, StageJob } from './job.ts';

/** One request, who it is sent as, and what becomes of its answer. */
export interface Step {
  readonly request: HttpRequest;
  readonly as: string;
  readonly status: number;
  readonly leastBytes: number;
  readonly onAnswer?: (answer: HttpAnswer) => void;
}

export type NextStep = () => Step;

export interface StageContext {
  readonly job: StageJob;
  /** 0, 1, … and how many there are. */
  readonly connectionIndex: number;
  readonly connection: HttpConnection;
  /** The header line with the token of the organization. */
  readonly authorize: (organization: string) => string;
  /** Another number each time, the same for no two connections. */
  readonly nextRunning: () => number;
  /** The first of so many numbers of one's own; it can be divided by how many they are. */
  readonly nextBlock: (length: number) => number;
}

export interface Stage {
  readonly title: string;
  /** What the hub must be for it, each on a database of its own. */
  readonly mode: 'hub' | 'plain';
  readonly group: 'reading' | 'writing';
  readonly floor: FloorName | undefined;
  /** Where another number of connections than asked for would measure something else. */
  readonly connections?: number;
  /** It uses up resources, which are written just before it. */
  readonly takesPool?: boolean;
  readonly prepare: (context: StageContext) => NextStep | Promise<NextStep>;
}

export type FloorName = 'read' | 'plan' | 'patient' | 'plain-read' | 'plain-write' | 'plain-import';

export const json = 'Content-Type: application/fhir+json\r\n';

/** The parties whose load it is. */
export function firstPair({ pairs }: StageJob): Pair {
  const [pair] = pairs;
  if (pair === undefined) throw new Error('A stage needs a pair of organizations.');
  return pair;
}
