// What the run and its load driver say to each other: a job goes over, `started` and a result come back.
import type { PlanParties } from './plan.ts';
import type { TableRows } from './written-rows.ts';

/** The system that the driver plays: one client that may act for every organization of the bench. */
export interface SystemLogin {
  readonly clientId: string;
  /** ES384, as a JWK. */
  readonly privateKey: object;
}

/** Two organizations that share plans: the custodian's HSA-id and the other's, and what plans refer to. */
export interface Pair {
  readonly custodian: string;
  readonly recipient: string;
  readonly references: PlanParties;
}

/** A plan that is there, of the first pair. */
export interface KnownPlan {
  readonly planId: string;
  readonly patientId: string;
  /** The person's reserve number. */
  readonly number: string;
}

interface Pace {
  readonly connections: number;
  /** Work before anything is counted. */
  readonly warmUpMs: number;
  readonly durationMs: number;
  /** Ends after so many requests, if that comes first. */
  readonly count?: number;
}

export interface StageJob extends Pace {
  readonly kind: 'stage';
  readonly stage: string;
  readonly publicUrl: string;
  readonly login: SystemLogin;
  /** What is written is spread over all of them; what is read is the first one's. */
  readonly pairs: readonly Pair[];
  /** A pair with few plans among all the others'. */
  readonly smallPair: Pair;
  readonly plans: readonly KnownPlan[];
  /** Plain mode: the resources with running numbers below this are there. */
  readonly stored: number;
  /** Persons (in plain mode: resources) from this running number on are not there yet. */
  readonly firstRunning: number;
}

export interface ReadFloorJob extends Pace {
  readonly kind: 'read-floor';
  readonly port: number;
  readonly keys: readonly number[];
}

export interface WriteFloorJob extends Pace {
  readonly kind: 'write-floor';
  readonly databaseUrl: string;
  /** What requests wrote, put down in turn. */
  readonly samples: readonly (readonly TableRows[])[];
  readonly firstRunning: number;
}

export type Job = StageJob | ReadFloorJob | WriteFloorJob;

export interface JobResult {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly errors: number;
  /** What the first of them was. */
  readonly firstError: string | undefined;
  /** Running numbers below this are used up. */
  readonly nextRunning: number;
  readonly answerBytes: number;
}

export type DriverMessage =
  | { readonly kind: 'started' }
  /** Sent the moment the time is up, before the last answers are in. */
  | { readonly kind: 'ended' }
  | { readonly kind: 'result'; readonly result: JobResult }
  | { readonly kind: 'failed'; readonly message: string };
