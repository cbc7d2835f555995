// browser.mjs - the page in a real browser: guests, the owner, and bad days
//
// usage: node browser.mjs [WORD...], with QUICKFI and PACKAGES in the
// environment. One browser for all claims; each guest is a context of its own.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import {
  AXE, Cable, claim, LIMIT_MS, Node, note, Program, prove, run, shifted,
  startBrowser, typist,
} from './house.mjs';

const PHONE = { viewport: { width: 390, height: 780 }, isMobile: true,
  hasTouch: true };
const TASK_MS = 50; // what a page may take at one go
const elsewhere = []; // requests for another host than the page's

let browser;
try {
  browser = await startBrowser();
} catch (error) {
  console.log('skip: chromium cannot start here: ' +
    error.message.split('\n')[0]);
  process.exit(77);
}
const ana = await Node.begin('ana');

async function open(link, options = {}) {
  const context = await browser.newContext({ locale: 'en', ...options });
  const page = await context.newPage();
  const { host } = new URL(link);
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (url.host !== host && url.protocol !== 'data:')
      elsewhere.push(request.url());
  });
  page.on('websocket', (socket) => {
    if (new URL(socket.url()).host !== host)
      elsewhere.push(socket.url());
  });
  page.faults = [];
  page.on('pageerror', (error) => page.faults.push(error.stack));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/ERR_|WebSocket/.test(message.text()))
      page.faults.push(message.text());
  });
  page.setDefaultTimeout(LIMIT_MS);
  await options.before?.(page);
  await page.goto(link);
  return page;
}

async function guest(name, { node = ana, link, ...options } = {}) {
  const page = await open(link ?? await node.link(), options);
  await page.getByLabel('Your name').fill(name);
  await page.keyboard.press('Enter');
  await composer(page).waitFor();
  return page;
}

const composer = (page) => page.getByRole('textbox', { name: 'Write a message' });
const line = (page, text) => page.getByRole('log').locator('li', { hasText: text });
const texts = (page) => page.locator('.log li .text').evaluateAll(
  (all) => all.map((one) => one.firstChild.textContent));
const owner = async (node = ana) => open(await node.link({ do: 'gui' }));

async function say(page, text) {
  await composer(page).fill(text);
  await page.keyboard.press('Enter');
}

async function leave(...pages) {
  for (const page of pages) {
    assert.deepEqual(page.faults, []);
    await page.context().close();
  }
}

claim('two guests and a person in line mode talk', async () => {
  const ali = await guest('علي', PHONE), cat = await guest('😺');
  const eva = typist('eva', ana.port);

  await eva.line('linked with ana');
  await say(ali, 'مرحبا');
  await line(cat, 'مرحبا').waitFor();
  await eva.line('مرحبا');
  await say(cat, 'two\nlines 👍🏽');
  await line(ali, 'lines 👍🏽').waitFor();
  eva.write('from the terminal\n');
  for (const page of [ali, cat])
    await line(page, 'from the terminal').waitFor();
  await line(cat, 'مرحبا').getByText('علي').waitFor();
  await line(ali, 'مرحبا').getByLabel('kept by one other node').waitFor();
  // A name that somebody has is refused in words.
  await cat.getByLabel('Your name').fill('علي');
  await cat.getByRole('button', { name: 'Change name' }).click();
  await cat.getByRole('dialog').getByText('that name is taken').waitFor();
  await eva.kill();
  await leave(ali, cat);
});

