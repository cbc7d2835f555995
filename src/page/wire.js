// wire.js - requests to the node and what it says, in Noise
//
// One object a line both ways, as docs/api.md has it, cut into messages of
// Noise. They go over a WebSocket, or, where none has ever opened, over events
// and posts, each tried in turn. A wire that breaks is tied again, later each
// time, until it is told to end or the node does not know the link. One that
// says nothing, though it was asked, is broken too: nobody else would tell.
import { Events } from './events.js';
import { begin, join, PIECE_BYTES, sharedOf } from './noise.js';

const PROLOGUE = new TextEncoder().encode('QuickFi page 1');
const STRANGER = 4401; // the node's word for a link that is not good
const RETRY_MIN_MS = 300;
const RETRY_MAX_MS = 8000;
const BEAT_MS = 20000;
const HURRY_MS = 4000; // in which a wire that was asked says something
const HEAD_BYTES = 32;
const LINK_BYTES = HEAD_BYTES + 16;

// #g or #o, 64 characters of base64url, and perhaps a dot and a room. Null: it
// is none of ours.
export function readLink(fragment) {
  const match = /^#?([go])([A-Za-z0-9_-]{64})(?:\.(.+))?$/.exec(fragment);
  if (!match)
    return null;
  const text = atob(match[2].replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
  if (bytes.length !== LINK_BYTES)
    return null;
  let room = 'lobby';
  try {
    room = decodeURIComponent(match[3] ?? room);
  } catch {
    return null;
  }
  return {
    owner: match[1] === 'o',
    theirs: bytes.slice(0, HEAD_BYTES),
    secret: bytes.slice(HEAD_BYTES),
    room: '#' + room,
  };
}

function* lines(state, bytes) {
  const text = state.decoder.decode(bytes, { stream: true });
  const parts = (state.rest + text).split('\n');
  state.rest = parts.pop();
  for (const part of parts)
    if (part)
      yield JSON.parse(part);
}

export class Wire {
  // on: { open(), line(object), lost(), stranger(), beat(): ask for a sign }
  constructor(address, link, on, sockets = [globalThis.WebSocket, Events]) {
    Object.assign(this, { address, link, on, sockets });
    this.retryMs = RETRY_MIN_MS;
    this.ended = false;
    this.tie();
    this.beats = setInterval(() => this.beat(), BEAT_MS);
  }

  // Since the last beat something must have come.
  beat() {
    if (this.socket.readyState > 1 || this.soon)
      return;
    if (!this.heard)
      this.leave();
    else
      this.listen();
  }

  listen() {
    this.heard = false;
    if (this.ways)
      this.on.beat();
  }

  // A dead socket would take its time to close.
  leave() {
    const { socket } = this;
    this.socket = { readyState: 3, close() {} };
    socket.close();
    this.untied(1006);
  }

  tie() {
    const [Socket] = this.sockets;
    const socket = new Socket(this.address);
    const once = crypto.getRandomValues(new Uint8Array(HEAD_BYTES));
    const noise = begin({
      prologue: PROLOGUE,
      theirs: this.link.theirs,
      shared: sharedOf(this.link.secret),
      once,
    });
    const state = { decoder: new TextDecoder(), rest: '' };

    this.socket = socket;
    this.ways = null;
    this.heard = true;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => socket.send(noise.message);
    socket.onmessage = ({ data }) => {
      if (socket !== this.socket)
        return;
      this.heard = true;
      try {
        this.hear(new Uint8Array(data), noise, state);
      } catch {
        socket.close();
      }
    };
    socket.onclose = ({ code }) => {
      if (socket === this.socket)
        this.untied(code);
    };
  }

  hear(bytes, noise, state) {
    if (this.ways) {
      for (const line of lines(state, this.ways.in.open(bytes)))
        this.on.line(line);
      return;
    }
    this.ways = noise.finish(bytes);
    this.opened = true;
    this.retryMs = RETRY_MIN_MS;
    this.on.open();
  }

  untied(code) {
    this.ways = null;
    if (this.ended)
      return;
    if (!this.opened)
      this.sockets.push(this.sockets.shift());
    if (code === STRANGER) {
      this.ended = true;
      this.on.stranger();
      return;
    }
    this.on.lost();
    this.timer = setTimeout(() => this.tie(), this.retryMs);
    this.retryMs = Math.min(2 * this.retryMs, RETRY_MAX_MS);
  }

  // The network is back, or the person is: tie it now, if it waits, and see soon
  // whether it is good, if it seems so.
  hurry() {
    if (this.ended)
      return;
    if (this.socket.readyState < 2) {
      this.listen();
      this.soon ??= setTimeout(() => {
        this.soon = null;
        if (!this.heard && this.socket.readyState < 2)
          this.leave();
      }, HURRY_MS);
      return;
    }
    clearTimeout(this.timer);
    this.retryMs = RETRY_MIN_MS;
    this.tie();
  }

  // False: there is no connection just now.
  send(object) {
    if (!this.ways || this.socket.readyState !== 1)
      return false;
    const bytes = new TextEncoder().encode(JSON.stringify(object) + '\n');
    for (let at = 0; at < bytes.length; at += PIECE_BYTES)
      this.socket.send(
        this.ways.out.seal(bytes.subarray(at, at + PIECE_BYTES)));
    return true;
  }

  end() {
    this.ended = true;
    clearTimeout(this.timer);
    clearTimeout(this.soon);
    clearInterval(this.beats);
    this.socket.close();
  }
}

export const hex = (bytes) =>
  [...bytes].map((b) => b.toString(16).padStart(2, '0')).join('');
export const unhex = (text) =>
  Uint8Array.from(text.match(/../g), (byte) => parseInt(byte, 16));
export const chance = (count) =>
  hex(crypto.getRandomValues(new Uint8Array(count)));
// A link for the same node with another secret.
export function relink(link, secret) {
  const bytes = join(link.theirs, secret);
  const text = btoa(String.fromCharCode(...bytes));
  return '#o' + text.replaceAll('+', '-').replaceAll('/', '_');
}
