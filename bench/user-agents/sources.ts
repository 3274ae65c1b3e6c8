import { createRequire } from 'node:module';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** What a source says of an agent, in its own names; undefined where it says nothing. */
export interface Labels {
  readonly browser?: string | undefined;
  readonly os?: string | undefined;
  readonly isBot?: boolean | undefined;
  /** Major versions. */
  readonly browserVersion?: string | undefined;
  readonly osVersion?: string | undefined;
  /** The kind of device. */
  readonly device?: string | undefined;
}

export interface LabelledAgent extends Labels {
  readonly agent: string;
}

/** A set of user agents in an npm package. */
export interface Source {
  readonly name: string;
  /** Packages that have it, as npm takes them. */
  readonly packages: readonly string[];
  readonly license: string;
  readonly what: string;
  /** How many of its agents the list takes; all where there is no limit. */
  readonly atMost?: number;
  readonly read: (folder: string) => readonly LabelledAgent[];
}

/** Days between the first and the last release are eight years, so these have browsers of each. */
const VISITOR_RELEASES = [
  '1.0.442',
  '1.0.580',
  '1.0.657',
  '1.0.732',
  '1.0.813',
  '1.0.883',
  '1.0.937',
  '1.0.990',
  '1.0.1034',
  '1.0.1090',
  '1.0.1158',
  '1.0.1223',
  '1.0.1287',
  '1.0.1371',
  '1.1.11',
  '1.1.78',
  '1.1.141',
  '1.1.210',
  '1.1.295',
  '1.1.405',
  '1.1.526',
  '1.1.574',
  '1.1.634',
  '2.1.108',
  '2.1.198',
];

