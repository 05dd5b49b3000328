import { AppBridge, PostMessageTransport } from '@modelcontextprotocol/ext-apps/app-bridge';

/*
 * Runs in the browser: a host according to the MCP Apps specification, built from the official bridge. Tests use it as
 * `window.host`.
 */

interface Frame {
  srcdoc: string;
  contentWindow: unknown;
  style: { cssText: string; height: string };
  setAttribute(name: string, value: string): void;
}

interface PageWindow {
  host?: unknown;
  /** Passes a tool call to the server; the test exposes it. */
  callTool?(params: unknown): Promise<unknown>;
}

declare const document: {
  body: { dataset: { view: string; can: string }; append(frame: Frame): void };
  createElement(name: 'iframe'): Frame;
};
declare const window: PageWindow;
declare function atob(text: string): string;

const frame = document.createElement('iframe');
frame.setAttribute('sandbox', 'allow-scripts');
frame.style.cssText = 'width:100%;height:200px;border:0';
document.body.append(frame);

/** What this host allows a page to do: `tools`, `context`, `download`. */
const can = document.body.dataset.can.split(' ');
const capabilities = {
  ...(can.includes('tools') && { serverTools: {} }),
  ...(can.includes('context') && { updateModelContext: { text: {} } }),
  ...(can.includes('download') && { downloadFile: {} }),
};
const bridge = new AppBridge(null, { name: 'test-host', version: '1.0.0' }, capabilities, {
  hostContext: { theme: 'dark' },
});
const sizes: unknown[] = [];
/** What the page told the model; `downloads` has the files it asked for. */
const context: unknown[] = [];
const downloads: unknown[] = [];
if (can.includes('tools')) {
  bridge.oncalltool = async (params) =>
    (await window.callTool?.(params)) as Awaited<ReturnType<NonNullable<typeof bridge.oncalltool>>>;
}
if (can.includes('context')) {
  bridge.onupdatemodelcontext = async (params) => {
    context.push(params);
    return {};
  };
}
if (can.includes('download')) {
  bridge.ondownloadfile = async (params) => {
    downloads.push(params);
    return {};
  };
}
bridge.onsizechange = (size) => {
  sizes.push(size);
  frame.style.height = `${size.height}px`;
};
const ready = new Promise<void>((resolve) => {
  bridge.oninitialized = () => resolve();
});

window.host = {
  ready,
  sizes,
  context,
  downloads,
  info: () => bridge.getAppVersion(),
  input: (args: Record<string, unknown>) => bridge.sendToolInput({ arguments: args }),
  result: (result: Parameters<typeof bridge.sendToolResult>[0]) => bridge.sendToolResult(result),
  theme: (theme: 'light' | 'dark') => bridge.setHostContext({ theme }),
  tearDown: () => bridge.teardownResource({}),
};

const view = frame.contentWindow as ConstructorParameters<typeof PostMessageTransport>[0] & object;
connect();

function connect(): void {
  void bridge.connect(new PostMessageTransport(view, view as never)).then(() => {
    const bytes = Uint8Array.from(atob(document.body.dataset.view), (letter) => letter.charCodeAt(0));
    frame.srcdoc = new TextDecoder().decode(bytes);
  });
}
