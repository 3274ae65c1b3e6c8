import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { messageOf } from '../errors.ts';
import { parseUnrepeated } from '../lib/repeated-name.ts';
import { CommandError } from './command-error.ts';
import { CONDITIONS } from './condition-options.ts';

const query = z.record(z.string(), z.unknown());
const file = z.union([z.object({ queries: z.array(query) }), query]);

/** Options that go with `--query`: they say where to send the queries and how to print the results. */
const BESIDE: readonly string[] = ['query', 'url', 'owner', 'format', 'json'];

/** The request that a file of `--query` describes. */
export interface AskedByFile {
  readonly body: object;
  /** Whether it has several queries, so that the response has several results. */
  readonly isBatch: boolean;
}

/**
 * Reads one query, or `{"queries": […]}`, as `POST /api/v1/stats/query` takes them.
 * @param path `-`: standard input
 * @param owner the owner for queries that name none; undefined: the key's
 * @throws CommandError for a file that cannot be read or holds something else
 */
export async function readQuestions(path: string, owner: string | undefined): Promise<AskedByFile> {
  const name = path === '-' ? 'Standard input' : path;
  const parsed = file.safeParse(parseJson(name, await read(path)));
  if (!parsed.success) {
    throw new CommandError(`${name} must hold a JSON object: one query, or {"queries": […]}.`);
  }
  const { queries, ...others } = parsed.data;
  if (!Array.isArray(queries)) return { body: ofOwner(parsed.data, owner), isBatch: false };
  const asked = queries.map((one: unknown) => ofOwner(query.parse(one), owner));
  return { body: { ...others, queries: asked }, isBatch: true };
}

/** @throws CommandError where an option says what the file says */
export function checkBesideFile(options: Readonly<Record<string, unknown>>): void {
  const other = Object.keys(options).find((name) => !BESIDE.includes(name));
  if (other === undefined) return;
  const option =
    other === CONDITIONS
      ? Object.keys(Object(options[other])).join(', --')
      : other.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new CommandError(`--${option} does not go with --query: write it into the file.`, { exitCode: 2 });
}

async function read(path: string): Promise<string> {
  try {
    return path === '-' ? await text(process.stdin) : await readFile(path, 'utf8');
  } catch (cause) {
    throw new CommandError(`${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

function parseJson(name: string, json: string): unknown {
  try {
    return parseUnrepeated(json);
  } catch (cause) {
    throw new CommandError(`${name} is not JSON: ${messageOf(cause)}`, { cause });
  }
}

function ofOwner(asked: Readonly<Record<string, unknown>>, owner: string | undefined): object {
  const { scope } = asked;
  const isOfOneUrl = typeof scope === 'string' && scope.trim().toLowerCase() === 'anon';
  return owner === undefined || isOfOneUrl ? asked : { owner_id: owner, ...asked };
}