claim('markup and script are shown, and never run, in every field', async () => {
  const evil = '<img/src=x/onerror=alert(1)>';
  const bob = await guest(evil), eva = await guest('eva');
  const told = [];

  for (const page of [bob, eva])
    page.on('dialog', (dialog) => told.push(dialog.message()));
  const text = `</li><script>alert(2)</script> ${evil} javascript:alert(3) ` +
    'https://example.invalid/"onclick="alert(4)';
  await say(bob, text);
  await line(eva, '<script>alert(2)</script>').waitFor();
  assert.equal(await eva.locator('.log img, .log script, .side img').count(), 0);
  assert.deepEqual(
    await eva.locator('.log a').evaluateAll((all) => all.map((a) => a.href)),
    ['https://example.invalid/']);
  const room = '#<b>x</b>';
  await ana.ask({ do: 'join', room });
  const desk = await owner();
  await composer(desk).fill(`/join ${room}`);
  await desk.keyboard.press('Enter');
  await desk.getByRole('heading', { name: room }).waitFor();
  await ana.ask({ do: 'away', why: evil });
  await desk.getByText(evil).first().waitFor();
  await say(desk, '/<b>no');
  await desk.getByRole('dialog').getByText('/<b>no').waitFor();
  assert.equal(await desk.locator('.side b b, .side img, dialog b').count(), 0);
  await ana.ask({ do: 'back' });
  // In a contact, and of somebody who is linked, in the list and the map.
  const img = '<img/src=x/onerror=alert(5)>';
  await ana.ask({ do: 'contact', name: img, key: 'a'.repeat(52),
    address: '10.0.0.9', port: 1 });
  const far = typist('<u>far</u>', ana.port);
  await far.line('linked with ana');
  const press = (name) => desk.getByRole('button', { name, exact: true }).click();
  const dialog = desk.getByRole('dialog');
  await dialog.getByRole('button', { name: 'OK' }).click();
  await press('Contacts');
  await dialog.getByText('<u>far</u>').waitFor();
  await dialog.getByText(img).waitFor();
  assert.equal(await dialog.locator('u, img').count(), 0);
  await dialog.getByRole('button', { name: 'OK' }).click();
  await press('Map');
  await dialog.locator('li', { hasText: '<u>far</u>' }).waitFor();
  assert.equal(await desk.locator('u, .side img, dialog img').count(), 0);
  await far.kill();
  assert.deepEqual(told, []);
  await leave(bob, eva, desk);
});

claim('a message of 60 KB and one that is too long', async () => {
  const bob = await guest('bob'), eva = await guest('eva');
  const text = 'long ' + 'ä'.repeat(30000);

  await say(bob, text);
  await line(eva, text).waitFor();
  await say(bob, 'x'.repeat(66000));
  await bob.getByRole('dialog').waitFor();
  // It is not lost: it stands where it was typed.
  await bob.getByRole('button', { name: 'OK' }).click();
  assert.equal((await composer(bob).inputValue()).length, 66000);
  await leave(bob, eva);
});

claim('a node is killed, and comes back', async () => {
  let uma = await Node.begin('uma');
  const bob = await guest('bob', { node: uma });

  await say(bob, 'before');
  await line(bob, 'before').getByLabel('stored by the node').waitFor();
  await uma.kill();
  await bob.getByText('No connection').waitFor();
  await say(bob, 'meanwhile');
  await run('uma', 'send', ['#lobby', 'from the shell']);
  uma = await uma.again();
  await line(bob, 'from the shell').waitFor();
  await line(bob, 'meanwhile').getByLabel('stored by the node').waitFor();
  assert.deepEqual(await texts(bob), ['before', 'from the shell', 'meanwhile']);
  await leave(bob);
  await uma.kill();
});

claim('a link goes dead for a minute, and nothing is lost or doubled', async () => {
  const cable = await Cable.to(ana.port);
  const link = (await ana.link()).replace(`:${ana.port}`, `:${cable.port}`);
  const bob = await guest('bob', { link, before: (page) => page.clock.install() });

  await say(bob, 'one');
  await line(bob, 'one').getByLabel('stored by the node').waitFor();
  cable.cut();
  await run('ana', 'send', ['#lobby', 'two']);
  await say(bob, 'three');
  // Nobody tells the page, so it must notice.
  await bob.clock.runFor(60000);
  await bob.getByText('No connection').waitFor();
  await say(bob, 'four');
  cable.mend();
  await bob.clock.runFor(10000);
  await line(bob, 'four').getByLabel('stored by the node').waitFor();
  await bob.getByText('Connected', { exact: true }).waitFor();
  const all = await ana.history();
  assert.deepEqual(all.slice(all.indexOf('one')), ['one', 'two', 'three', 'four']);
  const shown = await texts(bob);
  assert.deepEqual(shown.slice(shown.indexOf('one')), ['one', 'two', 'three', 'four']);
  await leave(bob);
});

