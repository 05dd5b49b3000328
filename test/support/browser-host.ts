import { AppBridge, PostMessageTransport } from '@modelcontextprotocol/ext-apps/app-bridge';

/*
 * Runs in the browser: a host as the MCP Apps specification has it, made of the official bridge. The tests reach it as
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
}

declare const document: {
  body: { dataset: { view: string }; append(frame: Frame): void };
  createElement(name: 'iframe'): Frame;
};
declare const window: PageWindow;
declare function atob(text: string): string;

const frame = document.createElement('iframe');
frame.setAttribute('sandbox', 'allow-scripts');
frame.style.cssText = 'width:100%;height:200px;border:0';
document.body.append(frame);

const bridge = new AppBridge(null, { name: 'test-host', version: '1.0.0' }, {}, { hostContext: { theme: 'dark' } });
const sizes: unknown[] = [];
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
