/*
 * What `bench/http.ts` sends: the request bodies and headers of the SDK's own client, in both protocol revisions, and
 * the direct request to LeadDyno that these calls lead to.
 */

import { annId } from '../src/sandbox/cast.ts';

/** How many affiliates of the sandbox are asked for, in turn. */
export const AFFILIATES = 1_000;
export const SANDBOX_KEY = 'sandbox-key';

export type Form = '2026-07-28' | '2025-11-25';
export const FORMS: readonly Form[] = ['2026-07-28', '2025-11-25'];

export interface Call {
  readonly path: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Record<string, string>;
  readonly body: string | null;
}

export type MakeCall = (number: number) => Call;

const affiliateId = (number: number) => annId + (number % AFFILIATES);

export function toolCall(form: Form, name: string, args: (number: number) => object): MakeCall {
  const modern = form === '2026-07-28';
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': form,
    ...(modern && { 'mcp-method': 'tools/call', 'mcp-name': name }),
  };
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': form,
    'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  return (number) => ({
    path: '/mcp',
    method: 'POST',
    headers,
    body: JSON.stringify({
      method: 'tools/call',
      params: { name, arguments: args(number), ...(modern && { _meta }) },
      jsonrpc: '2.0',
      id: number,
    }),
  });
}

export const echoCall = (form: Form) => toolCall(form, 'echo', (number) => ({ text: `hello ${number}` }));

export const affiliateCall = (form: Form) =>
  toolCall(form, 'get_affiliate', (number) => ({ affiliate_id: affiliateId(number) }));

/** The same record straight from the sandbox. */
export const directCall: MakeCall = (number) => ({
  path: `/v1/affiliates/${affiliateId(number)}`,
  method: 'GET',
  headers: { accept: 'application/json', key: SANDBOX_KEY },
  body: null,
});
