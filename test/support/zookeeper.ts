import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from './cluster.ts';
import { waitUntil } from './process.ts';

/** As Debian's package installs it; ClickHouse takes it for a Keeper. */
const JAR = '/usr/share/java/zookeeper.jar';

/** A ZooKeeper of a test's own, on a free port of this machine. */
export class ZooKeeper {
  readonly port: number;
  readonly #folder: string;
  readonly #child: ChildProcess;

  private constructor(port: number, folder: string, child: ChildProcess) {
    this.port = port;
    this.#folder = folder;
    this.#child = child;
  }

  static async start(): Promise<ZooKeeper> {
    const [port = 0] = await freePorts(1);
    const folder = mkdtempSync(join(tmpdir(), 'spoor-zookeeper-'));
    const config = join(folder, 'zoo.cfg');
    writeFileSync(
      config,
      `tickTime=2000\ndataDir=${join(folder, 'data')}\nclientPort=${port}\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\n`,
    );
    const main = 'org.apache.zookeeper.server.quorum.QuorumPeerMain';
    // It lives for seconds: what compiles its code well, or collects its garbage in parallel, costs more than it saves.
    const brief = ['-Xmx128m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];
    const child = spawn('java', [...brief, '-cp', JAR, main, config], { cwd: folder, stdio: 'ignore' });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', () => reject(new Error(REMEDY)));
    });
    await waitUntil('ZooKeeper', () => {
      if (child.exitCode !== null) throw new Error(REMEDY);
      return answersQuestions(port);
    });
    return new ZooKeeper(port, folder, child);
  }

  async stop(): Promise<void> {
    const exited = once(this.#child, 'exit');
    if (this.#child.kill('SIGKILL')) await exited;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const REMEDY = 'These tests run a ZooKeeper: install it (apt-get install --no-install-recommends zookeeper).';

/** True once it serves: before, it takes connections and closes them. */
async function answersQuestions(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  // One that is still starting may take the question and never answer it.
  socket.setTimeout(1_000, () => socket.destroy(new Error('silent')));
  let answer = '';
  try {
    await once(socket, 'connect');
    socket.write('srvr');
    for await (const piece of socket) answer += piece;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
  return answer.includes('Mode:');
}
