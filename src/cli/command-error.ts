interface CommandErrorOptions {
  readonly exitCode?: number;
  readonly isRetryable?: boolean;
  readonly status?: number;
  readonly cause?: unknown;
}

/** A command that failed; the message is the one line shown to the user. */
export class CommandError extends Error {
  /** 2 for a wrong command line, else 1. */
  readonly exitCode: number;
  /** The same command may succeed if it is run again. */
  readonly isRetryable: boolean;
  /** The status of the response that says so; undefined where none does. */
  readonly status: number | undefined;

  constructor(message: string, options: CommandErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.exitCode = options.exitCode ?? 1;
    this.isRetryable = options.isRetryable ?? false;
    this.status = options.status;
  }
}
