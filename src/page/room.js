// room.js - the lines of one room: each once, in the room's order
//
// Order is (hlc, id), the same on every node; a line whose clock was too far
// ahead stands where it came instead. A line that was typed here stands at the
// end until the node has given it its place. After a lost connection the
// room goes on from its newest lsn, so nothing is missing and nothing comes
// twice.
const PAST_LINES = 100;
const PAST_LINES_MAX = 1000000; // that a node gives at once

const AHEAD_MS = 600000;

// Its date may be one that no browser can read, so hlc is taken.
function date(line) {
  const said = Number(BigInt(line.hlc) >> 16n);
  const seen = line.seen_ms ?? said;
  line.ms = Math.min(said, seen);
  line.order = said > seen + AHEAD_MS ? String(BigInt(seen) << 16n) : line.hlc;
}

function before(a, b) {
  if (a.order !== b.order)
    return a.order.length < b.order.length ||
      (a.order.length === b.order.length && a.order < b.order);
  return a.id < b.id;
}

const claim = (id, by) => `${id} ${by.key} ${by.guest ?? ''}`;

export class Room {
  constructor(name) {
    this.name = name;
    this.lines = []; // in order
    this.ids = new Map(); // id -> line
    this.gone = new Set(); // what its speaker took back, perhaps before it came
    this.own = []; // typed here and not stored yet: { nonce, text, kind }
    this.lsn = null; // all up to there is here
    this.asked = PAST_LINES; // of the past
    this.whole = false; // there is no more of it
    this.unread = 0;
    this.mark = null; // the id of the first line that was not seen
    this.seen = null; // { order, id } of the newest that was
    this.draft = '';
  }

  // False: it is here already.
  add(line) {
    if (line.lsn > (this.lsn ?? 0))
      this.lsn = line.lsn;
    if (this.ids.has(line.id))
      return false;
    this.ids.set(line.id, line);
    date(line);
    if (this.gone.has(claim(line.id, line)))
      return false;
    const at = this.placeOf(line);
    line.late = at < this.lines.length && line.re === undefined;
    this.lines.splice(at, 0, line);
    return true;
  }

  // Only who said it can.
  takeBack(line) {
    const said = this.ids.get(line.of);
    this.gone.add(claim(line.of, line));
    const at = said ? this.lines.indexOf(said) : -1;
    if (at < 0 || !this.gone.has(claim(said.id, said)))
      return;
    const mark = this.mark ? this.lines.findIndex((l) => l.id === this.mark) : -1;
    if (this.unread && mark >= 0 && mark <= at && !said.mine)
      this.unread--;
    if (mark === at)
      this.mark = this.lines[at + 1]?.id ?? null;
    this.lines.splice(at, 1);
  }

  // The past comes from its oldest line on, and is shown when all of it is here.
  // How many lines were new.
  addPast(past) {
    const fresh = past.filter((line) => !this.ids.has(line.id));
    for (const line of fresh) {
      this.ids.set(line.id, line);
      date(line);
    }
    const shown = fresh.filter((line) => !this.gone.has(claim(line.id, line)));
    this.lines = [...shown, ...this.lines].sort((a, b) => before(a, b) ? -1 : 1);
    return shown.length;
  }

  // Nearly always the end.
  placeOf(line) {
    let low = 0, high = this.lines.length;
    if (high && before(this.lines[high - 1], line))
      return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (before(line, this.lines[middle]))
        high = middle;
      else
        low = middle + 1;
    }
    return low;
  }

  // What is there now has been read.
  read() {
    const last = this.lines.at(-1);
    this.unread = 0;
    if (last)
      this.seen = { order: last.order, id: last.id };
  }

  // Of the past, what came after the line that was seen last.
  markPast() {
    const fresh = this.seen ? this.lines.filter((line) =>
      !line.mine && before(this.seen, line)) : [];
    this.unread += fresh.length;
    this.mark ??= fresh[0]?.id ?? null;
  }

  say(own) {
    this.own.push(own);
  }

  // The node has stored it: its line is there, or comes.
  stored(nonce) {
    this.own = this.own.filter((o) => o.nonce !== nonce);
  }

  copies(id, n) {
    const line = this.ids.get(id);
    if (!line || line.copies >= n)
      return;
    // All that the node stored before it has as many; the oldest know already.
    for (let i = this.lines.length - 1; i >= 0; i--) {
      const other = this.lines[i];
      if (!other.mine || other.lsn > line.lsn)
        continue;
      if (other.copies >= n)
        break;
      other.copies = n;
    }
  }

  // What to ask for the lines above.
  more() {
    this.asked = Math.min(2 * Math.max(this.asked, this.lines.length),
      PAST_LINES_MAX);
    return this.asked;
  }

  // The answer to that has come.
  reached(more) {
    this.whole = !more || this.asked === PAST_LINES_MAX;
  }
}
