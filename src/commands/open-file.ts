import { spawn } from 'node:child_process';

/** The command that opens a file with its default program, by platform. */
const OPENERS: Readonly<Record<string, (path: string) => readonly [program: string, ...args: string[]]>> = {
  darwin: (path) => ['open', path],
  // The first argument of `start` is a window title.
  win32: (path) => ['cmd.exe', '/c', 'start', '', path.replaceAll('&', '^&')],
};

/**
 * Opens a file in its default program, without waiting for it. If there is none, nothing happens: the file is written,
 * and its path is printed.
 */
export function openFile(path: string, platform: string): void {
  const [program, ...args] = (OPENERS[platform] ?? ((file: string) => ['xdg-open', file] as const))(path);
  const opened = spawn(program, args, { stdio: 'ignore', detached: true });
  opened.on('error', () => undefined);
  opened.unref();
}