claim('where WebSockets are refused, events and posts do', async () => {
  const before = async (page) => {
    await page.addInitScript(() => {
      window.WebSocket = class {
        constructor() {
          this.readyState = 0;
          setTimeout(() => {
            this.readyState = 3;
            this.onclose({ code: 1006 });
          });
        }

        close() {}
      };
    });
  };
  const bob = await guest('bob', { before }), eva = await guest('eva');

  await say(bob, 'by post');
  await line(eva, 'by post').waitFor();
  const long = 'ö'.repeat(30000);
  await say(eva, 'events ' + long);
  await line(bob, 'events ' + long).waitFor();
  await say(bob, 'posts ' + long);
  await line(eva, 'posts ' + long).waitFor();
  await leave(bob, eva);
});

claim('the first message is there soon after the link is opened', async () => {
  const first = await guest('bob');
  await say(first, 'to be seen at once');
  await line(first, 'to be seen at once').getByLabel('stored').waitFor();
  const page = await first.context().newPage();
  const begun = performance.now();
  // Who was in before goes straight in.
  await page.goto(await ana.link());
  await line(page, 'to be seen at once').waitFor();
  const ms = performance.now() - begun;
  note(`from the link to the first message: ${Math.round(ms)} ms`);
  assert.ok(ms < LIMIT_MS / 2);
  await leave(first);
});

claim('a chat that is opened twice is in one tab, and can be fetched', async () => {
  const first = await guest('bob');
  const second = await first.context().newPage();
  const notice = 'This chat is open in another tab or window';
  const isElsewhere = (page) => page.getByRole('heading', { name: notice }).waitFor();

  await second.goto(await ana.link());
  await composer(second).waitFor();
  await isElsewhere(first);
  await say(second, 'from the second');
  await line(second, 'from the second').getByLabel('stored').waitFor();
  await first.getByRole('button', { name: 'Use it here' }).click();
  await line(first, 'from the second').waitFor();
  await isElsewhere(second);
  await leave(first);
});

// Of each thing that a page did at one go, the CPU time in milliseconds, which a
// busy machine changes little.
async function tasksOf(work) {
  await browser.startTracing(null, { categories: ['toplevel'] });
  await work();
  const { traceEvents } = JSON.parse(await browser.stopTracing());
  const thread = ({ pid, tid }) => `${pid} ${tid}`;
  const mains = new Set(traceEvents.filter(({ name, args }) =>
    name === 'thread_name' && args.name === 'CrRendererMain').map(thread));
  return traceEvents.filter((event) => event.tdur && mains.has(thread(event)))
    .map(({ tdur }) => tdur / 1000);
}

claim('ten thousand messages are read up to the first', async () => {
  const old = await Node.begin('old');
  const count = 10000;

  await run('old', 'send', ['#lobby'], Array.from({ length: count },
    (_, i) => `number ${i + 1}.\n`).join(''));
  const bob = await guest('bob', { node: old });
  await line(bob, `number ${count}.`).waitFor();
  await bob.locator('.log').focus();
  // As one who keeps scrolling, as fast as the lines come.
  await bob.evaluate(() => new Promise((done) => {
    const log = document.querySelector('.log');
    const up = () => {
      if (log.textContent.includes('number 1.'))
        done();
      else
        requestAnimationFrame(up);
      log.scrollTop = 0;
    };
    up();
  }));
  const drawn = (await texts(bob)).map((text) => Number(text.match(/\d+/)[0]));
  assert.ok(drawn.length <= 200, `${drawn.length} lines are drawn`);
  assert.deepEqual(drawn, drawn.map((_, i) => drawn[0] + i));
  // What comes meanwhile is heard of, and found.
  await run('old', 'send', ['#lobby', 'the newest']);
  await bob.getByRole('button', { name: 'To the newest' }).click();
  await line(bob, 'the newest').waitFor();
  // Fifty a second are too much for nobody, and who types does not wait.
  const fast = new Program(['send', '--home', old.process.spawnargs[4],
    '--discovery', 'off', '#lobby']);
  const tasks = await tasksOf(async () => {
    await composer(bob).focus();
    for (let i = 1; i <= 100; i++) {
      fast.write(`quick ${i}.\n`);
      await bob.keyboard.type('x');
      await new Promise((done) => setTimeout(done, 20));
    }
    await line(bob, 'quick 100.').waitFor();
  });
  fast.process.stdin.end();
  await fast.ended;
  const longest = Math.max(...tasks);
  note(`longest task at 50 messages a second: ${longest.toFixed(1)} ms of CPU`);
  assert.ok(tasks.length > 100 && longest < TASK_MS, `${longest} ms`);
  assert.equal(await composer(bob).inputValue(), 'x'.repeat(100));
  await leave(bob);
  await old.kill();
});

