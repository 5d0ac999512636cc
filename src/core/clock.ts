// The time, as a value handed in, so that tests can hold it. Instants are JavaScript Dates (UTC, milliseconds).

export type Clock = () => Date;

export const systemClock: Clock = () => new Date();
