import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { note, printLine } from '../../src/cli/output.ts';
import { AGENTS_FILE, type KnownAgent, packAgents } from '../../test/support/user-agents.ts';
import { type Labels, SOURCES } from './sources.ts';
import { truthOf } from './truth.ts';
import { JUDGES, VOTERS } from './voters.ts';

const AGENTS = 30_000;
const LONGEST_AGENT = 2_048;

/** Installs the sources and the parsers that judge them in a folder of their own, and writes the list that is kept. */
const folder = mkdtempSync(join(tmpdir(), 'spoor-user-agents-'));
try {
  install(folder);
  writeFileSync(AGENTS_FILE, packAgents(collect(join(folder, 'node_modules'))));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function install(into: string): void {
  const packages = [...SOURCES, ...JUDGES.map((name) => VOTERS[name])].flatMap(
    (each) => each?.packages ?? [],
  );
  writeFileSync(join(into, 'package.json'), '{"private":true}');
  const options = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', into];
  const { status } = spawnSync('npm', [...options, ...new Set(packages)], { stdio: 'inherit' });
  if (status !== 0) throw new Error('npm could not install the sources');
}

function collect(packages: string): readonly KnownAgent[] {
  const judges = JUDGES.map((name) => VOTERS[name]?.make(packages) ?? (() => ({})));
  const found = new Map<string, { readonly source: number; readonly labels: Labels[] }>();
  for (const [source, { read }] of SOURCES.entries()) {
    for (const { agent: raw, ...labels } of read(packages)) {
      const agent = raw.trim();
      if (agent === '' || agent.length > LONGEST_AGENT || /[\t\r\n]/.test(agent)) continue;
      const before = found.get(agent);
      if (before === undefined) found.set(agent, { source, labels: [labels] });
      else before.labels.push(labels);
    }
  }
  const kept: KnownAgent[] = [];
  let open = 0;
  const counts = SOURCES.map(() => 0);
  // Sources with a limit of their own first: the largest one fills the list up. Any order is as good as that of hashes.
  const candidates = [...found].map(([agent, rest]) => ({ agent, ...rest, hash: hashOf(agent) }));
  candidates.sort((a, b) => b.source - a.source || (a.hash < b.hash ? -1 : 1));
  for (const { agent, source, labels } of candidates) {
    if (kept.length >= AGENTS) break;
    if ((counts[source] ?? 0) >= (SOURCES[source]?.atMost ?? Infinity)) continue;
    const truth = truthOf(
      agent,
      labels,
      judges.map((judge) => judge(agent)),
    );
    if (truth === undefined) {
      open++;
      continue;
    }
    counts[source] = (counts[source] ?? 0) + 1;
    kept.push({ agent, source: SOURCES[source]?.name ?? '', ...truth });
    if (kept.length % 1_000 === 0) note(`${kept.length} agents`);
  }
  for (const [source, { name }] of SOURCES.entries()) printLine(`${name}: ${counts[source] ?? 0}`);
  printLine(`left out, since nobody says whether they are people's: ${open}`);
  return kept;
}

function hashOf(agent: string): string {
  return createHash('sha256').update(agent).digest('hex');
}
