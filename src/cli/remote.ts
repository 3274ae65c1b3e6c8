import { type Command, InvalidArgumentError } from 'commander';
import { readConfig } from '../config.ts';
import { type Client, createClient, withClient } from './client.ts';

/** The options of a command that can use a remote server. */
export interface RemoteOptions {
  readonly url?: string;
}

/** Adds `--url` to a command. */
export function remoteOption(command: Command): Command {
  return command.option(
    '--url <url>',
    'a remote Spoor server; the key is taken from SPOOR_API_KEY',
    serverUrl,
  );
}

/**
 * Runs `work` with the server at `--url`, with the key in SPOOR_API_KEY if it is set. Without `--url`, runs it with the
 * server of the data directory, as its administrator.
 */
export async function withServer<T>(
  { url }: RemoteOptions,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const config = readConfig();
  return url === undefined ? withClient(config, work) : work(createClient(url, config.apiKey));
}

function serverUrl(text: string): string {
  if (/^https?:\/\/[^/]/.test(text) && URL.canParse(text)) return text;
  throw new InvalidArgumentError('It must begin with http:// or https://.');
}
