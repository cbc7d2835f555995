// visitor.mjs - the page's own connection without a browser, for tests
//
// usage: node visitor.mjs WORK LINK [events]
//
// With `events` it goes as where there are no WebSockets.
//
// Standard input is requests, one object a line; standard output what the node
// says, and {"on":"open"}, {"on":"lost"} or {"on":"stranger"} of the wire. The
// modules are those that the browser gets (WORK is where they were built).
import { createHash, randomBytes } from 'node:crypto';
import http from 'node:http';
import path from 'node:path';
import readline from 'node:readline';
import { pathToFileURL } from 'node:url';

const [work, link, events] = process.argv.slice(2);
const modules = (name) => import(pathToFileURL(path.resolve(work, name)));
const { Wire, readLink } = await modules('wire.js');
const { Events } = await modules('events.js');

// As much of a browser's WebSocket as the page uses.
class Socket {
  constructor(address) {
    const { host, hostname, port, pathname } = new URL(address);
    this.readyState = 0;
    this.key = randomBytes(16).toString('base64');
    this.rest = Buffer.alloc(0);
    const request = http.request({
      hostname, port, path: pathname, agent: false, headers: {
        Host: host, Origin: `http://${host}`, Connection: 'Upgrade',
        Upgrade: 'websocket', 'Sec-WebSocket-Version': 13,
        'Sec-WebSocket-Key': this.key,
      },
    });
    request.on('upgrade', (answer, socket, head) =>
      this.opened(answer, socket, head));
    request.on('response', () => this.closed(1006));
    request.on('error', () => this.closed(1006));
    request.end();
  }

  opened(answer, socket, head) {
    const wanted = createHash('sha1')
      .update(this.key + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11')
      .digest('base64');
    if (answer.headers['sec-websocket-accept'] !== wanted)
      throw new Error('that is no WebSocket');
    this.socket = socket;
    this.readyState = 1;
    socket.on('data', (data) => this.take(data));
    socket.on('error', () => {});
    socket.on('close', () => this.closed(1006));
    this.onopen();
    if (head.length)
      this.take(head);
  }

  take(data) {
    this.rest = Buffer.concat([this.rest, data]);
    for (;;) {
      const b = this.rest;
      if (b.length < 2)
        return;
      let length = b[1] & 127, at = 2;
      if (length === 126 && b.length >= 4)
        [length, at] = [b.readUInt16BE(2), 4];
      else if (length >= 126)
        return;
      if (b.length < at + length)
        return;
      const bytes = Buffer.from(b.subarray(at, at + length));
      this.rest = b.subarray(at + length);
      this.frame(b[0] & 15, bytes);
    }
  }

  frame(opcode, bytes) {
    if (opcode === 2)
      this.onmessage({ data: Uint8Array.from(bytes).buffer });
    else if (opcode === 9)
      this.put(10, bytes);
    else if (opcode === 8)
      this.closed(bytes.readUInt16BE(0));
  }

  put(opcode, bytes) {
    const mask = randomBytes(4);
    const head = bytes.length < 126
      ? Buffer.from([128 | opcode, 128 | bytes.length])
      : Buffer.from([128 | opcode, 254, bytes.length >> 8, bytes.length]);
    const masked = Buffer.from(bytes).map((b, i) => b ^ mask[i % 4]);
    this.socket.write(Buffer.concat([head, mask, masked]));
  }

  send(bytes) {
    this.put(2, bytes);
  }

  close() {
    this.closed(1000);
  }

  closed(code) {
    if (this.readyState === 3)
      return;
    this.readyState = 3;
    this.socket?.destroy();
    this.onclose({ code });
  }
}

// As much of a browser's EventSource and fetch as the page uses.
class Source {
  constructor(address) {
    this.names = { message: (event) => this.onmessage(event) };
    http.get(address, { agent: false }, (answer) => this.read(answer))
      .on('error', () => this.onerror());
  }

  addEventListener(name, listener) {
    this.names[name] = listener;
  }

  async read(answer) {
    this.answer = answer;
    answer.on('error', () => {});
    let event = {};
    for await (const line of readline.createInterface({ input: answer })) {
      const [, field, value] = /^([a-z]*): ?(.*)$/.exec(line) ?? [];
      if (field)
        event[field] = value;
      else if (!line && event.data)
        this.names[event.event ?? 'message'](event);
      event = line ? event : {};
    }
    this.onerror();
  }

  close() {
    this.answer?.destroy();
  }
}

function post(address, { body }) {
  const { origin } = new URL(address);
  return new Promise((done, failed) => {
    http.request(address, { method: 'POST', agent: false, headers: {
      Origin: origin, 'Content-Length': body.length,
    } }, (answer) => {
      answer.resume();
      done({ ok: answer.statusCode === 200 });
    }).on('error', failed).end(body);
  });
}

class Posts extends Events {
  constructor(address) {
    super(address, Source, post);
  }
}

const say = (object) => process.stdout.write(JSON.stringify(object) + '\n');
const url = new URL(link);
const parts = readLink(url.hash);
const wire = new Wire(
  `ws://${url.host}/${parts.owner ? 'owner' : 'guest'}`, parts, {
    open: () => say({ on: 'open' }),
    line: say,
    lost: () => say({ on: 'lost' }),
    stranger: () => say({ on: 'stranger' }),
    beat: () => wire.send({ do: 'watch' }),
  }, [events ? Posts : Socket]);

for await (const line of readline.createInterface({ input: process.stdin }))
  wire.send(JSON.parse(line));
wire.end();
