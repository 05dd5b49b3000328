/** What a subcommand prints: the answer on stdout, what a person should know on stderr. */
export interface Printed {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** The environment of the process. */
export type Environment = Readonly<Record<string, string | undefined>>;
