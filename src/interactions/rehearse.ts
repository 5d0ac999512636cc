// A change carried out up to the moment where it would be put down, and then taken back: what the write would refuse, this refuses,
// in the same words, so that it tells nothing that the write would not. Nothing is stored; locks end with the transaction.
import type { WriteTransaction } from '../store/store.ts';
import type { Services } from './services.ts';

/** Runs `change` with services that write nothing. Resolves where it came as far as writing. @throws what the change throws before */
export async function rehearse(services: Services, change: (rehearsal: Services) => Promise<unknown>): Promise<void> {
  const end = new Error('the rehearsal ends here');
  const store: Services['store'] = {
    ...services.store,
    transaction: (permit, work, start) =>
      services.store.transaction(permit, (transaction) => work(withoutWriting(transaction, end)), start),
  };
  await change({ ...services, store }).catch((error: unknown) => {
    if (error !== end) throw error;
  });
}

function withoutWriting(transaction: WriteTransaction, end: Error): WriteTransaction {
  // Thrown, so that the database takes the transaction back.
  return { ...transaction, apply: () => Promise.reject(end) };
}
