import type { ClientOptions } from '../leaddyno/client.ts';
import type { LeadDynoClient } from '../leaddyno/request.ts';
import { countAffiliates } from '../operations/affiliates.ts';
import { examine } from './examine.ts';
import { failureOf, isForeign, isUnanswered } from './finding.ts';
import { createProbe, type Observed, type Probe } from './probe.ts';
import type { KeyReport, Report } from './report.ts';

/** Makes a client whose key travels in one way, and which tells of each answer. */
export type Connect = (
  transport: KeyReport['transport'] & string,
  watch: Pick<ClientOptions, 'onEvent' | 'onHeaders'>,
) => LeadDynoClient;

export interface DoctorOptions {
  readonly connect: Connect;
  /** Where the operator pinned how the key travels, that way alone is tried. */
  readonly pinned: 'auto' | 'header' | 'query';
  readonly about: Pick<Report, 'version' | 'node' | 'base_url' | 'sandbox' | 'rate_limit'>;
  readonly now: () => number;
  /** Told what is being asked, for somebody who waits. */
  readonly tell: (what: string) => void;
}

/** Examines one account by reading alone. */
export async function diagnose({ connect, pinned, about, now, tell }: DoctorOptions): Promise<Report> {
  const ways = { header: open('header'), query: open('query') };

  function open(transport: 'header' | 'query'): { client: LeadDynoClient; probe: Probe } {
    const observed: Observed = { status: undefined, ms: undefined, headers: {} };
    const client = connect(transport, {
      onEvent: (event) => {
        if (event.kind !== 'answer') return;
        observed.status = event.status;
        observed.ms = event.ms;
      },
      onHeaders: (headers) => {
        observed.headers = headers;
      },
    });
    return { client, probe: createProbe(client, observed) };
  }

  let unanswered = false;
  /** Whether each way that was tried was answered by something else than LeadDyno. */
  const strangers: boolean[] = [];
  async function tryWay(transport: 'header' | 'query'): Promise<string> {
    // Where LeadDyno cannot be reached the other way would only wait as long again.
    if (unanswered || (pinned !== 'auto' && pinned !== transport)) return 'not tried';
    tell(`the key by ${transport}`);
    const asked = await ways[transport].probe.ask(countAffiliates);
    unanswered = isUnanswered(asked);
    const foreign = isForeign(asked, ways[transport].probe.observed.headers);
    strangers.push(foreign);
    if (asked.ok && foreign) return `answered ${asked.status} with nothing`;
    return asked.ok ? 'accepted' : failureOf(asked);
  }

  try {
    const header = await tryWay('header');
    const query = await tryWay('query');
    const transport = header === 'accepted' ? 'header' : query === 'accepted' ? 'query' : null;
    const foreign = transport === null && !unanswered && strangers.every(Boolean);
    const key: KeyReport = { header, query, transport, unanswered, foreign };
    const examination = transport === null ? null : await examine(ways[transport].probe, now, tell);
    return { checked_at: new Date(now()).toISOString(), ...about, key, examination };
  } finally {
    await Promise.all(Object.values(ways).map(({ client }) => client.close()));
  }
}