claim('what was not seen is counted, marked and found', async () => {
  const desk = await owner();
  const eva = typist('fay', ana.port);

  await eva.line('linked with ana');
  await say(desk, '/join #other');
  await desk.getByRole('heading', { name: '#other' }).waitFor();
  for (let i = 0; i < 60; i++)
    eva.write(`unseen ${i}\n`);
  await desk.waitForFunction(() => /^\(60\)/.test(document.title));
  await desk.getByRole('button', { name: '#lobby 60' }).click();
  await desk.locator('.fresh').waitFor();
  await desk.waitForFunction(() => !document.title.startsWith('('));
  const box = await desk.locator('.fresh').boundingBox();
  assert.ok(box.y > 0 && box.y < 700, 'the first of them is on the screen');
  await desk.getByRole('button', { name: 'To the newest' }).click();
  await line(desk, 'unseen 59').waitFor();
  await desk.locator('.fresh').waitFor({ state: 'detached' });
  await eva.kill();
  await leave(desk);
});

claim('a clock of another age buries nothing', async () => {
  const early = await Node.begin('ida', 0, shifted(8000 * 31556952));
  const desk = await owner();

  await early.ask({ do: 'say', room: '#lobby', text: 'in the year 10026' });
  await early.ask({ do: 'connect', address: `127.0.0.1:${ana.port}` });
  await line(desk, 'in the year 10026').waitFor();
  await say(desk, 'today');
  await line(desk, 'today').waitFor();
  const newest = async () => (await texts(desk)).slice(-2);
  assert.deepEqual(await newest(), ['in the year 10026', 'today']);
  await desk.reload();
  await line(desk, 'today').waitFor();
  assert.deepEqual(await newest(), ['in the year 10026', 'today']);
  await early.kill();
  await leave(desk);
});

claim('who does not look hears a sound, is notified, and sees a count', async () => {
  const before = (page) => page.addInitScript(() => {
    const log = globalThis.alerts = [];
    const node = () => ({ connect: node, frequency: {}, gain: {
      setValueAtTime() {}, exponentialRampToValueAtTime() {},
    }, start: () => log.push('sound'), stop() {} });
    globalThis.AudioContext = class {
      state = 'running';
      createOscillator = node;
      createGain = node;
    };
    globalThis.Notification = class {
      static permission = 'granted';

      constructor(title, { body }) {
        log.push(`${title}: ${body}`);
      }
    };
    let hidden = false;
    const frame = globalThis.requestAnimationFrame;
    Object.defineProperty(document, 'hidden', { get: () => hidden });
    // What is hidden has no frames.
    globalThis.requestAnimationFrame = (f) => hidden || frame(f);
    globalThis.hide = (value) => {
      hidden = value;
      document.dispatchEvent(new Event('visibilitychange'));
    };
  });
  const bob = await guest('bob', { before }), eva = await guest('eva');

  await composer(bob).click();
  await say(eva, 'hello bob');
  await line(bob, 'hello bob').waitFor();
  await bob.evaluate(() => globalThis.hide(true));
  await say(eva, '<b>are you there</b>');
  await bob.waitForFunction(() => document.title.startsWith('(1)'),
    null, { polling: 50 });
  assert.deepEqual(await bob.evaluate(() => globalThis.alerts),
    ['sound', 'eva · #lobby: <b>are you there</b>']);
  await bob.evaluate(() => globalThis.hide(false));
  await bob.waitForFunction(() => !document.title.startsWith('('));
  await leave(bob, eva);
});

claim('the owner writes to one person', async () => {
  const desk = await owner();
  const gil = typist('gil', ana.port);

  await gil.line('linked with ana');
  await desk.getByRole('button', { name: 'gil', exact: true }).click();
  await desk.getByRole('heading', { name: 'gil' }).waitFor();
  await say(desk, 'only for you');
  await gil.line('only for you');
  gil.write('/msg ana and back\n');
  await line(desk, 'and back').waitFor();
  assert.deepEqual(await texts(desk), ['only for you', 'and back']);
  await gil.kill();
  await leave(desk);
});

