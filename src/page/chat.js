// chat.js - what one person sees of the chat, and what can be asked of it
//
// The wire brings lines, the views ask; each change calls `changed`. Requests
// have a number, and what answers carries it. What was said and has no answer
// when a connection ends is said again with its nonce, so it is stored once.
import { Room } from './room.js';
import { chance, relink, unhex } from './wire.js';

const AGAIN_MS = 1000;
const LOOK_MS = 500; // everything that is not a line is asked for once in it
const LOOK_EACH_MS = 10; // longer for each who is here: many come and go often
const LINES = ['text', 'rename', 'taken-back']; // of a room
const PAST = 100; // lines with one node, to begin with
const INSIDE = [...LINES, 'copies', 'stored']; // what changes one room only

export class Chat {
  // draw(): something has changed; alert(title, text): it came and is not seen
  constructor({ link, words, memory, draw, alert }) {
    Object.assign(this, { link, words, memory, draw, alert });
    this.version = 0; // grows with each change around the lines
    this.owner = link.owner;
    this.phase = 'connecting'; // name, in, out: with `why`
    this.connected = false;
    this.name = memory.get('name') ?? '';
    this.ticket = memory.get('ticket') ?? chance(16);
    memory.set('ticket', this.ticket);
    this.rooms = new Map();
    this.current = link.room;
    this.people = [];
    this.guests = [];
    this.status = null;
    this.contacts = [];
    this.map = null;
    this.page = null; // its state
    this.directs = null; // the lsn up to which all rooms of two are here
    this.dialog = null; // { title, lines, kind: of panels.js, links }
    this.said = new Map(); // nonce -> room
    this.answers = new Map(); // number -> function
    this.number = 0;
  }

  changed() {
    this.version++;
    this.draw();
  }

  // The wire

  ask(request, answer) {
    const id = ++this.number;
    if (!this.wire?.send({ ...request, id }))
      return false;
    this.answers.set(id, answer ?? ((line) => this.complain(line)));
    return true;
  }

  complain(line) {
    if (line.on === 'error')
      this.show(line.say, line.hint ? [line.hint] : []);
  }

  show(title, lines = [], more = {}) {
    this.dialog = { title, lines, ...more };
    this.changed();
  }

  opened() {
    this.connected = true;
    this.answers.clear();
    if (this.owner || this.name)
      this.enter(this.name);
    else
      this.phase = 'name';
    this.changed();
  }

  lost() {
    this.connected = false;
    for (const room of this.rooms.values())
      room.loading = false;
    this.changed();
  }

  stranger() {
    this.phase = 'stranger';
    this.changed();
  }

  enter(name) {
    const who = this.owner ? {} : { name, nonce: this.ticket };
    this.ask({ do: 'enter', ...who }, (line) => this.entered(name, line));
  }

  entered(name, line) {
    if (line.on === 'error') {
      if (['closed', 'removed', 'used'].includes(line.code)) {
        this.out(line.say, line.hint);
      } else {
        this.phase = this.phase === 'in' ? 'in' : 'name';
        this.complain(line);
      }
      return;
    }
    if (!this.owner) {
      this.name = name;
      this.memory.set('name', name);
      // For the next tab, which may be opened at once.
      this.memory.keep();
    }
    if (line.next) {
      this.link.secret = unhex(line.next);
      this.memory.relink(relink(this.link, this.link.secret));
    }
    Object.assign(this, {
      node: line.node, key: line.key, fingerprint: line.fingerprint, phase: 'in',
    });
    if (this.owner)
      this.name = line.node;
    for (const room of line.rooms)
      this.room(room);
    if (!this.rooms.has(this.current) && !this.owner) {
      this.current = line.rooms[0] ?? this.current;
      this.room(this.current);
    }
    this.ask({ do: 'watch' });
    for (const room of this.rooms.values())
      if (!room.other)
        this.follow(room);
    if (this.owner)
      this.followDirects();
    else
      this.followWhispers();
    if (this.owner && !this.rooms.has(this.current))
      this.open(this.current);
    this.look();
  }

  out(why, hint) {
    this.phase = 'out';
    this.why = [why, hint].filter(Boolean);
    this.wire.end();
    this.changed();
  }

  // Of two tabs that came as one guest the newer has the connection. Were the
  // other to come again at once, they would throw each other out forever.
  elsewhere() {
    this.phase = 'elsewhere';
    this.wire.end();
    this.changed();
  }

  // Everything that is not a line of a room is asked for anew, soon.
  lookSoon() {
    this.looking ??= setTimeout(() => {
      this.looking = null;
      this.look();
    }, LOOK_MS + LOOK_EACH_MS * (this.people.length + this.guests.length));
  }

