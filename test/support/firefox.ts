import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { WebSocket } from 'undici';
import { eventually } from './browser.ts';

const ENTER = '\uE007';

type Message = Readonly<Record<'id' | 'type' | 'method' | 'message', unknown>> & { readonly params: any };

/**
 * Debian's Firefox, driven by WebDriver BiDi. Playwright drives only a build of its own, or a newer release, since it sends
 * commands that this one does not know.
 */
export class Firefox {
  /** Errors and warnings of consoles, and exceptions that nobody caught. */
  readonly complaints: string[] = [];
  /** The paths of complete downloads. */
  readonly downloads: string[] = [];
  readonly #process: ChildProcess;
  readonly #socket: WebSocket;
  readonly #folder: string;
  readonly #waiting = new Map<unknown, (message: any) => void>();
  #id = 0;
  #context = '';

  private constructor(process: ChildProcess, socket: WebSocket, folder: string) {
    this.#process = process;
    this.#socket = socket;
    this.#folder = folder;
    socket.addEventListener('message', ({ data }) => this.#receive(JSON.parse(String(data))));
  }

  static async start(): Promise<Firefox> {
    const folder = mkdtempSync(join(tmpdir(), 'spoor-firefox-'));
    mkdirSync(join(folder, 'profile'));
    const args = ['--headless', '--remote-debugging-port=0', '--profile', join(folder, 'profile')];
    const child = spawn('/usr/bin/firefox-esr', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const address = await addressOf(child);
    const socket = new WebSocket(`${address}/session`);
    await once(socket, 'open');
    const firefox = new Firefox(child, socket, folder);
    await firefox.#begin();
    return firefox;
  }

  async #begin(): Promise<void> {
    await this.#send('session.new', { capabilities: {} });
    await this.#send('session.subscribe', { events: ['log.entryAdded', 'browsingContext.downloadEnd'] });
    const downloadBehavior = { type: 'allowed', destinationFolder: this.#folder };
    await this.#send('browser.setDownloadBehavior', { downloadBehavior });
    const { contexts } = await this.#send('browsingContext.getTree', {});
    this.#context = contexts[0].context;
  }

  async open(url: string): Promise<void> {
    await this.#send('browsingContext.navigate', { context: this.#context, url, wait: 'complete' });
  }

  /** The value of an expression in the page: a text or a number. */
  async evaluate(expression: string): Promise<unknown> {
    const { type, result, exceptionDetails } = await this.#send('script.evaluate', {
      expression,
      target: { context: this.#context },
      awaitPromise: true,
    });
    if (type !== 'success') throw new Error(exceptionDetails.text);
    return result.value;
  }

  /**
   * Clicks with the mouse on an element, once it is there.
   * @param selector of CSS; the first one that reads `text`, where that is given
   */
  async click(selector: string, text?: string): Promise<void> {
    const context = this.#context;
    const find = `(selector, text) => {
      const all = [...document.querySelectorAll(selector)];
      const found = all.find((one) => text === undefined || one.textContent === text);
      found?.scrollIntoView({ block: 'center' });
      return found;
    }`;
    await eventually(async () => {
      const { result } = await this.#send('script.callFunction', {
        functionDeclaration: find,
        arguments: [selector, text].map(valueOf),
        target: { context },
        awaitPromise: false,
      });
      if (result.type !== 'node') throw new Error(`There is no ${selector} ${text ?? ''}.`);
      const origin = { type: 'element', element: { sharedId: result.sharedId } };
      const actions = [
        { type: 'pointerMove', x: 0, y: 0, origin },
        { type: 'pointerDown', button: 0 },
        { type: 'pointerUp', button: 0 },
      ];
      await this.#send('input.performActions', {
        context,
        actions: [{ type: 'pointer', id: 'mouse', actions }],
      });
    });
  }

  /** Types into what has the focus, and presses Enter. */
  async enter(text: string): Promise<void> {
    const actions = [...text.split(''), ENTER].flatMap((value) => [
      { type: 'keyDown', value },
      { type: 'keyUp', value },
    ]);
    await this.#send('input.performActions', {
      context: this.#context,
      actions: [{ type: 'key', id: 'keyboard', actions }],
    });
  }

  async close(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#socket.close();
    this.#process.kill();
    await ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #send(method: string, params: object): Promise<any> {
    const id = ++this.#id;
    const answer = new Promise<any>((resolve) => this.#waiting.set(id, resolve));
    this.#socket.send(JSON.stringify({ id, method, params }));
    const { type, result, message } = await answer;
    if (type === 'error') throw new Error(`${method}: ${message}`);
    return result;
  }

  #receive(message: Message): void {
    const { id, method, params } = message;
    this.#waiting.get(id)?.(message);
    this.#waiting.delete(id);
    if (method === 'log.entryAdded' && ['error', 'warn'].includes(params.level)) {
      this.complaints.push(params.text);
    }
    if (method === 'browsingContext.downloadEnd' && params.status === 'complete') {
      this.downloads.push(params.filepath);
    }
  }
}

function valueOf(text: string | undefined) {
  return text === undefined ? { type: 'undefined' } : { type: 'string', value: text };
}

async function addressOf(child: ChildProcess): Promise<string> {
  if (child.stderr === null) throw new Error('Firefox has no standard error.');
  for await (const line of createInterface(child.stderr)) {
    const [, address] = /WebDriver BiDi listening on (ws:\S+)/.exec(line) ?? [];
    if (address !== undefined) {
      child.stderr.resume();
      return address;
    }
  }
  throw new Error('Firefox ended before it listened.');
}