claim('the owner and a guest by IRC talk alone', async () => {
  const desk = await owner();
  const zoe = connect(ana.port, '127.0.0.1');
  const answered = new Promise((resolve) => {
    let heard = '';
    zoe.on('data', (bytes) => {
      heard += bytes;
      if (/ PRIVMSG zoe :yes\?\r\n/.test(heard))
        resolve();
    });
  });

  zoe.write('NICK zoe\r\nUSER zoe 0 * :zoe\r\nPRIVMSG ana :psst\r\n');
  await desk.getByRole('button', { name: /^zoe@ana/ }).click();
  await desk.getByRole('heading', { name: 'zoe@ana' }).waitFor();
  await say(desk, 'yes?');
  await answered;
  assert.deepEqual(await texts(desk), ['psst', 'yes?']);

  // What guests say to each other is kept in the same room, and is not shown.
  const last = 'PRIVMSG zoe :hidden 150';
  const hidden = Array.from({ length: 150 }, (_, i) => `PRIVMSG zoe :hidden ${i + 1}\r\n`);
  const told = new Promise((resolve) => {
    let heard = '';
    zoe.on('data', (bytes) => {
      heard += bytes;
      if (heard.includes(last))
        resolve();
    });
  });
  const ned = connect(ana.port, '127.0.0.1');
  ned.write('NICK ned\r\nUSER ned 0 * :ned\r\n' + hidden.join(''));
  await told;
  zoe.write('PRIVMSG ana :and now\r\n');
  await line(desk, 'and now').waitFor();
  const next = await owner();
  await next.getByRole('button', { name: /^zoe@ana/ }).click();
  await line(next, 'and now').waitFor();
  // Whoever is at the top already need not press it.
  await Promise.race([line(next, 'psst').waitFor(),
    next.getByRole('button', { name: 'Earlier messages' }).click()]);
  await line(next, 'psst').waitFor();
  assert.deepEqual(await texts(next), ['psst', 'yes?', 'and now']);
  assert.equal(await next.getByRole('button', { name: 'Earlier messages' }).count(), 0);
  ned.destroy();
  zoe.destroy();
  await leave(desk, next);
});

claim('guests whisper to each other, and to people', async () => {
  const [ivy, kit, moe] = [await guest('ivy'), await guest('kit'), await guest('moe')];
  const desk = await owner();
  const press = (page, name) => page.getByRole('button', { name }).first().click();

  await press(ivy, /^kit/);
  await ivy.getByRole('heading', { name: 'kit@ana' }).waitFor();
  await say(ivy, 'between us');
  await line(ivy, 'between us').waitFor();
  await press(kit, /^ivy@ana/);
  await line(kit, 'between us').waitFor();
  await say(kit, 'of course');
  await line(ivy, 'of course').waitFor();
  await say(moe, '/msg ivy and I?');
  await press(ivy, /^moe@ana/);
  await line(ivy, 'and I?').waitFor();
  await press(ivy, /^ana$/);
  await say(ivy, 'may we?');
  await press(desk, /^ivy@ana/);
  await line(desk, 'may we?').waitFor();
  await say(desk, 'you may');
  await line(ivy, 'you may').waitFor();

  // All of it is there when the page is loaded anew.
  await ivy.reload();
  await press(ivy, /^kit@ana/);
  await line(ivy, 'of course').waitFor();
  assert.deepEqual(await texts(ivy), ['between us', 'of course']);
  await press(ivy, /^ana$/);
  await line(ivy, 'you may').waitFor();
  assert.deepEqual(await texts(ivy), ['may we?', 'you may']);
  assert.equal(await moe.getByRole('button', { name: /^kit@ana/ }).count(), 0);
  await leave(ivy, kit, moe, desk);
});

