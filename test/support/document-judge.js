// JavaScript, since it is loaded outside of the suites: see outside.ts.
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { apiDocument } from '../../dist/http/api/routes.js';
import { METHODS } from '../../dist/http/openapi/model.js';

/** As document-judge.d.ts says. */
class DocumentJudge {
  document = apiDocument();
  #ajv = new Ajv2020({
    strict: true,
    strictTypes: false,
    allErrors: true,
    // Each schema judges a few values, so making it costs more than what a faster one would save.
    inlineRefs: false,
    code: { optimize: false },
  });
  #routes = Object.keys(this.document.paths).map((path) => ({
    path,
    pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
  }));

  /** Schemas as JSON, and what judges them. */
  #texts = new WeakMap();
  #validators = new Map();
  /** The addresses of parts of schemas, by their JSON. */
  #parts = new Map();

  constructor() {
    formats.default(this.#ajv);
    // A misspelt keyword in a schema is an error; what stands around the schemas is known.
    this.#ajv.addVocabulary([...Object.keys(this.document), 'example']);
    this.#ajv.addSchema({ ...this.document }, 'document');
    // By its own address, a schema is compiled once for all that refer to it.
    for (const [name, schema] of Object.entries(this.document.components.schemas))
      this.#ajv.addSchema(this.#withSharedParts(schema), `document#/components/schemas/${name}`);
  }

  /** Large fields, such as the lists of statistics, stand in several schemas alike: they have an address each, too. */
  #withSharedParts(schema) {
    if (schema.properties === undefined) return schema;
    const properties = Object.entries(schema.properties).map(([name, part]) => {
      const text = JSON.stringify(part);
      if (text.length < 10_000) return [name, part];
      const isNew = !this.#parts.has(text);
      if (isNew) this.#parts.set(text, `#/parts/${this.#parts.size}`);
      const $ref = this.#parts.get(text);
      if (isNew) this.#ajv.addSchema(part, `document${$ref}`);
      return [name, { $ref }];
    });
    return { ...schema, properties: Object.fromEntries(properties) };
  }

  faultOf(value, ...place) {
    const validate = this.#validatorAt(place);
    if (validate === undefined) return `no schema at ${place.join(' ')}`;
    if (validate(value)) return undefined;
    return this.#ajv.errorsText(validate.errors, { separator: '; ' });
  }

  /** The document repeats its schemas: of the hundreds of responses and parameters only some 80 differ. */
  #validatorAt(place) {
    const schema = place.reduce((within, part) => within?.[part], this.document);
    if (schema === undefined) return undefined;
    const text = this.#texts.get(schema) ?? JSON.stringify(schema);
    this.#texts.set(schema, text);
    const known = this.#validators.get(text);
    if (known !== undefined) return known;
    const pointer = place.map(
      (part) => `/${encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))}`,
    );
    const isReference = Object.keys(schema).join() === '$ref';
    const validate = this.#ajv.getSchema(`document${isReference ? schema.$ref : `#${pointer.join('')}`}`);
    this.#validators.set(text, validate);
    return validate;
  }

  pathOf(path) {
    const bare = path.split('?')[0] ?? '';
    return this.#routes.find(({ pattern }) => pattern.test(bare))?.path;
  }

  check(exchange) {
    const fault = this.#fault(exchange);
    if (fault === undefined) return;
    const { method, path, status, text } = exchange;
    throw new Error(`Not as documented: ${method} ${path} -> ${status} ${text.slice(0, 500)}: ${fault}`);
  }

  #fault({ method: given, path: asked, json, status, type, text }) {
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
    const bare = type?.split(';')[0] ?? '';
    // A file of no lines is one, too.
    const mayBeEmpty = bare !== '' && bare !== 'application/json';
    if (text === '' && !mayBeEmpty) return Object.keys(content).length === 0 ? undefined : 'no body';
    if (content[bare] === undefined) return `the content type ${bare} is not documented`;
    const place = ['paths', path, method, 'responses', String(status), 'content', bare, 'schema'];
    const fault = bare === 'application/json' ? this.faultOf(JSON.parse(text), ...place) : undefined;
    return fault ?? this.#requestFault(operation, path, method, status < 300 ? json : undefined);
  }

  /** What was accepted must be as the document says requests are; of clicks, bad ones are accepted to be told apart. */
  #requestFault(operation, path, method, json) {
    if (json === undefined || operation.operationId === 'sendClicks') return undefined;
    if (operation.requestBody === undefined) return 'a body was accepted that is not documented';
    return this.faultOf(json, 'paths', path, method, 'requestBody', 'content', 'application/json', 'schema');
  }
}

export const documentJudge = new DocumentJudge();
