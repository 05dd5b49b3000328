import { Refusal } from '../operations/operation.ts';
import type { Services } from './services.ts';

/*
 * Where a caller has several accounts, what was made in one of them is not found in another. It is said whose it is:
 * "no such file" would send a model to make it anew.
 */

type Place = Pick<Services, 'memory' | 'otherAccounts'>;

/**
 * Says that something is kept for another account of the same caller; does nothing where it is kept for none.
 * @param what the subject of the sentence
 * @param keyOf where it would lie in the memory
 * @throws Refusal, Unavailable
 */
export async function refuseAnothers(
  what: string,
  keyOf: (account: string) => string,
  { memory, otherAccounts = [] }: Place,
): Promise<void> {
  for (const { name, account } of otherAccounts) {
    if (await memory.has(keyOf(account)))
      throw new Refusal(`${what} belongs to the account ${name}: call again with account ${name}`);
  }
}

/** The address of a record or file, which names its account where there are several. */
export function addressIn(uri: string, { accountName }: Pick<Services, 'accountName'>): string {
  return accountName === undefined
    ? uri
    : uri.replace(/^leaddyno:\/\/(?!accounts\/)/, `leaddyno://accounts/${accountName}/`);
}
