// noise.js - an encrypted stream to the node: Noise, the side that begins
//
// Noise_NKpsk0_25519_ChaChaPoly_BLAKE2b (revision 34). core/noise.h is the
// other side, and says what this is good for.
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { montgomery } from '@noble/curves/abstract/montgomery.js';
import { blake2b } from '@noble/hashes/blake2.js';

const PROTOCOL = 'Noise_NKpsk0_25519_ChaChaPoly_BLAKE2b';
const HASH_BYTES = 64;
const BLOCK_BYTES = 128;
const KEY_BYTES = 32;
const NOTHING = new Uint8Array(0);

export const PIECE_BYTES = 65535 - 16; // that fit in one message

// X25519 of RFC 7748 and nothing around it, which would be three times the page.
const P = 2n ** 255n - 19n;

function invert(x) {
  let result = 1n;
  for (let power = P - 2n; power > 0n; power >>= 1n) {
    if (power & 1n)
      result = result * x % P;
    x = x * x % P;
  }
  return result;
}

const x25519 = montgomery({
  P,
  type: 'x25519',
  powPminus2: invert,
  adjustScalarBytes(bytes) {
    bytes[0] &= 248;
    bytes[31] = bytes[31] & 127 | 64;
    return bytes;
  },
});

export function join(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const hash = (...parts) => blake2b(join(...parts), { dkLen: HASH_BYTES });

// HMAC of RFC 2104; Noise does not use BLAKE2b's own keys.
function mac(key, data) {
  const pad = (byte) => Uint8Array.from({ length: BLOCK_BYTES },
    (_, i) => (key[i] ?? 0) ^ byte);
  return hash(pad(0x5c), hash(pad(0x36), data));
}

function derive(chain, from, count) {
  const key = mac(chain, from);
  const out = [];
  for (let i = 1; i <= count; i++)
    out.push(mac(key, join(out.at(-1) ?? NOTHING, Uint8Array.of(i))));
  return out;
}

// One direction: a key, and how many messages it has sealed.
class Way {
  constructor(bytes) {
    this.key = bytes.slice(0, KEY_BYTES);
    this.count = 0;
  }

  cipher(known) {
    const nonce = new Uint8Array(12);
    new DataView(nonce.buffer).setBigUint64(4, BigInt(this.count++), true);
    return chacha20poly1305(this.key, nonce, known);
  }

  seal(plain, known) {
    return this.cipher(known).encrypt(plain);
  }

  // Throws if it is not the next message of theirs.
  open(sealed, known) {
    return this.cipher(known).decrypt(sealed);
  }
}

class Handshake {
  constructor(prologue, theirs) {
    this.hash = new Uint8Array(HASH_BYTES);
    this.hash.set(new TextEncoder().encode(PROTOCOL));
    this.chain = this.hash;
    this.mixHash(prologue);
    this.mixHash(theirs);
  }

  mixHash(data) {
    this.hash = hash(this.hash, data);
  }

  mixKey(key) {
    const [chain, way] = derive(this.chain, key, 2);
    this.chain = chain;
    this.way = new Way(way);
  }

  mixShared(shared) {
    const [chain, hashed, way] = derive(this.chain, shared, 3);
    this.chain = chain;
    this.mixHash(hashed);
    this.way = new Way(way);
  }

  // 9.2: with a shared secret in the pattern, also into the chain.
  mixPublic(key) {
    this.mixHash(key);
    this.mixKey(key);
  }

  seal(plain) {
    const sealed = this.way.seal(plain, this.hash);
    this.mixHash(sealed);
    return sealed;
  }

  open(sealed) {
    const plain = this.way.open(sealed, this.hash);
    this.mixHash(sealed);
    return plain;
  }
}

// -> psk, e, es. `once` is random, and is never used again. Returns the message
// to send, and a function of the answer that gives both ways.
export function begin({ prologue, theirs, shared, once, payload = NOTHING }) {
  const h = new Handshake(prologue, theirs);
  const ours = x25519.getPublicKey(once);

  h.mixShared(shared);
  h.mixPublic(ours);
  h.mixKey(x25519.getSharedSecret(once, theirs));
  const message = join(ours, h.seal(payload));

  // <- e, ee. Throws if they are not who the link means.
  function finish(answer) {
    const back = answer.slice(0, KEY_BYTES);
    h.mixPublic(back);
    h.mixKey(x25519.getSharedSecret(once, back));
    const said = h.open(answer.slice(KEY_BYTES));
    const [out, into] = derive(h.chain, NOTHING, 2);
    return {
      payload: said, out: new Way(out), in: new Way(into),
    };
  }
  return { message, finish };
}

// What Noise is told of the secret in a link (core/page.c).
export function sharedOf(secret) {
  const personalization = new Uint8Array(16);
  personalization.set(new TextEncoder().encode('QF1shared'));
  return blake2b(secret, { dkLen: KEY_BYTES, personalization });
}
