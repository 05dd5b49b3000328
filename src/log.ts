import type { Logger } from 'pino';

export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Logs JSON lines to stderr. Fields never hold personal data or the key: callers pass names, counts and times. */
export interface Log {
  error(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  debug(message: string, fields?: Record<string, unknown>): void;
  /** A line marked `info` that is also written at level `warn`: what the person who starts the server must know. */
  announce(message: string, fields?: Record<string, unknown>): void;
  /** Resolves when everything logged so far has been written. */
  flush(): Promise<void>;
}

/** A log that loads its library for the first line it writes, so that a quiet start does not pay for it. */
export function createLog(level: LogLevel, base: Record<string, unknown>): Log {
  const rank = LOG_LEVELS.indexOf(level);
  let loading: Promise<Logger> | undefined;
  let written: Promise<void> = Promise.resolve();

  const at =
    (name: 'error' | 'warn' | 'info' | 'debug', from: LogLevel = name) =>
    (message: string, fields: Record<string, unknown> = {}) => {
      if (LOG_LEVELS.indexOf(from) > rank) return;
      loading ??= import('./log-lines.ts').then(({ createLineLogger }) => createLineLogger(level, base));
      // Failing to log must not stop the server, and a rejection here would itself be logged, endlessly.
      written = Promise.all([loading, written])
        .then(([logger]) => (name === from ? logger : logger.child({}, { level: name }))[name](fields, message))
        .catch(() => undefined);
    };

  return {
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    announce: at('info', 'warn'),
    flush: () => written,
  };
}