claim('what is taken back goes from the page', async () => {
  const bob = await guest('bob');
  const kai = typist('kai', ana.port);
  const kim = connect(ana.port, '127.0.0.1');
  let heard = '';

  await kai.line('linked with ana');
  kim.on('data', (bytes) => {
    heard += bytes;
    const [, id] = /msgid=([^; ]+)[^ ]* :kim\S+ PRIVMSG #lobby :oops\r/.exec(heard) ?? [];
    if (id) {
      heard = '';
      setTimeout(() => line(bob, 'oops').waitFor().then(() =>
        kim.write(`REDACT #lobby ${id} :wrong room\r\nPRIVMSG #lobby :better\r\n`)));
    }
  });
  kim.write('CAP REQ :echo-message message-tags draft/message-redaction\r\n' +
    'NICK kim\r\nUSER kim 0 * :kim\r\nCAP END\r\nJOIN #lobby\r\n' +
    'PRIVMSG #lobby :well\r\nPRIVMSG #lobby :oops\r\n');
  await line(bob, 'better').waitFor();
  assert.deepEqual((await texts(bob)).slice(-2), ['well', 'better']);
  await kai.line('* kim@ana takes a message back: wrong room');
  const cyn = await guest('cyn');
  await line(cyn, 'better').waitFor();
  assert.deepEqual((await texts(cyn)).slice(-2), ['well', 'better']);
  kim.destroy();
  await kai.kill();
  await leave(bob, cyn);
});

