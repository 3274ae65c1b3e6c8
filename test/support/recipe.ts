import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { PACKAGE_ROOT } from '../../src/process/package-root.ts';
import type { Running } from '../../src/main.ts';
import { serviceIn } from './outside.ts';
import { type Ended, newFolder, runSpoor } from './process.ts';
import { ADMIN_KEY, clickHouseSettings } from './spoor.ts';

/**
 * The recipes of `docs/extending.md` are applied as they are printed there. A recipe is a section `## Title`; each of its
 * steps is a code block right under a comment that says where the block goes:
 *
 *     <!-- new src/export/jsonl.ts -->                                   a file of its own
 *     <!-- in src/stats/registry/metrics.ts, before "} as const" -->     before the one line that holds this text
 *     <!-- in src/stats/registry/metrics.ts, after "import " -->         after it
 *     <!-- in src/stats/registry/metrics.ts, instead of "clicks:" -->    in its place
 */
export interface RecipeStep {
  /** From the top of the repository. */
  readonly file: string;
  readonly place: 'new' | 'before' | 'after' | 'instead of';
  /** Stands on exactly one line of the file; empty for a new one. */
  readonly line: string;
  readonly text: string;
}

const STEP =
  /<!-- (?:new (\S+)|in (\S+), (before|after|instead of) "(.+)") -->\s*\n```\w*\n([\s\S]*?)^```$/gm;

/** The titles of all sections that are recipes. */
export function recipeTitles(): readonly string[] {
  return sections()
    .filter((text) => /<!-- (?:new|in) /.test(text))
    .map((text) => text.slice(0, text.indexOf('\n')));
}

function sections(): readonly string[] {
  return readFileSync(join(PACKAGE_ROOT, 'docs/extending.md'), 'utf8').split(/^## /m);
}

/** The steps of a recipe, in order. @throws Error when the document has no such recipe, or a step that cannot be read */
export function recipeSteps(title: string): readonly RecipeStep[] {
  const section = sections().find((text) => text.startsWith(`${title}\n`));
  if (section === undefined) throw new Error(`docs/extending.md has no recipe "${title}".`);
  const steps = [...section.matchAll(STEP)].map(
    ([, created, file = '', place = 'new', line = '', text = '']): RecipeStep => ({
      file: created ?? file,
      place: PLACES.find((known) => known === place) ?? 'new',
      line,
      text,
    }),
  );
  const comments = section.match(/<!-- (?:new|in) /g) ?? [];
  if (steps.length === 0 || steps.length !== comments.length) {
    throw new Error(`A step of the recipe "${title}" cannot be read.`);
  }
  return steps;
}

const PLACES = ['new', 'before', 'after', 'instead of'] as const;

/** What a Spoor is built and run from. */
const COPIED = ['src', 'clickhouse', 'dist', 'package.json', 'tsconfig.json'] as const;

/** A temporary copy of the tree, to which recipes are applied. `endProcesses` removes it. */
export class RecipeCopy {
  readonly folder = join(newFolder(), 'spoor');

  constructor() {
    for (const name of COPIED) {
      cpSync(join(PACKAGE_ROOT, name), join(this.folder, name), {
        recursive: true,
        preserveTimestamps: true,
      });
    }
    symlinkSync(join(PACKAGE_ROOT, 'node_modules'), join(this.folder, 'node_modules'));
  }

  /** @throws Error when the place that a step names is not there, or not once */
  apply(steps: readonly RecipeStep[]): void {
    for (const step of steps) {
      const path = join(this.folder, step.file);
      if (step.place === 'new') {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, step.text, { flag: 'wx' });
      } else writeFileSync(path, inserted(readFileSync(path, 'utf8'), step));
    }
  }

  /** Builds the copy as `npm run build` does, and checks the dashboard's types. @throws Error with what does not compile */
  async build(): Promise<void> {
    const errors = await this.compileErrors();
    if (errors !== '') throw new Error(errors);
    const tsx = join(PACKAGE_ROOT, 'node_modules/.bin/tsx');
    await promisify(execFile)(tsx, ['src/build.ts'], { cwd: this.folder });
  }

  /** What does not compile in some files and what these import; empty when everything does. */
  async compileErrorsOf(files: readonly string[]): Promise<string> {
    const project = { extends: './tsconfig.json', include: [], files };
    writeFileSync(join(this.folder, 'tsconfig.some.json'), JSON.stringify(project));
    return this.compileErrors(['tsconfig.some.json']);
  }

  /** What does not compile; empty when everything does. */
  async compileErrors(projects = ['tsconfig.json', 'src/dashboard/tsconfig.json']): Promise<string> {
    const tsc = join(PACKAGE_ROOT, 'node_modules/.bin/tsc');
    for (const project of projects) {
      try {
        // Several checkers at once would each check the types that they share.
        await promisify(execFile)(tsc, ['-p', project, '--checkers', '1'], { cwd: this.folder });
      } catch (error) {
        // Not `instanceof Error`: the tests' own world has another one.
        if (typeof error === 'object' && error !== null && 'stdout' in error) return String(error.stdout);
        throw error;
      }
    }
    return '';
  }

  /**
   * Starts the built copy as a server on the tests' ClickHouse, in a database of its own. It runs in this process: one of its
   * own each time would load all modules anew. @param settings beside those of all tests
   */
  async start(settings: Readonly<Record<string, string>> = {}): Promise<RunningCopy> {
    const own = {
      PORT: '0',
      LOG_LEVEL: 'silent',
      ...clickHouseSettings(),
      CLICKHOUSE_DATABASE: `recipe_${randomBytes(6).toString('hex')}`,
      SPOOR_DATA_DIR: join(newFolder(), 'data'),
      SPOOR_ADMIN_KEY: ADMIN_KEY,
      SPOOR_VISITOR_SECRET: 'a secret of the tests',
      SPOOR_RATE_LIMITS: 'off',
      ...settings,
    };
    const { start, readConfig, createLog } = await serviceIn(relative(PACKAGE_ROOT, this.folder));
    const config = readConfig(own);
    const log = createLog(config.logLevel);
    const server = await start(config, { log, waitForDataDirMs: 0, isServer: true });
    return new RunningCopy(server, own, this.folder);
  }
}

