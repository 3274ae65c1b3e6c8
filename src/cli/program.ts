import { Command, CommanderError } from 'commander';
import { backupCommand } from './backup-command.ts';
import { demoCommand } from './demo-command.ts';
import { eraseCommand } from './erase-command.ts';
import { clicksCommand } from './clicks-command.ts';
import { CommandError } from './command-error.ts';
import { exportCommand } from './export-command.ts';
import { exportsCommand } from './exports-command.ts';
import { importCommand } from './import-command.ts';
import { importsCommand } from './imports-command.ts';
import { keysCommand } from './keys-command.ts';
import { mcpCommand } from './mcp-command.ts';
import { migrateCommand } from './migrate-command.ts';
import { note, printable } from './output.ts';
import { restoreCommand } from './restore-command.ts';
import { schedulesCommand } from './schedules-command.ts';
import { seedCommand } from './seed-command.ts';
import { segmentsCommand } from './segments-command.ts';
import { serveCommand } from './serve-command.ts';
import { sqlUserCommand } from './sql-user-command.ts';
import { statsCommand } from './stats-command.ts';
import { typedExamples } from './typed-examples.ts';
import { urlsCommand } from './urls-command.ts';
import { messageOf } from '../errors.ts';
import { packageVersion } from '../process/package-version.ts';

const WRONG_COMMAND_LINE = 2;

function createProgram(): Command {
  const program = new Command('spoor')
    .description('Exact click analytics as a small, fast service on ClickHouse.')
    .version(packageVersion())
    .exitOverride();
  const commands = [
    serveCommand,
    demoCommand,
    migrateCommand,
    importCommand,
    importsCommand,
    seedCommand,
    statsCommand,
    clicksCommand,
    exportCommand,
    exportsCommand,
    keysCommand,
    urlsCommand,
    segmentsCommand,
    sqlUserCommand,
    schedulesCommand,
    eraseCommand,
    mcpCommand,
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
    writeOut: (text) => process.stdout.write(typedExamples(text)),
    outputError: (text) => note(`spoor: ${oneLine(text)} (see --help)`),
  });
  for (const child of command.commands) inheritExit(child);
}

/** Runs the command that the command line names. @returns the exit code */
export async function runProgram(): Promise<number> {
  const program = createProgram();
  try {
    const group = unfinishedGroup(program, process.argv.slice(2));
    if (group !== undefined) group.error(`a command is missing after ${group.name()}`);
    await program.parseAsync();
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_COMMAND_LINE;
    note(`spoor: ${printable(oneLine(messageOf(error)))}`);
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
