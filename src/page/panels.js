// panels.js - what is drawn around the lines: who is here, dialogs, the owner's
import htm from 'htm';
import { Component, Fragment, h } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

export const html = htm.bind(h);
const NAMES = 200; // of people that are listed
const PORT = '9999';

function List({ title, children }) {
  return html`<section><h2>${title}</h2><ul>${children}</ul></section>`;
}

function Field({ label, action, run, value = '' }) {
  const box = useRef();
  return html`<form class="field" onSubmit=${(e) => { e.preventDefault(); run(box.current.value.trim()); }}>
    <label>${label}<input ref=${box} defaultValue=${value}/></label><button>${action}</button></form>`;
}

// Where somebody is: an address, and a port if it is not the usual one.
function Connect({ chat }) {
  const { words } = chat;
  const host = useRef(), port = useRef();
  const go = (rest) => {
    const address = host.current.value.trim();
    if (address)
      chat.change({ do: 'connect', address, ...rest });
  };
  return html`<form onSubmit=${(e) => { e.preventDefault(); go({ port: Number(port.current.value) || 0 }); }}>
    <div class="field"><label>${words.address}<input ref=${host}/></label>
      <label class="port">${words.port}<input ref=${port} inputmode="numeric" defaultValue=${PORT}/></label></div>
    <button>${words.connect}</button>
    <button type="button" onClick=${() => go({ port: Number(PORT) })}>${words.quick(PORT)}</button></form>`;
}

function OwnerPanel({ chat }) {
  const { words, status } = chat;
  const where = status?.listening;
  const show = (title, kind) => () => chat.show(title, [], { kind });
  return html`<section><h2>${words.owner}</h2>
    <p>${where?.port ? `${words.listening}: ${where.address} ${where.port}` : words.notListening}</p>
    <div class="buttons"><button onClick=${() => chat.invite()}>${words.invite}</button>
    <button onClick=${show(words.contacts, 'contacts')}>${words.contacts}</button>
    <button onClick=${() => chat.check()}>${words.check}</button>
    <button onClick=${() => chat.change({ do: 'disconnect' })}>${words.disconnect}</button></div>
    <${Connect} chat=${chat}/>
    <${Field} label=${words.hostPort} value=${PORT} action=${words.host}
      run=${(port) => chat.change({ do: 'host', port: Number(port) })}/>
    <label class="field">${words.page}<select value=${chat.page} onChange=${(e) => chat.change({ do: 'page', state: e.target.value })}>
      ${['open', 'closed', 'off'].map((s) => html`<option key=${s} value=${s} selected=${s === chat.page}>${words[s]}</option>`)}</select></label>
  </section>
  <${List} title=${words.links}>
    ${(status?.links ?? []).map((l) => html`<li key=${l.key}><bdi>${l.name}</bdi> <small>${l.address} ${l.port}</small></li>`)}
    ${!status?.links?.length && html`<li><small>${words.none}</small></li>`}
  <//>`;
}

function Person({ chat, person, close }) {
  const { words } = chat;
  const name = html`<bdi>${person.name}</bdi>`;
  return html`<li>${!chat.owner || !person.self
    ? html`<button class="room" title=${words.writeTo(person.name)}
        onClick=${() => { chat.open('@' + person.key); close(); }}>${name}</button>` : name}
    ${person.self && chat.owner && html` <small>${words.you}</small>`}
    ${person.away && html` <small>${words.away} <bdi>${person.why}</bdi></small>`}</li>`;
}

function Signals({ chat }) {
  const { words, memory } = chat;
  const allowed = globalThis.isSecureContext && globalThis.Notification?.permission === 'default';
  return html`<section><label class="check"><input type="checkbox" defaultChecked=${memory.get('sound') !== 'off'}
    onChange=${(e) => memory.set('sound', e.target.checked ? 'on' : 'off')}/> ${words.sound}</label>
    ${allowed && html`<button onClick=${async () => { await Notification.requestPermission(); chat.changed(); }}>${words.notify}</button>`}
  </section>`;
}