  look() {
    const into = (name, from = name) => (line) => {
      this[name] = line[from] ?? this[name];
    };
    this.ask({ do: 'who' }, into('people'));
    this.ask({ do: 'guests' }, into('guests'));
    if (this.dialog?.kind === 'map')
      this.lookAtMap();
    if (!this.owner)
      return;
    this.ask({ do: 'contacts' }, into('contacts'));
    this.ask({ do: 'invite', room: '#lobby' }, into('page'));
    this.ask({ do: 'status' }, (line) => {
      this.status = line.on === 'status' ? line : this.status;
      this.name = line.name ?? this.name;
    });
  }

  lookAtMap() {
    this.ask({ do: 'map' }, (line) => {
      this.map = line.on === 'map' ? line : null;
    });
  }

  // Rooms

  room(name) {
    if (!this.rooms.has(name)) {
      const room = new Room(name), [where] = name.split(' ');
      room.draft = this.memory.get('draft ' + name) ?? '';
      const [order, id] = (this.memory.get('seen ' + name) ??
        this.memory.get('seen ' + where) ?? '').split(' ');
      room.seen = id ? { order, id } : null;
      const [, other, guest] = /^@(\S+) ?(.*)/.exec(name) ?? [];
      room.other = other ?? null;
      room.guest = guest ?? '';
      this.rooms.set(name, room);
      this.version++;
    }
    return this.rooms.get(name);
  }

  // Guests speak in the room of their node; each is shown as one of its own.
  placeOf(line) {
    const guest = line.direct && (this.owner ? line.to || line.guest
      : line.own ? line.to : line.guest);
    return guest ? `${line.room} ${guest}` : line.room;
  }

  // A room of two is called after the other.
  titleOf(room) {
    if (!room.other)
      return room.name;
    return room.guest ? `${room.guest}@${this.nameOf(room)}`
      : this.nameOf(room);
  }

  nameOf(room) {
    const known = [...this.people, ...this.contacts].find((p) =>
      p.key === room.other);
    return known?.name ||
      room.lines.findLast((l) => l.key === room.other)?.name ||
      room.other.slice(0, 8);
  }

  followDirects() {
    const from = this.directs === null ? { last: PAST }
      : { after: this.directs };
    this.ask({ do: 'follow', room: '@', ...from }, (line) => {
      if (line.on !== 'following') {
        if (line.on !== 'error')
          this.take(line);
        return;
      }
      this.directs = line.lsn;
      for (const room of this.rooms.values())
        if (room.other) {
          room.whole ||= from.last !== undefined && !line.more;
          if (from.last !== undefined)
            room.markPast();
          this.sayAgain(room);
        }
      this.seen();
    });
  }

  // What is said to a guest alone comes as it is said; what was, is history.
  followWhispers() {
    this.ask({ do: 'follow', room: '@' }, (line) => {
      if (line.on === 'following')
        for (const key of new Set([this.key, ...this.whispered()]))
          this.readWhispers(key);
    });
  }

  // The nodes whose people or guests one has talked with.
  whispered() {
    return this.memory.get('whispered')?.split(' ') ?? [];
  }

  readWhispers(key) {
    this.ask({ do: 'history', room: '@' + key, last: PAST }, (line) => {
      if (LINES.includes(line.on)) {
        this.take(line);
        return;
      }
      for (const room of this.rooms.values())
        if (room.other === key) {
          room.whole ||= !line.more;
          room.unread = 0;
          room.markPast();
          this.sayAgain(room);
        }
      this.seen();
    });
  }

  follow(room) {
    const from = room.lsn === null ? { last: room.asked } : { after: room.lsn };
    this.ask({ do: 'follow', room: room.name, ...from }, (line) => {
      if (line.on === 'following') {
        room.lsn = Math.max(room.lsn ?? 0, line.lsn);
        room.whole ||= from.last !== undefined && !line.more;
        if (from.last !== undefined)
          room.markPast();
        this.seen();
        this.sayAgain(room);
      } else if (line.on === 'error' && line.code === 'unknown-room') {
        // A node that has just begun may be there in a moment.
        setTimeout(() => this.follow(room), AGAIN_MS);
      } else if (line.on === 'error' && line.code !== 'already') {
        this.complain(line);
      } else {
        this.take(line);
      }
    });
  }

  open(name) {
    const known = this.rooms.has(name);
    const room = this.room(name);
    if (name !== this.current)
      this.forgetMark();
    this.current = name;
    if (!known && !room.other)
      this.follow(room);
    this.seen();
    this.changed();
  }

