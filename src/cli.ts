#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { z } from 'zod';
import { backupCommand } from './cli/backup.ts';
import { demoCommand } from './cli/demo.ts';
import { eraseCommand } from './cli/erase.ts';
import { CommandError } from './cli/errors.ts';
import { exportCommand } from './cli/export.ts';
import { importCommand } from './cli/import.ts';
import { keysCommand } from './cli/keys.ts';
import { migrateCommand } from './cli/migrate.ts';
import { note } from './cli/output.ts';
import { restoreCommand } from './cli/restore.ts';
import { seedCommand } from './cli/seed.ts';
import { serveCommand } from './cli/serve.ts';
import { statsCommand } from './cli/stats.ts';
import { urlsCommand } from './cli/urls.ts';
import { messageOf } from './errors.ts';
import { PACKAGE_ROOT } from './paths.ts';

const WRONG_COMMAND_LINE = 2;

function createProgram(): Command {
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')));
  const program = new Command('spoor')
    .description('Exact click analytics as a small, fast service on ClickHouse.')
    .version(version)
    .exitOverride();
  const commands = [
    serveCommand,
    demoCommand,
    migrateCommand,
    importCommand,
    seedCommand,
    statsCommand,
    exportCommand,
    keysCommand,
    urlsCommand,
    eraseCommand,
    backupCommand,
    restoreCommand,
  ];
  for (const add of commands) add(program);
  inheritExit(program);
  return program;
}

/** Subcommands made by `command()` copy settings when they are made; groups made before need it said again. */
function inheritExit(command: Command): void {
  command.exitOverride();
  command.configureOutput({
    outputError: (text) => note(`spoor: ${oneLine(text)} (--help shows how it is used)`),
  });
  for (const child of command.commands) inheritExit(child);
}

async function run(): Promise<number> {
  const program = createProgram();
  try {
    const group = unfinishedGroup(program, process.argv.slice(2));
    if (group !== undefined) group.error(`a command is missing after ${group.name()}`);
    await program.parseAsync();
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_COMMAND_LINE;
    note(`spoor: ${oneLine(messageOf(error))}`);
    return error instanceof CommandError ? error.exitCode : 1;
  }
}

/** The group of commands that a command line names without one of its commands; commander would print all its help. */
function unfinishedGroup(program: Command, words: readonly string[]): Command | undefined {
  let command: Command | undefined = program;
  for (const word of words) command = command?.commands.find((child) => child.name() === word);
  return command?.commands.length === 0 ? undefined : command;
}

function oneLine(text: string): string {
  return text
    .replace(/^error: /, '')
    .trim()
    .replaceAll(/\s*\n\s*/g, ' ');
}

// A reader that has seen enough (`spoor stats | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
});

process.exitCode = await run();
