import { z } from 'zod';
import { schema as clickSchema } from '../../clicks/schema.ts';
import { selectorsSchema } from '../api/erase.ts';
import { newKeySchema } from '../api/keys.ts';
import { changeSchema } from '../api/urls.ts';
import {
  allRejectedAnswer,
  clicksAnswer,
  eraseAnswer,
  errorAnswer,
  healthAnswer,
  keyAnswer,
  keyListAnswer,
  newKeyAnswer,
  readyAnswer,
  rejection,
  urlAnswer,
  urlPageAnswer,
} from './answers.ts';
import type { JsonSchema } from './model.ts';
import {
  type FieldDescriptions,
  CLICK_FIELDS,
  KEY_FIELDS,
  SELECTOR_FIELDS,
  URL_FIELDS,
} from './request-fields.ts';
import { breakdownRow, exportedAnswer, statsAnswer } from './stats-answer.ts';

/** What Spoor answers with, by the name it has in the document. */
export const ANSWER_SCHEMAS = {
  StatsAnswer: statsAnswer,
  ExportedAnswer: exportedAnswer,
  BreakdownRow: breakdownRow,
  ClicksAnswer: clicksAnswer,
  AllRejected: allRejectedAnswer,
  Rejection: rejection,
  Erased: eraseAnswer,
  Url: urlAnswer,
  UrlPage: urlPageAnswer,
  ApiKey: keyAnswer,
  NewApiKey: newKeyAnswer,
  ApiKeyList: keyListAnswer,
  Health: healthAnswer,
  Ready: readyAnswer,
  ErrorAnswer: errorAnswer,
} as const;

/** What Spoor is sent: the schemas that read it, with what they cannot say of their fields. */
export const REQUEST_SCHEMAS = {
  Click: {
    schema: clickSchema,
    fields: CLICK_FIELDS,
    description: 'A click. Unknown fields are ignored; null and "" are not given.',
  },
  UrlChange: {
    schema: changeSchema,
    fields: URL_FIELDS,
    description: 'What to make or change. What is left out stays, or takes its default.',
  },
  KeyWanted: { schema: newKeySchema, fields: KEY_FIELDS, description: 'The key to make.' },
  Selectors: {
    schema: selectorsSchema,
    fields: SELECTOR_FIELDS,
    description:
      'Which clicks: those that all of what is given holds for. At least one selector; a time zone alone is none.',
  },
} as const;

export type SchemaName = keyof typeof ANSWER_SCHEMAS | keyof typeof REQUEST_SCHEMAS;

const PREFIX = '#/components/schemas/';

/** A reference to a schema of the document. */
export function ref(name: SchemaName): JsonSchema {
  return { $ref: PREFIX + name };
}

/** Every schema of the document by its name, made of the schemas that the code itself works with. */
export function componentSchemas(): Readonly<Record<string, JsonSchema>> {
  return { ...answerSchemas(), ...requestSchemas() };
}

function answerSchemas(): Readonly<Record<string, JsonSchema>> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(ANSWER_SCHEMAS)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, { io: 'output', uri: (id) => PREFIX + id });
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, plain(schema)]));
}

function requestSchemas(): Readonly<Record<string, JsonSchema>> {
  return Object.fromEntries(
    Object.entries(REQUEST_SCHEMAS).map(([name, { schema, fields, description }]) => {
      const made = plain(z.toJSONSchema(schema, { io: 'input' }));
      return [name, { description, ...made, properties: described(made, fields) }];
    }),
  );
}

function described(made: JsonSchema, fields: FieldDescriptions): JsonSchema {
  const { properties } = z
    .object({ properties: z.record(z.string(), z.record(z.string(), z.unknown())) })
    .parse(made);
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, { ...schema, ...fields[name] }]),
  );
}

const NOISE = new Set(['$schema', '$id', 'readOnly']);

/** Without what only says how it was made, or repeats what JSON and JavaScript bound anyway. */
function plain(value: unknown): JsonSchema {
  const kept = JSON.stringify(value, (key, one: unknown) => {
    const isAnyName = key === 'propertyNames' && JSON.stringify(one) === '{"type":"string"}';
    return NOISE.has(key) || isAnyName || Math.abs(Number(one)) === Number.MAX_SAFE_INTEGER ? undefined : one;
  });
  return z.record(z.string(), z.unknown()).parse(JSON.parse(kept));
}
