import { spawn } from 'node:child_process';

/** What opens a file with the program that its person opens such files with, by platform. */
const OPENERS: Readonly<Record<string, (path: string) => readonly [program: string, ...args: string[]]>> = {
  darwin: (path) => ['open', path],
  // The first argument is the title of a window.
  win32: (path) => ['cmd.exe', '/c', 'start', '', path.replaceAll('&', '^&')],
};

/**
 * Opens a file and leaves it to the program that shows it. Where there is none nothing happens: the file is written, and
 * where it lies was said.
 */
export function openFile(path: string, platform: string): void {
  const [program, ...args] = (OPENERS[platform] ?? ((file: string) => ['xdg-open', file] as const))(path);
  const opened = spawn(program, args, { stdio: 'ignore', detached: true });
  opened.on('error', () => undefined);
  opened.unref();
}