  forgetMark() {
    const room = this.rooms.get(this.current);
    if (room)
      room.mark = null;
  }

  earlier(room) {
    if (room.whole || room.loading || !this.connected)
      return;
    const last = room.more();
    const past = [];
    const name = room.other ? '@' + room.other : room.name;
    room.loading = this.ask({ do: 'history', room: name, last },
      (line) => {
        if (LINES.includes(line.on)) {
          line.mine = this.isMine(line);
          if (this.placeOf(line) !== room.name)
            return;
          if (line.on === 'taken-back')
            room.takeBack(line);
          else
            past.push(line);
          return;
        }
        const found = room.addPast(past);
        room.loading = false;
        room.reached(line.more);
        // What is for others counted, and is not shown.
        if (!found)
          this.earlier(room);
      });
    this.changed();
  }

  say(text, kind = 'text') {
    const room = this.room(this.current);
    const own = { nonce: chance(16), text, kind, state: 'sending' };
    room.say(own);
    room.mark = null;
    this.give(room, own);
    this.changed();
  }

  give(room, own) {
    const whom = room.guest ? `${room.guest}@${room.other}` : room.other;
    const where = room.other ? { do: 'msg', to: whom }
      : { do: 'say', room: room.name };
    this.ask({
      ...where, text: own.text, kind: own.kind, nonce: own.nonce,
    }, (line) => {
      if (line.on === 'stored') {
        own.id = line.id;
        if (room.ids.has(line.id))
          room.stored(own.nonce);
      } else if (line.on === 'queued') {
        own.state = 'queued';
        own.draft = line.draft;
      } else if (line.on === 'error') {
        // It goes back to where it was typed.
        room.stored(own.nonce);
        room.draft ||= own.text;
        this.complain(line);
      }
    });
  }

  sayAgain(room) {
    for (const own of room.own)
      this.give(room, own);
  }

  isMine(line) {
    if (line.direct && !this.owner)
      return Boolean(line.own);
    return line.key === this.key &&
      (this.owner ? !line.guest : line.guest === this.name);
  }

  take(line) {
    const room = this.room(this.placeOf(line));
    if (!this.owner && room.other && !this.whispered().includes(room.other))
      this.memory.set('whispered', [...this.whispered(), room.other].join(' '));
    if (line.on === 'taken-back') {
      room.lsn = Math.max(room.lsn ?? 0, line.lsn);
      room.takeBack(line);
      this.version++;
      return;
    }
    const own = room.own.find((o) => o.id === line.id);
    line.mine = this.isMine(line);
    if (!room.add(line))
      return;
    if (own)
      room.stored(own.nonce);
    if (line.re !== undefined || line.mine)
      return;
    if (room.name === this.current && !document.hidden) {
      this.keepSeen(room);
      return;
    }
    room.mark ??= line.id;
    room.unread++;
    this.version++;
    if (line.on === 'text')
      this.alert(`${line.guest || line.name} · ${this.titleOf(room)}`,
        line.text);
  }

  keepSeen(room) {
    room.read();
    if (room.seen)
      this.memory.set('seen ' + room.name, `${room.seen.order} ${room.seen.id}`);
  }

  seen() {
    const room = this.rooms.get(this.current);
    if (!room || document.hidden)
      return;
    const had = room.unread;
    this.keepSeen(room);
    if (had)
      this.changed();
  }

  get unread() {
    return [...this.rooms.values()].reduce((sum, r) => sum + r.unread, 0);
  }

  // What the node says

  line(line) {
    if (line.re !== undefined) {
      const answer = this.answers.get(line.re);
      answer?.(line);
      if (!LINES.includes(line.on))
        this.answers.delete(line.re);
    } else {
      this.news(line);
    }
    if (INSIDE.includes(line.on))
      this.draw();
    else
      this.changed();
  }

  news(line) {
    switch (line.on) {
    case 'text':
    case 'rename':
    case 'taken-back':
      this.take(line);
      break;
    case 'copies':
      for (const room of this.rooms.values())
        room.copies(line.id, line.n);
      break;
    case 'stored':
      for (const own of [...this.rooms.values()].flatMap((r) => r.own))
        if (own.draft && own.draft === line.draft)
          own.id = line.id;
      break;
    case 'error':
      if (line.code === 'closed' && /asked to leave|turned off/.test(line.say))
        this.out(line.say);
      else if (line.code === 'closed' && /came again/.test(line.say))
        this.elsewhere();
      break;
    case 'trouble':
    case 'notice':
      this.show(line.say);
      break;
    case 'self':
      this.name = line.name;
      break;
    case 'done':
      break;
    default:
      this.lookSoon();
    }
  }

  // Commands

