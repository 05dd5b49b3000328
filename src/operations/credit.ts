import { isObject, type JsonObject, recordIn } from '../json.ts';
import { quote } from '../text.ts';
import { describeAffiliate } from './questions.ts';

/**
 * Says in a write's result that its answer credits nobody, or somebody else, although a code or an address was given
 * for it: LeadDyno takes a code that nobody has, or that earns nothing, without a word.
 * @param singular the record of the answer
 */
export function remarkOnCredit(singular: string) {
  return (args: JsonObject, answered: JsonObject, read: unknown): string | undefined => {
    const { code, affiliate: address } = args;
    const { affiliate: credited } = recordIn(answered, singular);
    if ((code === undefined && address === undefined) || credited === undefined) return undefined;

    const owner = recordIn(read, 'affiliate');
    const known = owner.id !== undefined;
    const given = code === undefined ? `the address ${quote(address)}` : `the code ${quote(code)}`;
    const asked = `although ${given}${known ? ` of the ${describeAffiliate(owner)}` : ''} was given`;
    if (credited === null) {
      const look = code === undefined ? 'find_affiliate_by_email' : 'find_affiliate_by_code';
      return `No affiliate was credited, ${asked}.${known ? '' : ` Check it with ${look}.`}`;
    }
    if (!isObject(credited)) return undefined;
    const another = known ? differ(credited.id, owner.id) : code === undefined && differ(credited.email, address);
    return another
      ? `The ${describeAffiliate(credited)} was credited, ${asked}. The attribution settings of the account decide that.`
      : undefined;
  };
}

/** Both there, and not the same. */
function differ(one: unknown, other: unknown): boolean {
  if (one === undefined || one === null || other === undefined) return false;
  return String(one).trim().toLowerCase() !== String(other).trim().toLowerCase();
}
