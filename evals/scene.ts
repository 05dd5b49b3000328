import { type Programme, type Sandbox, type SandboxOptions, startSandbox } from '../src/sandbox/index.ts';
import { NOW } from './clock.ts';

const MINUTE = 60_000;

/** Starts a simulated LeadDyno with the planted records and no rate limit. */
export async function startScene(
  size: SandboxOptions = {},
  more: (programme: Programme) => void = () => {},
): Promise<Sandbox> {
  const sandbox = await startSandbox({ rateLimit: 0, ...size, now: new Date(NOW) });
  plant(sandbox.programme);
  more(sandbox.programme);
  return sandbox;
}

/** Adds what the seeded programme lacks. */
function plant(programme: Programme): void {
  // Ann again, as an applicant: the same mailbox under another address and name.
  programme.addAffiliate({
    email: 'ann.arbor+deals@example.com',
    firstName: 'Deals',
    lastName: 'Desk',
    code: programme.takeAffiliateCode(),
    recruiterId: null,
    createdAt: NOW - 30 * MINUTE,
    updatedAt: NOW - 30 * MINUTE,
    status: 'Pending Approval',
    rejected: false,
    paypalEmail: null,
    unsubscribed: false,
    dashboardToken: programme.random.hex(40),
    group: 'Default',
    customFields: {},
  });
}

/** The applicant's address, written by hand: the right answers must not depend on the rules under test. */
export const PLANTED_APPLICANT = 'ann.arbor+deals@example.com';
