import type { OpenApiDocument } from '../../src/http/openapi/model.ts';

/** A request and its answer, as far as the API document speaks of them. */
export interface Exchange {
  readonly method: string;
  /** With its query string, or without. */
  readonly path: string;
  /** The request's body, where that was JSON. */
  readonly json?: unknown;
  readonly status: number;
  readonly type: string | null;
  /** The answer's body. */
  readonly text: string;
}

/** Judges values by the schemas of an API document. */
export interface DocumentJudge {
  readonly document: OpenApiDocument;
  /** What is wrong with a value by the schema at a place in the document; undefined when nothing is. */
  readonly faultOf: (value: unknown, ...place: readonly string[]) => string | undefined;
  /** The path of the document that takes a request's path. */
  readonly pathOf: (path: string) => string | undefined;
  /** @throws Error when an answer, or a request that was accepted, is not as the document has it */
  readonly check: (exchange: Exchange) => void;
}

/** The judge of this Spoor's own document. */
export const documentJudge: DocumentJudge;