function Around({ chat, close }) {
  const { words } = chat;
  const hidden = chat.people.length - NAMES;
  return html`<nav class="side" aria-label=${words.menu}>
    <${List} title=${words.rooms}>
      ${[...chat.rooms.values()].map((r) => html`<li key=${r.name}>
        <button class="room" aria-current=${r.name === chat.current ? 'page' : undefined}
          onClick=${() => { chat.open(r.name); close(); }}><bdi>${chat.titleOf(r)}</bdi>
          ${r.unread > 0 && html`<b class="count">${r.unread}</b>`}</button></li>`)}
    <//>
    <${List} title=${words.people}>
      ${chat.people.slice(0, NAMES).map((p) => html`<${Person} key=${p.key} chat=${chat} person=${p} close=${close}/>`)}
      ${hidden > 0 && html`<li><small>${words.more(hidden)}</small></li>`}
    <//>
    ${chat.guests.length > 0 && html`<${List} title=${words.guests}>
      ${chat.guests.slice(0, NAMES).map((g) => html`<li key=${g.name}>${g.name === chat.name && !chat.owner
        ? html`<bdi>${g.name}</bdi> <small>${words.you}</small>`
        : html`<button class="room" title=${words.writeTo(g.name)}
          onClick=${() => { chat.open(`@${chat.key} ${g.name}`); close(); }}><bdi>${g.name}</bdi></button>`}
        ${chat.owner && html` <button onClick=${() => chat.change({ do: 'remove', guest: g.name })}
          aria-label=${words.removeOne(g.name)}>${words.remove}</button>`}</li>`)}
    <//>`}
    <button onClick=${() => chat.showMap()}>${words.map}</button>
    <${Field} label=${words.yourName} value=${chat.name} action=${words.rename} key=${chat.name}
      run=${(name) => chat.run('/name ' + name)}/>
    <${Signals} chat=${chat}/>
    ${chat.owner && html`<${OwnerPanel} chat=${chat}/>`}
    ${location.protocol === 'http:' && html`<section class="note"><p>${words.plain}</p>
      ${chat.fingerprint && html`<button onClick=${() => chat.show(words.https, [], { kind: 'https' })}>${words.https}</button>`}</section>`}
  </nav>`;
}

// Lines that come change nothing in it.
export class Side extends Component {
  shouldComponentUpdate({ version }) {
    return version !== this.props.version;
  }

  render(props) {
    return html`<${Around} ...${props}/>`;
  }
}

// Where there is no clipboard, as on plain http, a selection will do.
function copy(box) {
  box.select();
  document.execCommand('copy');
}

function Copied({ chat, text, label }) {
  const { words } = chat;
  const box = useRef();
  return html`<${Fragment}><textarea ref=${box} readonly rows="3" dir="ltr" aria-label=${label} value=${text}></textarea>
    <button onClick=${() => copy(box.current)}>${words.copy}</button><//>`;
}

function Code({ rows, label }) {
  const path = rows.flatMap((row, y) => [...row].map((one, x) =>
    one === '#' ? `M${x} ${y}h1v1h-1z` : '')).join('');
  const size = rows.length + 8;
  return html`<svg class="code" role="img" aria-label=${label} viewBox=${`-4 -4 ${size} ${size}`}>
    <rect x="-4" y="-4" width=${size} height=${size} fill="#fff"/><path d=${path} fill="#000"/></svg>`;
}

function Invite({ chat }) {
  const { words, dialog } = chat;
  return dialog.links.map(({ link, qr }) => html`<div key=${link}>
    ${qr.length > 0 && html`<${Code} rows=${qr} label=${link}/>`}
    <${Copied} chat=${chat} text=${link} label=${words.invite}/></div>`);
}

function Contacts({ chat }) {
  const { words } = chat;
  if (!chat.contacts.length)
    return html`<p>${words.none}</p>`;
  return html`<ul>${chat.contacts.map((c) => html`<li key=${c.key}><bdi>${c.name || c.key.slice(0, 8)}</bdi>
    <small> ${c.address ?? ''} ${c.port ?? ''}</small>
    ${c.port && html`<button aria-label=${words.connectTo(c.name)} onClick=${() =>
      chat.change({ do: 'connect', who: c.key })}>${words.connect}</button>`}</li>`)}</ul>`;
}

