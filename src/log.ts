import type { Logger } from 'pino';

export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Logs JSON lines to stderr. Fields hold no personal data and never the key: callers pass names, counts and times. */
export interface Log {
  error(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  debug(message: string, fields?: Record<string, unknown>): void;
  /** A line of level `info` that is written at the usual level too: what whoever starts the server has to know. */
  announce(message: string, fields?: Record<string, unknown>): void;
  /** Resolves when everything logged so far has been written. */
  flush(): Promise<void>;
}

/** A log that loads its library with the first line that passes the level: a quiet start does not pay for it. */
export function createLog(level: LogLevel, base: Record<string, unknown>): Log {
  const rank = LOG_LEVELS.indexOf(level);
  let loading: Promise<Logger> | undefined;
  let written: Promise<void> = Promise.resolve();

  const at =
    (name: 'error' | 'warn' | 'info' | 'debug', from: LogLevel = name) =>
    (message: string, fields: Record<string, unknown> = {}) => {
      if (LOG_LEVELS.indexOf(from) > rank) return;
      loading ??= import('./log-lines.ts').then(({ createLineLogger }) => createLineLogger(level, base));
      // A log that cannot be written is no reason to fail; a rejection here would be logged in turn, for ever.
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
