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
        return {
          browser: browser.name,
          os: os.name,
          isBot: device.type === 'bot' || undefined,
          browserVersion: major(browser.version?.toString()),
          osVersion: major(os.version?.toString()),
          device: device.type,
        };
      };
    },
  },
  'ua-parser-js 1': {
    packages: ['ua-parser-js@1.0.41'],
    make: (folder) => {
      const UaParser = load(folder, 'ua-parser-js');
      return (agent) => {
        const parser = new UaParser(agent);
        const [browser, os] = [parser.getBrowser(), parser.getOS()];
        return {
          browser: browser.name,
          os: os.name,
          browserVersion: major(browser.version),
          osVersion: major(os.version),
          device: parser.getDevice().type,
        };
      };
    },
  },
  bowser: {
    packages: ['bowser@2.15.1'],
    make: (folder) => {
      const bowser = load(folder, 'bowser');
      return (agent) => {
        const { browser, os, platform } = bowser.parse(agent);
        return {
          browser: browser.name,
          os: os.name,
          isBot: platform.type === 'bot' || undefined,
          browserVersion: major(browser.version),
          // What people call a Windows; other systems' names of versions are words.
          osVersion: /\d/.test(os.versionName ?? '') ? os.versionName : major(os.version),
          device: platform.type === 'bot' ? undefined : platform.type,
        };
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

function major(version: string | undefined): string | undefined {
  return version?.split('.')[0];
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
  const texts = (kind: string, replacements: readonly string[]) => {
    const expressions = (rules[kind] ?? []).map((rule) => ({
      expression: new RegExp(rule['regex'] ?? '', rule['regex_flag']),
      names: replacements.map((replacement) => rule[replacement]),
    }));
    return (agent: string): readonly (string | undefined)[] => {
      for (const { expression, names } of expressions) {
        const match = expression.exec(agent);
        if (match === null) continue;
        return names.map((name, place) =>
          name === undefined ? match[place + 1] : name.replaceAll(/\$(\d)/g, (_, n) => match[n] ?? ''),
        );
      }
      return [];
    };
  };
  const browserOf = texts('user_agent_parsers', ['family_replacement', 'v1_replacement']);
  const osOf = texts('os_parsers', ['os_replacement', 'os_v1_replacement']);
  const deviceOf = texts('device_parsers', ['device_replacement']);
  return (agent) => {
    const [browser, browserVersion] = browserOf(agent);
    const [os, osVersion] = osOf(agent);
    return { browser, os, browserVersion, osVersion, isBot: deviceOf(agent)[0] === 'Spider' || undefined };
  };
}