  async run(text) {
    const [, name, rest] = /^\/(\S*)\s*([^]*)$/.exec(text);
    const order = orders.find((o) => o.name === name &&
                                     (this.owner || !o.owner));
    if (order)
      order.run(this, rest.trim());
    else
      this.show(this.words.unknown(name));
  }

  completions(text) {
    const match = /^\/(\S*)$/.exec(text);
    if (match)
      return orders.filter((o) => (this.owner || !o.owner) &&
                                  o.name.startsWith(match[1]))
        .map((o) => '/' + o.name + ' ');
    const word = /\S+$/.exec(text)?.[0] ?? '';
    if (!word)
      return [];
    const names = [...this.people, ...this.guests].map((p) => p.name);
    return [...new Set([...names, ...this.rooms.keys()])]
      .filter((n) => n.toLowerCase().startsWith(word.toLowerCase()))
      .map((n) => text.slice(0, text.length - word.length) + n + ' ');
  }

  invite() {
    this.ask({ do: 'invite', room: this.current.startsWith('@') ? '#lobby' : this.current }, (line) => {
      if (line.on === 'error')
        this.complain(line);
      else
        this.show(this.words.invite, [this.words.inviteSay],
          { kind: 'invite', links: line.links });
    });
  }

  // The node looks at the network for some seconds.
  check() {
    this.doctor = null;
    this.ask({ do: 'doctor' }, (line) => {
      this.doctor = line.findings ?? null;
      this.complain(line);
    });
    this.show(this.words.check, [], { kind: 'check' });
  }

  showMap() {
    this.lookAtMap();
    this.show(this.words.map, [], { kind: 'map' });
  }

  // Asked, and then everything is looked at again.
  change(request) {
    this.ask(request, (line) => {
      this.complain(line);
      this.look();
    });
  }
}

const address = (text) => {
  const [host, port] = text.split(/\s+/);
  return port ? { address: host, port: Number(port) } : { address: host };
};

export const orders = [
  {
    name: 'help', run: (chat) => chat.show(chat.words.help, orders
      .filter((o) => chat.owner || !o.owner)
      .map((o) => `/${o.name} ${o.takes ?? ''}`)),
  },
  { name: 'me', takes: 'ACTION', run: (c, text) => text && c.say(text, 'action') },
  {
    name: 'name', takes: 'NAME', run: (chat, name) => chat.owner
      ? chat.change({ do: 'name', name }) : chat.enter(name),
  },
  {
    name: 'msg', takes: 'WHO TEXT', run: (chat, rest) => {
      const [, to, text] = /^(\S*)\s*([^]*)$/.exec(rest);
      chat.ask({ do: 'msg', to, text, nonce: chance(16) }, (line) => {
        chat.complain(line);
        // What is for a guest has its place when it comes as a line.
        if (line.with && line.with !== chat.key && !to.includes('@'))
          chat.open(line.room);
      });
    },
  },
  {
    name: 'join', takes: '#ROOM', owner: true, run: (chat, room) => {
      if (!room)
        return;
      chat.change({ do: 'join', room });
      chat.open(room);
    },
  },
  {
    name: 'part', owner: true, run: (chat) => {
      if (chat.current.startsWith('@'))
        return;
      chat.ask({ do: 'unfollow', room: chat.current });
      chat.change({ do: 'part', room: chat.current });
      chat.rooms.delete(chat.current);
      chat.open([...chat.rooms.keys()][0] ?? '#lobby');
    },
  },
  { name: 'away', takes: 'WHY', owner: true, run: (c, why) => c.change({ do: 'away', why }) },
  { name: 'back', owner: true, run: (c) => c.change({ do: 'back' }) },
  { name: 'connect', takes: 'ADDRESS PORT', owner: true, run: (c, text) => c.change({ do: 'connect', ...address(text) }) },
  { name: 'host', takes: 'PORT', owner: true, run: (c, port) => c.change({ do: 'host', port: Number(port || 9999) }) },
  { name: 'disconnect', owner: true, run: (c) => c.change({ do: 'disconnect' }) },
  { name: 'qr', owner: true, run: (chat) => chat.invite() },
  { name: 'map', run: (chat) => chat.showMap() },
  { name: 'contacts', owner: true, run: (c) => c.show(c.words.contacts, [], { kind: 'contacts' }) },
  { name: 'doctor', owner: true, run: (c) => c.check() },
  { name: 'kick', takes: 'GUEST', owner: true, run: (c, guest) => c.change({ do: 'remove', guest }) },
  { name: 'page', takes: 'open|closed|off', owner: true, run: (c, state) => c.change({ do: 'page', state }) },
];

