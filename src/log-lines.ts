import { type Logger, pino } from 'pino';

/** JSON lines on stderr, written at once, so a crash loses none. In its own file, so that it becomes its own chunk. */
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
