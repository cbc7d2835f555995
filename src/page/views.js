// views.js - what is drawn of a chat: its lines, and where one writes
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Dialog, Door, html, Notice, Side } from './panels.js';

const SHOWN = 200; // lines that are drawn; a room may have any number
const STEP = 100; // of them that make way for others
const TURN = 20; // of them that go when as many have come: each go moves all
const NEAR = 60; // pixels from an end that count as there

// Only what can be nothing but a link to elsewhere.
const LINK = /(https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]])/;

function Words({ text }) {
  return text.split(LINK).map((part, i) => i % 2
    ? html`<a href=${part} target="_blank" rel="noopener noreferrer">${part}</a>`
    : part);
}

const nameOf = (line) => line.guest || line.name;

function markOf(line, words) {
  if (!line.mine)
    return null;
  return line.copies ? ['✓✓', words.copies(line.copies)]
    : ['✓', words.stored];
}

function Line({ line, time, chat, first }) {
  const { words } = chat;
  const mark = markOf(line, words);
  if (line.on === 'rename')
    return html`<li class="news" data-id=${line.id}><bdi>${line.old}</bdi> → <bdi>${nameOf(line)}</bdi></li>`;
  return html`<li class=${line.mine ? 'mine' : ''} data-id=${line.id}>
    ${first && html`<div class="who"><b><bdi>${nameOf(line)}</bdi></b>
      ${line.guest && html`<small> ${words.via(line.name)}</small>`}
      <time dateTime=${line.at}>${time}</time></div>`}
    <div class="text" dir="auto">${line.kind === 'action' && html`<i>* ${nameOf(line)} </i>`}<${Words} text=${line.text}/>
      ${mark && html`<span class="mark" role="img" title=${mark[1]} aria-label=${mark[1]}>${mark[0]}</span>`}</div>
  </li>`;
}

const format = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });

const times = new Map(); // of each minute, for to write one takes long

function written(ms) {
  const minute = Math.floor(ms / 60000);
  if (!times.has(minute))
    times.set(minute, format.format(ms));
  return times.get(minute);
}

// What is shown of times: none is before the line above.
function withTimes(lines) {
  let shown = 0, above = null;
  return lines.map((line) => {
    shown = Math.max(shown, line.ms);
    const time = written(shown);
    const first = !above || above.time !== time || above.line.on !== 'text' ||
      nameOf(above.line) !== nameOf(line) || above.line.key !== line.key;
    return above = { line, time, first };
  });
}

const rows = new WeakMap(); // of each line, as it was drawn last

// Made again only if something that it shows has changed.
function rowOf({ line, time, first }, chat) {
  const was = rows.get(line);
  if (was?.time === time && was.first === first && was.copies === line.copies)
    return was.row;
  const row = html`<${Line} key=${line.id} line=${line} time=${time} first=${first} chat=${chat}/>`;
  rows.set(line, { time, first, copies: line.copies, row });
  return row;
}

// Which lines are drawn: those up to the one called `last`, or the newest.
function drawn(lines, last) {
  const at = last ? lines.findLastIndex((line) => line.id === last) : -1;
  const end = at < 0 ? lines.length : at + 1;
  return { start: Math.max(0, Math.ceil((end - SHOWN) / TURN) * TURN), end };
}

// Where a line stands on the screen, so that it can stay there.
function topOf(box) {
  for (const one of box.querySelectorAll('[data-id]'))
    if (one.offsetTop + one.offsetHeight > box.scrollTop)
      return { id: one.dataset.id, y: one.offsetTop - box.scrollTop };
  return null;
}

