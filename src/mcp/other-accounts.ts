import { Refusal } from '../operations/operation.ts';
import type { Services } from './services.ts';

/*
 * Where a caller has several accounts, what was made in one is not found in another. The refusal then names the account
 * it belongs to: after a plain "no such file", a model would make the file again.
 */

type Place = Pick<Services, 'memory' | 'otherAccounts'>;

/**
 * Refuses if something is kept for another account of the same caller; does nothing if no other account has it.
 * @param what the subject of the refusal's sentence
 * @param keyOf its memory key in an account
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

/** The address of a record or file; it names the account where there are several. */
export function addressIn(uri: string, { accountName }: Pick<Services, 'accountName'>): string {
  return accountName === undefined
    ? uri
    : uri.replace(/^leaddyno:\/\/(?!accounts\/)/, `leaddyno://accounts/${accountName}/`);
}
