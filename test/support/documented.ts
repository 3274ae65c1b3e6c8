import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { apiDocument } from '../../src/http/api/routes.ts';
import { METHODS, type OpenApiDocument, type Operation } from '../../src/http/openapi/model.ts';

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
export class DocumentJudge {
  readonly document: OpenApiDocument;
  readonly #ajv = new Ajv2020({ strict: true, strictTypes: false, allErrors: true });
  readonly #routes: readonly { readonly pattern: RegExp; readonly path: string }[];

  constructor(document: OpenApiDocument) {
    this.document = document;
    formats.default(this.#ajv);
    // A misspelt keyword in a schema is an error; what stands around the schemas is known.
    this.#ajv.addVocabulary([...Object.keys(document), 'example']);
    this.#ajv.addSchema({ ...document }, 'document');
    this.#routes = Object.keys(document.paths).map((path) => ({
      path,
      pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
    }));
  }

  /** What is wrong with a value by the schema at a place in the document; undefined when nothing is. */
  faultOf(value: unknown, ...place: readonly string[]): string | undefined {
    const pointer = place.map(
      (part) => `/${encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))}`,
    );
    const reference = `document#${pointer.join('')}`;
    const validate: ValidateFunction | undefined = this.#ajv.getSchema(reference);
    if (validate === undefined) return `no schema at ${place.join(' ')}`;
    if (validate(value)) return undefined;
    return this.#ajv.errorsText(validate.errors, { separator: '; ' });
  }

  /** The path of the document that takes a request's path. */
  pathOf(path: string): string | undefined {
    const bare = path.split('?')[0] ?? '';
    return this.#routes.find(({ pattern }) => pattern.test(bare))?.path;
  }

  /** @throws Error that says what is not as the document has it */
  check(exchange: Exchange): void {
    const fault = this.#fault(exchange);
    if (fault === undefined) return;
    const { method, path, status, text } = exchange;
    throw new Error(`Not as documented: ${method} ${path} -> ${status} ${text.slice(0, 500)}: ${fault}`);
  }

  #fault({ method: given, path: asked, json, status, type, text }: Exchange): string | undefined {
    const path = this.pathOf(asked);
    const method = METHODS.find((known) => known === (given === 'HEAD' ? 'get' : given.toLowerCase()));
    const operation =
      path === undefined || method === undefined ? undefined : this.document.paths[path]?.[method];
    if (path === undefined || method === undefined || operation === undefined) {
      return status < 400 || text === ''
        ? undefined
        : this.faultOf(JSON.parse(text), 'components', 'schemas', 'ErrorAnswer');
    }
    const answer = operation.responses[status];
    if (answer === undefined) return 'the status is not documented';
    if (given === 'HEAD') return undefined;
    const content = answer.content ?? {};
    if (text === '') return Object.keys(content).length === 0 ? undefined : 'no body';
    const bare = type?.split(';')[0] ?? '';
    if (content[bare] === undefined) return `the content type ${bare} is not documented`;
    const place = ['paths', path, method, 'responses', String(status), 'content', bare, 'schema'];
    const fault = bare === 'application/json' ? this.faultOf(JSON.parse(text), ...place) : undefined;
    return fault ?? this.#requestFault(operation, path, method, status < 300 ? json : undefined);
  }

  /** What was accepted must be as the document says requests are; of clicks, bad ones are accepted to be told apart. */
  #requestFault(operation: Operation, path: string, method: string, json: unknown): string | undefined {
    if (json === undefined || operation.operationId === 'sendClicks') return undefined;
    if (operation.requestBody === undefined) return 'a body was accepted that is not documented';
    return this.faultOf(json, 'paths', path, method, 'requestBody', 'content', 'application/json', 'schema');
  }
}

let judge: DocumentJudge | undefined;

/** The judge of this Spoor's own document. */
export function documentJudge(): DocumentJudge {
  return (judge ??= new DocumentJudge(apiDocument()));
}

/** @throws Error when an answer, or a request that was accepted, is not as the document has it */
export function checkDocumented(exchange: Exchange): void {
  documentJudge().check(exchange);
}