function Log({ chat, room }) {
  const { words } = chat;
  const box = useRef();
  const [last, setLast] = useState(null);
  const [away, setAway] = useState(false);
  const kept = useRef({ end: true, top: null });
  const { start, end } = drawn(room.lines, last);
  const lines = room.lines.slice(start, end);
  const atEnd = end === room.lines.length;

  useEffect(() => {
    setLast(null);
    kept.current = { end: true, top: null };
    if (room.mark)
      toMark();
  }, [room]);
  useLayoutEffect(() => {
    const b = box.current, { top } = kept.current;
    const goal = kept.current.goal && b.querySelector('.fresh');
    const line = top && b.querySelector(`[data-id="${top.id}"]`);
    if (goal) {
      kept.current.goal = false;
      b.scrollTop = goal.offsetTop - NEAR;
    } else if (kept.current.end && atEnd) {
      b.scrollTop = b.scrollHeight;
    } else if (line) {
      b.scrollTop = line.offsetTop - top.y;
    }
    if (kept.current.up && start > 0)
      above();
  });

  function scrolled() {
    const b = box.current;
    const near = b.scrollHeight - b.scrollTop - b.clientHeight < NEAR;
    kept.current.end = near && atEnd;
    kept.current.top = kept.current.end ? null : topOf(b);
    setAway(!kept.current.end);
    if (b.scrollTop <= NEAR)
      above();
    else if (near && !atEnd)
      below();
  }

  // If nothing is there yet, once it has come.
  function above() {
    kept.current.end = false;
    kept.current.up = start === 0;
    if (start > 0)
      setLast(room.lines[Math.max(end - STEP, Math.min(SHOWN, room.lines.length)) - 1].id);
    else
      chat.earlier(room);
  }

  function below() {
    const next = room.lines[end + STEP - 1];
    setLast(next ? next.id : null);
  }

  function toEnd() {
    kept.current = { end: true, top: null };
    setLast(null);
    setAway(false);
    chat.forgetMark();
    chat.changed();
  }

  // The first line that was not seen, with some before it.
  function toMark() {
    const at = room.lines.findIndex((line) => line.id === room.mark);
    if (at < 0)
      return;
    kept.current = { end: false, top: null, goal: true };
    setLast(room.lines[at + STEP]?.id ?? null);
    setAway(true);
    chat.changed();
  }

  return html`<div class="log" ref=${box} onScroll=${scrolled} tabindex="0">
    ${(!room.whole || start > 0) && room.lines.length > 0 && html`<button class="plain"
      onClick=${above}>${words.earlier}</button>`}
    <div role="log" aria-live="polite" aria-label=${chat.titleOf(room)}><ol>
      ${withTimes(lines).flatMap((timed) => timed.line.id === room.mark
        ? [html`<li class="fresh" key="fresh">${words.newLines}</li>`, rowOf(timed, chat)]
        : rowOf(timed, chat))}
      ${atEnd && room.own.map((own) => html`<li key=${own.nonce} class="mine waits">
        <div class="text" dir="auto"><${Words} text=${own.text}/>
        <span class="mark" role="img" title=${words[own.state]} aria-label=${words[own.state]}>…</span></div></li>`)}
    </ol></div>
    ${!room.lines.length && !room.own.length && html`<p class="empty">${words.empty}</p>`}
    ${room.mark && html`<button class="end to-mark" onClick=${toMark}>↑ ${words.newLines}</button>`}
    ${away && html`<button class="end" onClick=${toEnd} aria-label=${words.toEnd}>↓</button>`}
  </div>`;
}

function Composer({ chat, room }) {
  const { words } = chat;
  const box = useRef();
  const [choice, setChoice] = useState([]);

  useEffect(() => {
    if (box.current.value === room.draft)
      return;
    box.current.value = room.draft;
    fit();
  }, [room, room.draft]);

  function fit() {
    const b = box.current;
    b.style.height = 'auto';
    b.style.height = `${Math.min(b.scrollHeight, 160)}px`;
  }

  function typed() {
    room.draft = box.current.value;
    chat.memory.set('draft ' + room.name, room.draft);
    setChoice(/^\/\S*$/.test(room.draft) ? chat.completions(room.draft) : []);
    fit();
  }

  function take(text) {
    box.current.value = text;
    typed();
    box.current.focus();
  }

  function send() {
    const text = box.current.value.replace(/\s+$/, '');
    if (!text)
      return;
    take('');
    if (text.startsWith('/') && !text.startsWith('//'))
      chat.run(text);
    else
      chat.say(text.replace(/^\/\//, '/'));
  }

  function pressed(event) {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      send();
    } else if (event.key === 'Tab' && box.current.value) {
      const [one] = chat.completions(box.current.value);
      if (one) {
        event.preventDefault();
        take(one);
      }
    }
  }

  return html`<form class="composer" onSubmit=${(e) => { e.preventDefault(); send(); }}>
    ${choice.length > 0 && html`<ul class="choice">${choice.map((c) => html`<li key=${c}>
      <button type="button" onClick=${() => take(c)}>${c}</button></li>`)}</ul>`}
    <textarea ref=${box} rows="1" dir="auto" onInput=${typed} onKeyDown=${pressed}
      placeholder=${words.write} aria-label=${words.write}></textarea>
    <button type="submit">${words.send}</button>
  </form>`;
}

export function App({ chat }) {
  const { words } = chat;
  const [menu, setMenu] = useState(false);
  if (chat.phase === 'stranger')
    return html`<${Notice} title=${words.badLink} lines=${[words.badLinkSay]}/>`;
  if (chat.phase === 'out')
    return html`<${Notice} title=${words.left} lines=${chat.why}/>`;
  if (chat.phase === 'elsewhere')
    return html`<${Notice} title=${words.elsewhere} lines=${[]}>
      <button onClick=${() => location.reload()}>${words.useHere}</button>
    </${Notice}>`;
  if (chat.phase === 'name')
    return html`<${Door} chat=${chat}/>`;
  if (chat.phase === 'connecting')
    return html`<${Notice} title="QuickFi" lines=${[words.connecting]}/>`;
  const room = chat.room(chat.current);
  return html`<div class=${menu ? 'app menu' : 'app'}>
    <header><button class="plain" aria-expanded=${menu} aria-label=${words.menu}
      onClick=${() => setMenu(!menu)}>☰</button>
      <h1><bdi>${chat.titleOf(room)}</bdi></h1>
      <span class=${chat.connected ? 'state' : 'state bad'} role="status">${chat.connected ? words.connected : words.lost}</span></header>
    <${Side} chat=${chat} version=${chat.version} close=${() => setMenu(false)}/>
    <main><${Log} chat=${chat} room=${room}/><${Composer} chat=${chat} room=${room}/></main>
    ${chat.dialog && html`<${Dialog} chat=${chat}/>`}
  </div>`;
}

export { html };
