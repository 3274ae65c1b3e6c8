interface CommandErrorOptions {
  readonly exitCode?: number;
  readonly isPassing?: boolean;
  readonly cause?: unknown;
}

/** A command that cannot do what it was asked; the message is the one line its user sees. */
export class CommandError extends Error {
  /** 2 for a wrong command line, else 1. */
  readonly exitCode: number;
  /** The same command may succeed if it is run again. */
  readonly isPassing: boolean;

  constructor(message: string, options: CommandErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.exitCode = options.exitCode ?? 1;
    this.isPassing = options.isPassing ?? false;
  }
}
