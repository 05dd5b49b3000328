import { until } from './http-raw.ts';
import { portIn } from './http-server.ts';
import { type Child, startBuilt } from './protocol-built.ts';

/** The built server as a child process, serving over HTTP on a free port. */
export interface HttpChild extends Child {
  readonly port: number;
  readonly url: string;
}

export async function startBuiltHttp(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<HttpChild> {
  const child = await startBuilt(['--http', '0', ...args], env);
  await until(() => child.stderr().includes('"port":'));
  const port = portIn(child.stderr().split('\n'));
  return { ...child, port, url: `http://127.0.0.1:${port}/mcp` };
}
