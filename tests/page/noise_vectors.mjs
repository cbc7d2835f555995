// noise_vectors.mjs - the page's Noise does as the published vector
//
// usage: node noise_vectors.mjs WORK VECTOR; WORK is where the page was built
import assert from 'node:assert';
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [work, vector] = process.argv.slice(2);
const { begin } = await import(pathToFileURL(path.resolve(work, 'noise.js')));
const v = JSON.parse(fs.readFileSync(vector, 'utf8'));
const unhex = (text) => Uint8Array.from(Buffer.from(text, 'hex'));
const hex = (bytes) => Buffer.from(bytes).toString('hex');

function start() {
  return begin({
    prologue: unhex(v.init_prologue),
    theirs: unhex(v.init_remote_static),
    shared: unhex(v.init_psks[0]),
    once: unhex(v.init_ephemeral),
    payload: unhex(v.messages[0].payload),
  });
}

const { message, finish } = start();
assert.equal(hex(message), v.messages[0].ciphertext);
const ways = finish(unhex(v.messages[1].ciphertext));
assert.equal(hex(ways.payload), v.messages[1].payload);
v.messages.slice(2).forEach(({ payload, ciphertext }, i) => {
  if (i % 2)
    assert.equal(hex(ways.in.open(unhex(ciphertext))), payload);
  else
    assert.equal(hex(ways.out.seal(unhex(payload))), ciphertext);
});

// Another answer than theirs is none, and nothing comes twice.
const forged = unhex(v.messages[1].ciphertext);
forged[40] ^= 1;
assert.throws(() => start().finish(forged));
assert.throws(() => ways.in.open(unhex(v.messages[3].ciphertext)));
