/*
 * The view's side of MCP Apps (SEP-1865, 2026-01-26): JSON-RPC 2.0 with the host by postMessage. The official `App`
 * class brings a whole client and validator along, several times what this page may weigh; the tests put the official
 * host bridge at the other end.
 */

const PROTOCOL_VERSION = '2026-01-26';

type Message = {
  readonly jsonrpc: '2.0';
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
};

/** What the host says of itself: colours, fonts, theme. */
export interface HostContext {
  readonly theme?: 'light' | 'dark';
  readonly styles?: { readonly variables?: Readonly<Record<string, string | undefined>> };
}

/** A tool's result as the host hands it on. */
export interface ToolResult {
  readonly structuredContent?: Record<string, unknown>;
  readonly isError?: boolean;
  readonly _meta?: Record<string, unknown>;
  readonly content?: readonly { readonly type: string; readonly text?: string }[];
}

export interface BridgeEvents {
  onResult(result: ToolResult): void;
  onContext(context: HostContext): void;
  onCancelled(): void;
}

/** Connects to the host around this frame; from then on its height follows the page's. */
export function connectToHost(version: string, events: BridgeEvents): void {
  const host = window.parent;
  const post = (message: Omit<Message, 'jsonrpc'>) => host.postMessage({ jsonrpc: '2.0', ...message }, '*');
  const hello = 1;

  window.addEventListener('message', ({ source, data }: MessageEvent<unknown>) => {
    if (source !== host || !isMessage(data)) return;
    const { id, method, params = {}, result } = data;
    if (id === hello && result) {
      events.onContext((result.hostContext ?? {}) as HostContext);
      post({ method: 'ui/notifications/initialized', params: {} });
      reportSize(post);
    } else if (method === 'ui/notifications/tool-result') events.onResult(params as ToolResult);
    else if (method === 'ui/notifications/tool-cancelled') events.onCancelled();
    else if (method === 'ui/notifications/host-context-changed') events.onContext(params as HostContext);
    // The host asks whether the page may go (`ui/resource-teardown`), or whether it lives (`ping`): both are a yes.
    else if (method !== undefined && id !== undefined) post({ id, result: {} });
  });

  post({
    id: hello,
    method: 'ui/initialize',
    params: {
      appInfo: { name: 'leaddyno-mcp', version },
      appCapabilities: { availableDisplayModes: ['inline', 'fullscreen'] },
      protocolVersion: PROTOCOL_VERSION,
    },
  });
}

function isMessage(data: unknown): data is Message {
  return typeof data === 'object' && data !== null && 'jsonrpc' in data && data.jsonrpc === '2.0';
}

function reportSize(post: (message: Omit<Message, 'jsonrpc'>) => void): void {
  let last = '';
  const tell = () => {
    const { width } = document.documentElement.getBoundingClientRect();
    const params = { width: Math.ceil(width), height: Math.ceil(document.body.getBoundingClientRect().height) };
    if (JSON.stringify(params) === last) return;
    last = JSON.stringify(params);
    post({ method: 'ui/notifications/size-changed', params });
  };
  new ResizeObserver(tell).observe(document.body);
  tell();
}
