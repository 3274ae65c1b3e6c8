import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Labels } from './sources.ts';

/** A parser of another project, or a list of programs; what it says of an agent, in its own names. */
export type Voter = (agent: string) => Labels;

/** How each is made from a folder of packages. They are asked what an agent is, and measured beside ours. */
export const VOTERS: Readonly<
  Record<string, { readonly packages: readonly string[]; readonly make: (folder: string) => Voter }>
> = {
  'uap-core': { packages: ['uap-core@0.18.0', 'yaml@2.8.1'], make: uapCore },
  'which-browser': {
    packages: ['which-browser@0.7.1'],
    make: (folder) => {
      const WhichBrowser = load(folder, 'which-browser');
      return (agent) => {
        const { browser, os, device } = new WhichBrowser(agent);
        return { browser: browser.name, os: os.name, isBot: device.type === 'bot' || undefined };
      };
    },
  },
  'ua-parser-js 1': {
    packages: ['ua-parser-js@1.0.41'],
    make: (folder) => {
      const UaParser = load(folder, 'ua-parser-js');
      return (agent) => {
        const parser = new UaParser(agent);
        return { browser: parser.getBrowser().name, os: parser.getOS().name };
      };
    },
  },
  bowser: {
    packages: ['bowser@2.15.1'],
    make: (folder) => {
      const bowser = load(folder, 'bowser');
      return (agent) => {
        const { browser, os, platform } = bowser.parse(agent);
        return { browser: browser.name, os: os.name, isBot: platform.type === 'bot' || undefined };
      };
    },
  },
  woothee: {
    packages: ['woothee@1.11.1'],
    make: (folder) => {
      const woothee = load(folder, 'woothee');
      return (agent) => {
        const { name, os, category } = woothee.parse(agent);
        return { browser: known(name), os: known(os), isBot: category === 'crawler' || undefined };
      };
    },
  },
  'crawler-user-agents': {
    packages: ['crawler-user-agents@1.60.0'],
    make: (folder) => {
      const rows: readonly { pattern: string }[] = JSON.parse(
        readFileSync(join(folder, 'crawler-user-agents/crawler-user-agents.json'), 'utf8'),
      );
      const all = new RegExp(rows.map(({ pattern }) => pattern).join('|'));
      return (agent) => ({ isBot: all.test(agent) });
    },
  },
  'es6-crawler-detect': {
    packages: ['es6-crawler-detect@4.0.2'],
    make: (folder) => {
      const crawler = new (load(folder, 'es6-crawler-detect').Crawler)();
      return (agent) => ({ isBot: crawler.isCrawler(agent) });
    },
  },
  'my-ua-parser': {
    packages: ['my-ua-parser@2.0.4'],
    make: (folder) => {
      const { UAParser } = load(folder, 'my-ua-parser');
      return (agent) => {
        const parser = new UAParser(agent);
        return { browser: parser.getBrowser().name, os: parser.getOS().name };
      };
    },
  },
  'detect-browser': {
    packages: ['detect-browser@5.3.0'],
    make: (folder) => {
      const { parseUserAgent } = load(folder, 'detect-browser');
      return (agent) => {
        const found = parseUserAgent(agent);
        return {
          browser: found?.name,
          os: found?.os ?? undefined,
          isBot: found?.type === 'bot' || undefined,
        };
      };
    },
  },
  platform: {
    packages: ['platform@1.3.6'],
    make: (folder) => {
      const platform = load(folder, 'platform');
      return (agent) => {
        const { name, os } = platform.parse(agent);
        return { browser: name ?? undefined, os: os?.family ?? undefined };
      };
    },
  },
  isbot: {
    packages: ['isbot@5.2.3'],
    make: (folder) => {
      const { isbot } = load(folder, 'isbot');
      return (agent) => ({ isBot: isbot(agent) });
    },
  },
};

/** Those whose votes say what an agent is: not ours, none that ours was made from, and of copies only one. */
export const JUDGES = [
  'uap-core',
  'which-browser',
  'ua-parser-js 1',
  'bowser',
  'woothee',
  'crawler-user-agents',
  'es6-crawler-detect',
] as const;

function load(folder: string, name: string) {
  return createRequire(join(folder, 'package.json'))(join(folder, name));
}

function known(name: string): string | undefined {
  return name === 'UNKNOWN' ? undefined : name;
}

/** The reference way of its specification: the first expression that matches counts. */
function uapCore(folder: string): Voter {
  const { parse } = load(folder, 'yaml');
  const rules: Readonly<Record<string, readonly Readonly<Record<string, string>>[]>> = parse(
    readFileSync(join(folder, 'uap-core/regexes.yaml'), 'utf8'),
  );
  const family = (kind: string, replacement: string) => {
    const expressions = (rules[kind] ?? []).map(({ regex = '', regex_flag: flag, [replacement]: name }) => ({
      expression: new RegExp(regex, flag),
      name,
    }));
    return (agent: string): string | undefined => {
      for (const { expression, name } of expressions) {
        const match = expression.exec(agent);
        if (match !== null)
          return name === undefined ? match[1] : name.replaceAll(/\$(\d)/g, (_, n) => match[n] ?? '');
      }
      return undefined;
    };
  };
  const browser = family('user_agent_parsers', 'family_replacement');
  const os = family('os_parsers', 'os_replacement');
  const device = family('device_parsers', 'device_replacement');
  return (agent) => ({
    browser: browser(agent),
    os: os(agent),
    isBot: device(agent) === 'Spider' || undefined,
  });
}
