import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import type { ClientEvent } from '../leaddyno/request.ts';
import type { Telemetry } from '../mcp/services.ts';

/** Metrics of this process, in Prometheus text. Labels are only our own names, HTTP methods and status codes. */
export interface Metrics extends Omit<Telemetry, 'fault'> {
  event(event: ClientEvent): void;
  readonly contentType: string;
  render(): Promise<string>;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const calls = new Counter({
    name: 'leaddyno_mcp_tool_calls_total',
    help: 'Tool calls by tool and outcome',
    labelNames: ['tool', 'outcome'],
    registers,
  });
  const seconds = new Histogram({
    name: 'leaddyno_mcp_tool_call_seconds',
    help: 'Duration of tool calls',
    labelNames: ['tool'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  });
  const requests = new Counter({
    name: 'leaddyno_mcp_leaddyno_requests_total',
    help: 'Requests to LeadDyno by method and status (0: no answer)',
    labelNames: ['method', 'status'],
    registers,
  });
  const waits = new Histogram({
    name: 'leaddyno_mcp_pace_wait_seconds',
    help: 'Waits for the request limit',
    buckets: [0.1, 0.5, 1, 5, 10, 30, 60],
    registers,
  });
  const confirmations = new Counter({
    name: 'leaddyno_mcp_confirmations_total',
    help: 'Questions asked, and what became of them',
    labelNames: ['event'],
    registers,
  });

  return {
    callEnded(tool, outcome, ms) {
      calls.inc({ tool, outcome });
      seconds.observe({ tool }, ms / 1000);
    },
    confirmation: (event) => confirmations.inc({ event }),
    event(event) {
      if (event.kind === 'answer') requests.inc({ method: event.method, status: event.status });
      if (event.kind === 'no_answer') requests.inc({ method: event.method, status: 0 });
      if (event.kind === 'pace_wait') waits.observe(event.ms / 1000);
    },
    contentType: registry.contentType,
    render: () => registry.metrics(),
  };
}
