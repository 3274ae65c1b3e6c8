import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';

/** A user agent of the list that is kept, and what it is. */
export interface KnownAgent {
  readonly agent: string;
  /** The package that it comes from. */
  readonly source: string;
  /** In our names; undefined where the sources leave it open, and for programs. */
  readonly browser: string | undefined;
  readonly os: string | undefined;
  readonly isBot: boolean;
}

export const AGENTS_FILE = join(import.meta.dirname, '../data/user-agents/agents.tsv.br');

/** The list, one agent a line: browser, system, `bot` or `person`, source, agent. Neighbours are alike, so it packs well. */
export function packAgents(agents: readonly KnownAgent[]): Buffer {
  const lines = agents
    .toSorted((a, b) => (a.agent < b.agent ? -1 : 1))
    .map(({ browser = '', os = '', isBot, source, agent }) =>
      [browser, os, isBot ? 'bot' : 'person', source, agent].join('\t'),
    );
  const text = `${lines.join('\n')}\n`;
  return brotliCompressSync(text, {
    params: { [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS },
  });
}

export function readAgents(): readonly KnownAgent[] {
  const lines = brotliDecompressSync(readFileSync(AGENTS_FILE)).toString('utf8').trimEnd().split('\n');
  return lines.map((line) => {
    const [browser = '', os = '', kind, source = '', agent = ''] = line.split('\t');
    return {
      agent,
      source,
      browser: browser === '' ? undefined : browser,
      os: os === '' ? undefined : os,
      isBot: kind === 'bot',
    };
  });
}
