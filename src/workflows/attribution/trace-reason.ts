import { standingOf } from '../../records/people.ts';
import { found, type Link } from './trace-chain.ts';

/** Why the chain is as it is: a hypothesis, and what speaks for it. */
export interface Reason {
  readonly about: 'visitor' | 'lead' | 'purchase' | 'commission';
  readonly reason: string;
  readonly confidence: 'certain' | 'likely' | 'possible';
  readonly basis: string;
}

/** What speaks for a reason. */
export const RULES = 'LeadDyno help, attribution settings (the account settings themselves cannot be read)';
export const RECORD = 'the records themselves';
export const API = "LeadDyno's API documentation";

/** An affiliate who earns nothing because of what they are. */
export function notEarning(affiliate: Link | undefined, about: Reason['about']): Reason[] {
  if (affiliate?.state === 'missing')
    return [say(about, 'LeadDyno has no record of the affiliate any more.', 'likely', RECORD)];
  const row = affiliate && found(affiliate);
  if (!row) return [];
  const standing = standingOf(row);
  if (standing === 'pending')
    return [
      say(
        about,
        'The affiliate waits for approval and earns nothing until then.',
        'likely',
        'LeadDyno help; the record',
      ),
    ];
  return standing === 'archived'
    ? [
        say(
          about,
          'The affiliate is archived; archived affiliates are inactive.',
          'likely',
          'LeadDyno help; the record',
        ),
      ]
    : [];
}

export function say(about: Reason['about'], reason: string, confidence: Reason['confidence'], basis: string): Reason {
  return { about, reason, confidence, basis };
}
