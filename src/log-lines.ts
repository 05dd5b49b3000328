import { type Logger, pino } from 'pino';

/** JSON lines on stderr, written at once: a crash loses none. Its own file, so that it is a chunk of its own. */
export function createLineLogger(level: string, base: Record<string, unknown>): Logger {
  return pino(
    {
      level,
      base,
      formatters: { level: (label) => ({ level: label }) },
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    pino.destination({ dest: 2, sync: true }),
  );
}
