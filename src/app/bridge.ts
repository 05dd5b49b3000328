/*
 * The view's side of MCP Apps (SEP-1865, 2026-01-26): JSON-RPC 2.0 with the host by postMessage. The official `App`
 * class includes a whole client and validator, several times the size limit of this page; the tests use the official
 * host bridge at the other end.
 */

const PROTOCOL_VERSION = '2026-01-26';

type Fields = Readonly<Record<string, unknown>>;

type Message = {
  readonly jsonrpc: '2.0';
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: Fields;
  readonly result?: Fields;
  readonly error?: { readonly message?: unknown };
};

/** The host's appearance: colours, fonts, theme. */
export interface HostContext {
  readonly theme?: 'light' | 'dark';
  readonly styles?: { readonly variables?: Readonly<Record<string, string | undefined>> };
}

/** A tool's result as the host passes it on. */
export interface ToolResult {
  readonly structuredContent?: Fields;
  readonly isError?: boolean;
  readonly _meta?: Fields;
  readonly content?: readonly { readonly type: string; readonly text?: string }[];
}

export interface BridgeEvents {
  /** The host is connected; `host` says what it lets the page do. */
  onConnected(host: Host): void;
  /** Arguments of the call that the page belongs to. */
  onInput(args: Fields): void;
  onResult(result: ToolResult): void;
  onContext(context: HostContext): void;
  onCancelled(): void;
}

/** What a host lets the page do; a missing function is not supported. */
export interface Host {
  /** @throws Error with the host's message if it did not carry out the call */
  readonly callTool?: (name: string, args: Fields) => Promise<ToolResult>;
  /** Replaces what the model was told before. @throws Error */
  readonly tellModel?: (text: string) => Promise<unknown>;
  /** @throws Error */
  readonly download?: (file: Fields) => Promise<unknown>;
}

/** Connects to the host around this frame, and reports the page's size to it from then on. */
export function connectToHost(version: string, events: BridgeEvents): void {
  const host = window.parent;
  const waiting = new Map<string | number, { resolve(result: Fields): void; reject(error: Error): void }>();
  let last = 0;
  const post = (message: Omit<Message, 'jsonrpc'>) => host.postMessage({ jsonrpc: '2.0', ...message }, '*');
  const request = (method: string, params: Fields) =>
    new Promise<Fields>((resolve, reject) => {
      last += 1;
      waiting.set(last, { resolve, reject });
      post({ id: last, method, params });
    });

  window.addEventListener('message', ({ source, data }: MessageEvent<unknown>) => {
    if (source !== host || !isMessage(data)) return;
    const { id, method, params = {}, result, error } = data;
    if (method === undefined && id !== undefined) {
      const asked = waiting.get(id);
      waiting.delete(id);
      if (error) asked?.reject(new Error(String(error.message ?? 'no reason given')));
      else asked?.resolve(result ?? {});
    } else if (method === 'ui/notifications/tool-input') events.onInput((params.arguments ?? {}) as Fields);
    else if (method === 'ui/notifications/tool-result') events.onResult(params as ToolResult);
    else if (method === 'ui/notifications/tool-cancelled') events.onCancelled();
    else if (method === 'ui/notifications/host-context-changed') events.onContext(params as HostContext);
    // The host asks whether it may close the page (`ui/resource-teardown`) or if it is alive (`ping`): yes to both.
    else if (method !== undefined && id !== undefined) post({ id, result: {} });
  });

  const hello = {
    appInfo: { name: 'leaddyno-mcp', version },
    appCapabilities: { availableDisplayModes: ['inline', 'fullscreen'] },
    protocolVersion: PROTOCOL_VERSION,
  };
  request('ui/initialize', hello).then(
    ({ hostContext, hostCapabilities }) => {
      events.onContext((hostContext ?? {}) as HostContext);
      events.onConnected(whatHostDoes((hostCapabilities ?? {}) as Fields, request));
      post({ method: 'ui/notifications/initialized', params: {} });
      reportSize(post);
    },
    () => events.onCancelled(),
  );
}

function whatHostDoes(can: Fields, request: (method: string, params: Fields) => Promise<Fields>): Host {
  return {
    ...(can.serverTools !== undefined && {
      callTool: async (name: string, args: Fields) =>
        (await request('tools/call', { name, arguments: args })) as ToolResult,
    }),
    ...(can.updateModelContext !== undefined && {
      tellModel: (text: string) => request('ui/update-model-context', { content: [{ type: 'text', text }] }),
    }),
    ...(can.downloadFile !== undefined && {
      download: async ({ uri, name, mime_type }: Fields) => {
        const link = { type: 'resource_link', uri, name, mimeType: mime_type };
        const { isError } = await request('ui/download-file', { contents: [link] });
        if (isError === true) throw new Error('the host did not download it');
      },
    }),
  };
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