claim('the panels of the owner do what line mode can', async () => {
  const ivo = await Node.begin('ivo'), jan = await Node.begin('jan');
  const desk = await owner(ivo);
  const close = () => desk.getByRole('dialog').getByRole('button', { name: 'OK' }).click();
  const press = (name) => desk.getByRole('button', { name, exact: true }).click();
  const linked = desk.locator('section', { hasText: 'Links' }).getByText('jan').first();

  await desk.getByText(`Listening: 127.0.0.1 ${ivo.port}`).waitFor();
  await press('Check this node');
  await desk.getByRole('dialog').getByText('No other node is linked').waitFor();
  await close();
  await desk.getByLabel('Address').fill('127.0.0.1');
  await desk.getByLabel('Port', { exact: true }).fill(String(jan.port));
  await press('Connect');
  await linked.waitFor();
  await press('Map');
  await desk.getByRole('dialog').locator('li', { hasText: 'ivo' }).getByText('jan').waitFor();
  await close();
  await press('Disconnect');
  await desk.getByText('Not listening').waitFor();
  await press('Contacts');
  await press('Connect to jan');
  await close();
  await linked.waitFor();
  await desk.getByLabel('Host on port').fill('0');
  await press('Host');
  await desk.getByText('Listening: 127.0.0.1').waitFor();
  await desk.getByLabel('Your name').fill('ida');
  await press('Change name');
  await desk.locator('.side li', { hasText: 'ida' }).first().waitFor();
  await desk.getByLabel('Page').selectOption('closed');
  await press('Invite');
  await desk.getByRole('dialog').getByRole('textbox').first().waitFor();
  const links = await desk.getByRole('dialog').getByRole('textbox').evaluateAll(
    (all) => all.map((one) => one.value));
  const link = links.find((one) => /^http:\/\/[\d.]+:\d+\/#g/.test(one));
  await desk.getByRole('img', { name: link }).waitFor();
  await close();
  const late = await open(link);
  await late.getByLabel('Your name').fill('late');
  await late.keyboard.press('Enter');
  await late.getByText('closed to newcomers').waitFor();
  await press('Use https');
  await desk.getByText(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/).waitFor();
  await close();
  await leave(desk, late);
  await ivo.kill();
  await jan.kill();
});

claim('the keyboard alone will do', async () => {
  const page = await open(await ana.link());
  const focus = (name) => page.waitForFunction((wanted) => {
    const one = document.activeElement;
    return (one.labels?.[0]?.textContent || one.ariaLabel || one.textContent) === wanted;
  }, name);
  const tab = async (name) => {
    for (let i = 0; i < 30; i++) {
      await page.keyboard.press('Tab');
      const at = await page.evaluate(() => document.activeElement.ariaLabel ??
        document.activeElement.textContent);
      if (at === name)
        return;
    }
    assert.fail(`Tab does not lead to "${name}"`);
  };

  await page.getByLabel('Your name').waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.type('kay');
  await page.keyboard.press('Enter');
  await composer(page).waitFor();
  await tab('Write a message');
  await page.keyboard.type('/he');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').getByText('/me ACTION').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await tab('Write a message');
  await page.keyboard.type('one');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('two');
  await page.keyboard.press('Enter');
  await line(page, 'one\ntwo').waitFor();
  await tab('Map');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await focus('Map');
  await leave(page);
});

claim('axe finds no serious fault, by day and night, on a phone and a desk', async () => {
  const check = async (page, where) => {
    await page.evaluate(AXE);
    const { violations } = await page.evaluate(() =>
      axe.run({ resultTypes: ['violations'] }));
    const grave = violations.filter(({ impact }) => ['serious', 'critical'].includes(impact));
    assert.deepEqual(grave.map(({ id, nodes }) =>
      `${where}: ${id}: ${nodes[0].html.slice(0, 150)}`), []);
  };
  // Trusted Types allow no test in the page, so these pages have no policy.
  const free = (options) => ({ ...options, bypassCSP: true });

  for (const colorScheme of ['light', 'dark']) {
    const door = await open(await ana.link(), free({ colorScheme, ...PHONE }));
    await door.getByLabel('Your name').waitFor();
    await check(door, 'door');
    await leave(door);
    const phone = await guest('mia', free({ colorScheme, ...PHONE }));
    await say(phone, 'hello https://example.invalid');
    await line(phone, 'hello').getByLabel('stored').last().waitFor();
    await check(phone, 'chat');
    await phone.getByRole('button', { name: 'Menu' }).click();
    await check(phone, 'menu');
    await leave(phone);
    const desk = await open(await ana.link({ do: 'gui' }), free({ colorScheme }));
    await desk.getByText('Listening').waitFor();
    for (const name of colorScheme === 'light' ? ['Invite', 'Use https'] : ['Map']) {
      await desk.getByRole('button', { name, exact: true }).click();
      await desk.getByRole('dialog').waitFor();
      await check(desk, name);
      await desk.keyboard.press('Escape');
      await desk.getByRole('dialog').waitFor({ state: 'detached' });
    }
    await leave(desk);
  }
});

claim('a language from right to left is laid out so', async () => {
  const page = await open(await ana.link(), { locale: 'ar' });

  await page.getByLabel('اسمك').fill('نور');
  await page.keyboard.press('Enter');
  await page.getByRole('textbox', { name: 'اكتب رسالة' }).waitFor();
  assert.equal(await page.evaluate(() => document.dir), 'rtl');
  const side = await page.locator('.side').boundingBox();
  assert.ok(side.x > 300, 'the side is on the right');
  await leave(page);
});

claim('a link that is wrong, and a page without one, say so', async () => {
  const link = await ana.link();
  const wrong = await open(link.slice(0, -2) + (link.endsWith('AA') ? 'BB' : 'AA'));
  await wrong.getByText('This link is wrong, or has expired').waitFor();
  const bare = await open(link.split('#')[0]);
  await bare.getByText('This page opens by a link').waitFor();
  const used = await ana.link({ do: 'gui' });
  await leave(await open(used).then(async (page) => {
    await composer(page).waitFor();
    return page;
  }));
  const again = await open(used);
  await again.getByText('This link is wrong, or has expired').waitFor();
  await leave(wrong, bare, again);
});

if (process.env.SHOTS)
  claim('pictures are taken', async () => {
    const mia = await Node.begin('mia');
    const uma = typist('uma', mia.port);
    await uma.line('linked with mia');
    const views = [
      ['phone-light', PHONE, 'light'], ['phone-dark', PHONE, 'dark'],
      ['desk-light', { viewport: { width: 1000, height: 640 } }, 'light'],
      ['desk-dark', { viewport: { width: 1000, height: 640 } }, 'dark'],
    ];
    const sam = await guest('سامي', { node: mia });
    await say(sam, 'مرحبا! I came by the QR code, with only the browser.');
    uma.write('And I am in line mode, on another laptop. 👋\n');
    await line(sam, 'line mode').waitFor();
    await say(sam, 'Where is the talk?');
    uma.write('Room 4, at ten: https://192.0.2.7/plan\n');
    await line(sam, 'Room 4').waitFor();
    for (const [name, size, colorScheme] of views) {
      const page = name.startsWith('desk')
        ? await open(await mia.link({ do: 'gui' }), { ...size, colorScheme })
        : await guest(`guest-${name}`, { node: mia, ...size, colorScheme });
      await line(page, 'Room 4').waitFor();
      await page.screenshot({ path: `${process.env.SHOTS}/${name}.png` });
      await leave(page);
    }
    await leave(sam);
    await uma.kill();
    await mia.kill();
  });

claim('no request has left for another host', async () => {
  assert.deepEqual(elsewhere, []);
});

await prove();