// Everybody on a circle, and a line for each link.
function Links({ chat }) {
  const { words, map } = chat;
  if (!map)
    return html`<p>${words.connecting}</p>`;
  const all = map.people.slice(0, NAMES);
  const at = (i) => {
    const angle = 2 * Math.PI * i / all.length - Math.PI / 2;
    return [100 + 70 * Math.cos(angle), 100 + 70 * Math.sin(angle)];
  };
  const links = map.links.filter((l) => l.from < NAMES && l.to < NAMES);
  return html`<svg class="map" viewBox="-20 0 240 200" aria-hidden="true">
    ${links.map(({ from, to }) => {
      const [[x1, y1], [x2, y2]] = [at(from), at(to)];
      return html`<line key=${`${from} ${to}`} x1=${x1} y1=${y1} x2=${x2} y2=${y2}/>`;
    })}
    ${all.map((p, i) => {
      const [x, y] = at(i);
      return html`<g key=${p.key} class=${p.self ? 'self' : ''}><circle cx=${x} cy=${y} r="5"/>
        <text x=${x} y=${y < 100 ? y - 9 : y + 16} text-anchor="middle">${p.name}</text></g>`;
    })}</svg>
    <ul>${links.map(({ from, to, network }) => html`<li key=${`${from} ${to}`}>
      <bdi>${all[from].name}</bdi> – <bdi>${all[to].name}</bdi> <small>${network ?? ''}</small></li>`)}</ul>
    ${!links.length && html`<p>${words.none}</p>`}`;
}

// What this node can see of itself.
function Check({ chat }) {
  const { words, status } = chat;
  if (!status)
    return html`<p>${words.connecting}</p>`;
  const where = status.listening;
  const said = [
    where?.port ? `${words.listening}: ${where.address} ${where.port}` : words.notListening,
    status.links.length ? words.linkCount(status.links.length) : words.noLinks,
    status.clock.wrong && words.clockWrong,
    status.trouble,
    ...status.rooms.map((room) => room.say),
    ...status.unreachable.map((u) => `${u.name} ${u.address} ${u.port}: ${u.why}`),
  ].filter(Boolean);
  return html`<ul>${said.map((line) => html`<li key=${line} dir="auto">${line}</li>`)}</ul>
    ${!chat.doctor && html`<p role="status">${words.looking}</p>`}
    ${chat.doctor?.length === 0 && html`<p role="status">${words.allGood}</p>`}
    ${(chat.doctor ?? []).map((f) => html`<p key=${f.code} dir="auto"><b>${f.say}</b> ${f.seen}<br/>${f.do}</p>`)}`;
}

function Https({ chat }) {
  const { words } = chat;
  const link = 'https:' + location.href.slice(location.protocol.length);
  return html`<p>${words.httpsSay}</p><p dir="ltr"><code>${chat.fingerprint}</code></p>
    <p>${words.httpsWarn}</p><p><a href=${link}>${words.https}</a></p>
    <${Copied} chat=${chat} text=${link} label=${words.https}/>`;
}

const bodies = { invite: Invite, contacts: Contacts, map: Links, check: Check, https: Https };

export function Dialog({ chat }) {
  const { words, dialog } = chat;
  const box = useRef();
  const Body = bodies[dialog.kind];
  const close = () => {
    chat.dialog = null;
    chat.changed();
  };
  useEffect(() => {
    if (dialog && !box.current.open)
      box.current.showModal();
  }, [dialog]);
  return html`<dialog ref=${box} onClose=${close} aria-labelledby="dialog-title">
    <h2 id="dialog-title">${dialog.title}</h2>
    ${dialog.lines.map((l, i) => html`<p key=${i} dir="auto">${l}</p>`)}
    ${Body && html`<${Body} chat=${chat}/>`}
    <form method="dialog"><button>${words.ok}</button></form>
  </dialog>`;
}

export function Door({ chat }) {
  const { words } = chat;
  return html`<main class="door"><h1>QuickFi</h1><p>${words.asGuestOf}</p>
    <${Field} label=${words.yourName} value=${chat.name} action=${words.enter}
      run=${(name) => name && chat.enter(name)}/>
    ${chat.dialog && html`<${Dialog} chat=${chat}/>`}</main>`;
}

export function Notice({ title, lines, children }) {
  return html`<main class="door"><h1>${title}</h1>${lines.map((l) => html`<p key=${l}>${l}</p>`)}${children}</main>`;
}