/** Starts a copy of the tree that has been built. @param settings beside those of all tests */
export type StartCopy = (settings?: Readonly<Record<string, string>>) => Promise<RunningCopy>;

/** A server that runs from a copy of the tree. */
export class RunningCopy {
  readonly folder: string;
  readonly #server: Running;
  readonly #settings: Readonly<Record<string, string>>;

  constructor(server: Running, settings: Readonly<Record<string, string>>, folder: string) {
    this.#server = server;
    this.#settings = settings;
    this.folder = folder;
  }

  /** One request, as the administrator unless `key` is null; `body` is sent as JSON. */
  async send(
    method: string,
    path: string,
    body?: unknown,
    key: string | null = ADMIN_KEY,
  ): Promise<Response> {
    return fetch(this.#server.url + path, {
      method,
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        'content-type': 'application/json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** One request whose answer is JSON. @throws Error unless it is a success */
  async json(method: string, path: string, body?: unknown): Promise<any> {
    const response = await this.send(method, path, body);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  }

  /** The copy's command line, which speaks to the server where one was started. */
  async command(args: readonly string[], input: string | Uint8Array = ''): Promise<Ended> {
    return runSpoor(args, this.#settings, input, this.folder);
  }

  /** Ends the server, and drops its database. */
  async stop(): Promise<void> {
    await this.#server.stop();
    const { CLICKHOUSE_URL = '', CLICKHOUSE_USER = '', CLICKHOUSE_PASSWORD = '' } = this.#settings;
    const nodes = process.env['TEST_CLICKHOUSE_NODES'] ?? CLICKHOUSE_URL;
    for (const url of nodes.split(',')) {
      const { ok, status } = await fetch(url, {
        method: 'POST',
        // The embedded engine takes no other way to say who asks.
        headers: {
          authorization: `Basic ${Buffer.from(`${CLICKHOUSE_USER}:${CLICKHOUSE_PASSWORD}`).toString('base64')}`,
        },
        body: `DROP DATABASE IF EXISTS ${this.#settings['CLICKHOUSE_DATABASE']} SYNC`,
      });
      if (!ok) throw new Error(`The copy's database was not dropped: ${status}`);
    }
  }
}

function inserted(before: string, { file, place, line, text }: RecipeStep): string {
  const lines = before.split('\n');
  const found = lines.flatMap((one, index) => (one.includes(line) ? [index] : []));
  const [at] = found;
  if (at === undefined || found.length > 1) {
    throw new Error(`${file} has ${found.length} lines with "${line}" where a recipe expects one.`);
  }
  lines.splice(place === 'after' ? at + 1 : at, place === 'instead of' ? 1 : 0, text.trimEnd());
  return lines.join('\n');
}
