/** A tool as clients of the Model Context Protocol see it. */
export interface ToolDescription {
  readonly name: string;
  readonly title: string;
  /** For the model: what it does, and when to use it. */
  readonly description: string;
  /** JSON Schema of its arguments. */
  readonly inputSchema: { readonly type: 'object'; readonly [keyword: string]: unknown };
}

/** What a call of a tool comes to. A failure is a result too: the model reads why. */
export interface ToolResult {
  readonly text: string;
  readonly isError: boolean;
}

/** Tools, and how one of them is called. */
export interface Tools {
  readonly list: () => Promise<readonly ToolDescription[]>;
  /** @returns undefined where no tool has that name */
  readonly call: (name: string, given: Readonly<Record<string, unknown>>) => Promise<ToolResult | undefined>;
}
