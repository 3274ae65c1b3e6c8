/** A command that cannot do what it was asked; the message is the one line its user sees. */
export class CommandError extends Error {
  /** 2 for a wrong command line, else 1. */
  readonly exitCode: number;

  constructor(message: string, options: { readonly exitCode?: number; readonly cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.exitCode = options.exitCode ?? 1;
  }
}
