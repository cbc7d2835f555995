// house.mjs - nodes, a browser, and waits that end: for tests of the page
//
// claim(NAME, FUNCTION) says what holds; prove() runs the claims, or those with
// a word of the command line, and tells how they went as TAP. All is on
// loopback, in a directory of its own, and ends with the process.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';

const { QUICKFI, PACKAGES, SHIFTED } = process.env;
const require = createRequire(path.join(PACKAGES, 'package.json'));
const { chromium } = require('playwright-core');
export const AXE = fs.readFileSync(require.resolve('axe-core/axe.min.js'),
  'utf8');
export const LIMIT_MS = 15000 * Number(process.env.PATIENCE ?? 1);

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'quickfi-'));
const running = new Set();

process.on('exit', () => {
  for (const program of running)
    program.kill('SIGKILL');
  fs.rmSync(root, { recursive: true, force: true });
});
process.on('SIGTERM', () => process.exit(143));

export function late(promise, what) {
  let timer;
  const limit = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error(`waited too long: ${what}`)),
      LIMIT_MS);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}

// One run of the program: lines out of it, lines into it.
export class Program {
  constructor(argv, env = {}) {
    this.name = argv.join(' ');
    this.seen = [];
    this.waits = [];
    this.process = spawn(QUICKFI, argv, {
      env: { ...process.env, HOME: root, USER: 'someone', LC_ALL: 'C.UTF-8', ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    running.add(this.process);
    this.ended = new Promise((done) =>
      this.process.on('close', (code) => {
        running.delete(this.process);
        done(code);
      }));
    readline.createInterface({ input: this.process.stdout })
      .on('line', (line) => {
        this.seen.push(line);
        this.waits = this.waits.filter((wait) => !wait(line));
      });
  }

  // A line of it with these words, said already or yet to come.
  line(words) {
    const had = this.seen.find((line) => line.includes(words));
    return late(had ?? new Promise((found) =>
      this.waits.push((line) => line.includes(words) && (found(line), true))),
    `"${words}" of ${this.name}`);
  }

  write(text) {
    this.process.stdin.write(text);
  }

  async kill() {
    this.process.kill('SIGKILL');
    await this.ended;
  }
}

// For a node whose clock is off by so many seconds (shifted_clock.c).
export function shifted(seconds) {
  const file = path.join(root, `clock ${seconds}`);
  const both = Buffer.alloc(16);
  both.writeBigInt64BE(BigInt(seconds));
  fs.writeFileSync(file, both);
  return { SHIFTED_CLOCK: file, LD_PRELOAD: SHIFTED };
}

const homeOf = (name) => path.join(root, name);

// Any command of the home, until it has ended: the lines that it printed.
export async function run(home, command, args = [], text = '') {
  const program = new Program([command, '--home', homeOf(home), '--discovery',
    'off', ...args]);
  program.process.stdin.end(text);
  const code = await program.ended;
  if (code)
    throw new Error(`${program.name}: ${code}\n${program.seen.join('\n')}`);
  return program.seen;
}

// Somebody who types in line mode, linked to the node of that port.
export function typist(name, port) {
  return new Program(['--home', homeOf(name), '--name', name, '--discovery',
    'off', '--port', '0', '--connect', `127.0.0.1:${port}`]);
}

export class Node extends Program {
  static async begin(name, port = 0, env = {}) {
    const node = new Node(['serve', '--json', '--home', homeOf(name), '--name',
      name, '--discovery', 'off', '--listen', '127.0.0.1', '--port',
      String(port), '--join', '#lobby'], env);
    node.home = name;
    node.port = JSON.parse(await node.line('"listening"')).port;
    return node;
  }

  again() {
    return Node.begin(this.home, this.port);
  }

  // One request over the node's socket, and its answer.
  ask(request) {
    return late(new Promise((answered, failed) => {
      const socket = net.connect(path.join(homeOf(this.home), 'socket'));
      socket.on('error', failed);
      socket.write(JSON.stringify({ id: 1, ...request }) + '\n');
      readline.createInterface({ input: socket }).once('line', (line) => {
        socket.destroy();
        answered(JSON.parse(line));
      });
    }), request.do);
  }

  async history() {
    return (await run(this.home, 'history', ['#lobby', '-n', '100000', '--json']))
      .map((line) => JSON.parse(line).text);
  }

  async link(request = { do: 'invite', room: '#lobby' }) {
    return (await this.ask(request)).links[0].link;
  }
}

// A wire between a browser and a node, which can go dead and come back.
export class Cable {
  static async to(port) {
    const cable = new Cable();
    cable.pairs = new Set();
    cable.server = net.createServer({ pauseOnConnect: true }, (here) => {
      const there = net.connect(port, '127.0.0.1');
      const pair = [here, there];
      cable.pairs.add(pair);
      for (const [from, to] of [pair, [there, here]]) {
        from.on('error', () => {});
        from.on('close', () => {
          to.destroy();
          cable.pairs.delete(pair);
        });
        from.on('data', (data) => to.write(data));
      }
      cable.carry(pair);
    });
    await new Promise((done) => cable.server.listen(0, '127.0.0.1', done));
    cable.port = cable.server.address().port;
    return cable;
  }

  carry(pair) {
    for (const end of pair)
      if (this.dead)
        end.pause();
      else
        end.resume();
  }

  // Not a byte gets through, and nobody is told.
  cut() {
    this.dead = true;
    this.pairs.forEach((pair) => this.carry(pair));
  }

  // What waited is lost with its connections.
  mend() {
    this.dead = false;
    for (const [here] of this.pairs)
      here.destroy();
  }
}

export async function startBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: process.getuid() === 0 ? ['--no-sandbox'] : [],
  });
}

const claims = [];

export function claim(name, holds) {
  claims.push({ name, holds });
}

export function note(text) {
  console.log(`# ${text}`);
}

export async function prove() {
  const words = process.argv.slice(2);
  const chosen = claims.filter(({ name }) =>
    !words.length || words.some((word) => name.includes(word)));
  let failed = 0;

  console.log(`1..${chosen.length}`);
  for (const [i, { name, holds }] of chosen.entries()) {
    const begun = performance.now();
    try {
      await holds();
      console.log(`ok ${i + 1} - ${name}`);
    } catch (error) {
      failed++;
      console.log(`not ok ${i + 1} - ${name}`);
      error.stack.split('\n').forEach((said) => note(said.slice(0, 200)));
    }
    note(`${Math.round(performance.now() - begun)} ms`);
  }
  note(`all: ${Math.round(performance.now())} ms`);
  process.exit(failed ? 1 : 0);
}
