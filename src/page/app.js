// app.js - the page begins: the link is read, the wire tied, the chat drawn
import { render } from 'preact';
import { Chat } from './chat.js';
import { Notice } from './panels.js';
import { App, html } from './views.js';
import { readLink, Wire } from './wire.js';
import { choose } from './words.js';

const KEEP_MS = 500;
const HIDDEN_MS = 200; // a page that is not seen is drawn less often

const { language, direction, words } = choose(navigator.languages);
const link = readLink(location.hash);

// What the browser keeps of one node's page; it may keep nothing.
const memory = {
  place: link && [...link.theirs].map((b) => b.toString(16)).join('') + ' ',
  get(name) {
    try {
      return this.waits.get(this.place + name) ??
        localStorage.getItem(this.place + name);
    } catch {
      return null;
    }
  },
  set(name, value) {
    this.waits.set(this.place + name, value);
    this.soon ??= setTimeout(() => this.keep(), KEEP_MS);
  },
  // Many changes that come at once are kept once.
  waits: new Map(),
  keep() {
    clearTimeout(this.soon);
    this.soon = null;
    try {
      for (const [name, value] of this.waits)
        localStorage.setItem(name, value);
    } catch {
      // The chat goes on without.
    }
    this.waits.clear();
  },
  relink(fragment) {
    history.replaceState(null, '', fragment);
  },
};

// What is not seen is heard, or shown by the system where that is allowed.
function alerts() {
  const Sound = globalThis.AudioContext ?? globalThis.webkitAudioContext;
  let sound;

  // Before a person did something browsers allow none.
  addEventListener('pointerdown', () => {
    sound ??= Sound && new Sound();
  }, { once: true });
  function beep() {
    if (sound?.state !== 'running')
      return;
    const tone = sound.createOscillator(), level = sound.createGain();
    level.gain.setValueAtTime(0.08, sound.currentTime);
    level.gain.exponentialRampToValueAtTime(0.001, sound.currentTime + 0.25);
    tone.frequency.value = 660;
    tone.connect(level).connect(sound.destination);
    tone.start();
    tone.stop(sound.currentTime + 0.25);
  }
  return (title, text) => {
    if (memory.get('sound') !== 'off')
      beep();
    if (globalThis.Notification?.permission === 'granted')
      new Notification(title, { body: text.slice(0, 200), tag: title });
  };
}

function begin() {
  let waits = false;
  const draw = () => {
    waits = false;
    const room = chat.rooms.get(chat.current);
    document.title = (chat.unread ? `(${chat.unread}) ` : '') +
      (room ? `${chat.titleOf(room)} · ` : '') + 'QuickFi';
    render(html`<${App} chat=${chat}/>`, document.body);
  };
  // Many lines that come at once are drawn once. A page that is not seen has no
  // frames, but its title is read.
  const soon = () => {
    if (!waits && document.hidden)
      setTimeout(draw, HIDDEN_MS);
    else if (!waits)
      requestAnimationFrame(draw);
    waits = true;
  };
  const chat = new Chat({ link, words, memory, draw: soon, alert: alerts() });
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  const wire = new Wire(
    `${scheme}://${location.host}/${link.owner ? 'owner' : 'guest'}`, link, {
      open: () => chat.opened(),
      line: (line) => chat.line(line),
      lost: () => chat.lost(),
      stranger: () => chat.stranger(),
      beat: () => chat.ask({ do: 'watch' }, () => {}),
    });

  chat.wire = wire;
  for (const event of ['online', 'focus'])
    addEventListener(event, () => wire.hurry());
  document.addEventListener('visibilitychange', () => {
    chat.seen();
    wire.hurry();
    draw();
  });
  addEventListener('pagehide', () => memory.keep());
  soon();
}

document.documentElement.lang = language;
document.documentElement.dir = direction;
addEventListener('hashchange', () => location.reload());
document.querySelector('noscript')?.remove();
if (link)
  begin();
else
  render(html`<${Notice} title=${location.hash ? words.badLink : words.noLink}
    lines=${[location.hash ? words.badLinkSay : words.noLinkSay]}/>`,
  document.body);