export const SOURCES: readonly Source[] = [
  {
    name: 'user-agents',
    packages: VISITOR_RELEASES.map((release) => `user-agents-${release}@npm:user-agents@${release}`),
    license: 'BSD-2-Clause',
    what: `visitors of web sites, 2018 to 2026 (${VISITOR_RELEASES.length} releases)`,
    read: (folder) =>
      VISITOR_RELEASES.flatMap((release) => {
        const base = join(folder, `user-agents-${release}`);
        const rows: readonly { userAgent: string }[] = release.startsWith('2.')
          ? JSON.parse(readFileSync(join(base, 'dist/user-agents.json'), 'utf8'))
          : JSON.parse(gunzipSync(readFileSync(join(base, 'src/user-agents.json.gz'))).toString());
        return rows.map(({ userAgent }) => ({ agent: userAgent }));
      }),
  },
  {
    name: 'ua-parser',
    packages: ['ua-parser-tests@npm:ua-parser@0.3.5'],
    license: 'MIT or Apache-2.0',
    what: 'its tests, most of them the list of pgts.com.au, of the 2000s',
    // It has ten thousand, many of which are jokes.
    atMost: 1_000,
    read: (folder) => {
      const base = join(folder, 'ua-parser-tests/test_resources');
      return readdirSync(base)
        .filter((name) => /^(?!.*(orig|device)).*\.yaml$/.test(name))
        .flatMap((name) =>
          uapCases(readFileSync(join(base, name), 'utf8'), name.includes('os') ? 'os' : 'browser'),
        );
    },
  },
  {
    name: 'ua-parser, a log',
    packages: [],
    license: 'MIT or Apache-2.0',
    what: 'a log of 2011 in the same package',
    read: (folder) => {
      const { uas }: { uas: readonly string[] } = createRequire(import.meta.url)(
        join(folder, 'ua-parser-tests/tests/uas.js'),
      );
      return uas.map((agent) => ({ agent }));
    },
  },
  {
    name: 'ua-parser-js',
    packages: ['ua-parser-js-tests@npm:ua-parser-js@1.0.2'],
    license: 'MIT',
    what: 'its tests: many apps and devices',
    read: (folder) =>
      ['browser', 'os', 'device', 'engine', 'cpu', 'mediaplayer'].flatMap((kind) => {
        const cases: readonly { ua: string; expect: { name?: string } }[] = JSON.parse(
          readFileSync(join(folder, `ua-parser-js-tests/test/${kind}-test.json`), 'utf8'),
        );
        return cases.map(({ ua, expect: { name } }) =>
          kind === 'browser' || kind === 'os' ? { agent: ua, [kind]: name } : { agent: ua },
        );
      }),
  },
  {
    name: 'woothee',
    packages: ['woothee@1.11.1'],
    license: 'Apache-2.0',
    what: 'its tests',
    read: (folder) => {
      const base = join(folder, 'woothee/woothee/testsets');
      return readdirSync(base).flatMap((name) => wootheeCases(readFileSync(join(base, name), 'utf8')));
    },
  },
  {
    name: 'random-useragent',
    packages: ['random-useragent@0.5.0'],
    license: 'MIT',
    what: 'browsers of all kinds by name, with what they are',
    read: (folder) => {
      const rows: readonly { userAgent: string; browserName: string; osName: string; folder: string }[] =
        JSON.parse(readFileSync(join(folder, 'random-useragent/useragent-data.json'), 'utf8'));
      return rows.map((row) => ({
        agent: row.userAgent,
        browser: row.browserName,
        os: row.osName,
        isBot: /Spiders|Bots|Crawl/i.test(row.folder) || undefined,
      }));
    },
  },
  {
    name: '@ulixee/real-user-agents',
    packages: ['@ulixee/real-user-agents@2.0.0-alpha.34'],
    license: 'MIT',
    what: 'browsers on the machines of a testing service, with what they are',
    read: (folder) => {
      const rows: readonly { id: string; string: string }[] = JSON.parse(
        readFileSync(
          join(folder, '@ulixee/real-user-agents/data/external-raw/browserstack/userAgents.json'),
          'utf8',
        ),
      );
      return rows.map(({ id, string: agent }) => ({ agent, browser: id.split('-')[0] }));
    },
  },
  {
    name: 'top-user-agents',
    packages: ['top-user-agents@2.1.138'],
    license: 'MIT',
    what: 'the most common ones of 2026',
    read: (folder) => {
      const rows: readonly string[] = JSON.parse(
        readFileSync(join(folder, 'top-user-agents/src/index.json'), 'utf8'),
      );
      return rows.map((agent) => ({ agent }));
    },
  },
  {
    name: 'crawler-user-agents',
    packages: ['crawler-user-agents@1.60.0'],
    license: 'MIT',
    what: 'programs, each with the page that tells of it',
    read: (folder) => {
      const rows: readonly { instances: readonly string[] }[] = JSON.parse(
        readFileSync(join(folder, 'crawler-user-agents/crawler-user-agents.json'), 'utf8'),
      );
      return rows.flatMap(({ instances }) => instances.map((agent) => ({ agent, isBot: true })));
    },
  },
];

function uapCases(yaml: string, kind: 'browser' | 'os'): readonly LabelledAgent[] {
  return yaml.split(/^\s*- (?=user_agent_string:)/m).flatMap((text) => {
    const agent = /^user_agent_string: *(['"])(.*)\1\s*$/m.exec(text);
    const family = /^\s+family: *['"]?(.*?)['"]?\s*$/m.exec(text)?.[1];
    if (agent === null) return [];
    const [, quote, quoted = ''] = agent;
    return [
      { agent: quote === "'" ? quoted.replaceAll("''", "'") : quoted.replaceAll('\\"', '"'), [kind]: family },
    ];
  });
}

function wootheeCases(yaml: string): readonly LabelledAgent[] {
  return yaml.split(/^- /m).flatMap((text): LabelledAgent[] => {
    const agent = /^target: *(['"])(.*)\1\s*$/m.exec(text)?.[2];
    const value = (name: string) => new RegExp(`^  ${name}: *['"]?(.*?)['"]?\\s*$`, 'm').exec(text)?.[1];
    if (agent === undefined) return [];
    const category = value('category');
    if (category === 'crawler') return [{ agent, isBot: true }];
    return [{ agent, browser: value('name'), os: value('os') }];
  });
}
