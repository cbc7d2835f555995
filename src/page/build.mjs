// build.mjs - the files of the page, made small and written down as C
//
// usage: node build.mjs NPM SOURCE WORK OUTPUT
//
// Packages are fetched into WORK, by the lockfile. What is imported from them
// gets an address of its own below /lib/, so that the browser finds it without
// an import map; nothing is bundled.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { gzipSync, constants } from 'node:zlib';
import { fetchPackages } from './fetch.mjs';

const [npm, source, work, output] = process.argv.slice(2)
  .map((name) => path.resolve(name));
const BYTES_MAX = 60 * 1024; // of all files, compressed

const own = ['app.js', 'chat.js', 'events.js', 'noise.js', 'panels.js', 'room.js', 'views.js', 'wire.js',
  'words.js'];
const types = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/manifest+json',
  '.svg': 'image/svg+xml',
};

function say(text) {
  process.stderr.write(`page: ${text}\n`);
}

// The file that an import means, and where the browser finds it.
function resolve(specifier, from) {
  const modules = path.join(work, 'node_modules');
  let file;
  if (specifier.startsWith('.')) {
    file = path.resolve(path.dirname(from), specifier);
  } else {
    file = path.join(modules, specifier);
    if (fs.existsSync(file) && fs.statSync(file).isDirectory())
      file = path.join(file, {
        preact: 'dist/preact.mjs', 'preact/hooks': 'dist/hooks.mjs',
        htm: 'dist/htm.mjs',
      }[specifier]);
  }
  if (!file.startsWith(modules))
    return { file, address: '/' + path.basename(file) };
  const address = '/lib/' + path.relative(modules, file)
    .replace('@', '').replace('.mjs', '.js').replaceAll(path.sep, '/');
  return { file, address };
}

const IMPORT = /(\bfrom\s*|\bimport\s*)(["'])([^"']+)\2/g;

async function gather() {
  const require = createRequire(path.join(work, 'package.json'));
  const { minify } = await import(pathToFileURL(require.resolve('terser')));
  const found = new Map();
  const todo = own.map((name) => ({
    file: path.join(work, name), address: '/' + name,
  }));

  while (todo.length) {
    const { file, address } = todo.pop();
    if (found.has(address))
      continue;
    const text = fs.readFileSync(file, 'utf8');
    const { code } = await minify(text, { module: true, ecma: 2020 });
    found.set(address, code.replace(IMPORT, (all, word, quote, specifier) => {
      const to = resolve(specifier, file);
      todo.push(to);
      return `${word}${quote}${to.address}${quote}`;
    }));
  }
  return found;
}

// All languages say the same, of the same things.
async function checkWords() {
  const { catalogue } = await import(pathToFileURL(path.join(work, 'words.js')));
  const told = (word) => typeof word === 'function' ? word('\x01') : word;
  for (const [language, words] of Object.entries(catalogue))
    for (const key of new Set([...Object.keys(words),
      ...Object.keys(catalogue.en)])) {
      const [one, other] = [catalogue.en[key], words[key]];
      if (typeof one !== typeof other || !one || !other ||
          told(one).includes('\x01') !== told(other).includes('\x01')) {
        say(`words.js: "${key}" is not the same in en and ${language}`);
        process.exit(1);
      }
    }
}

function compress(text) {
  // Two builds of one source are the same: no time, no name.
  return gzipSync(text, { level: constants.Z_BEST_COMPRESSION });
}

function write(files) {
  const parts = ['/* assets.c - made by src/page/build.mjs */',
    '#include "gateway/assets.h"', ''];
  const rows = [];
  let total = 0;
  [...files].sort(([a], [b]) => (a < b ? -1 : 1))
    .forEach(([address, text], i) => {
      const bytes = compress(text);
      const etag = createHash('sha256').update(bytes).digest('hex')
        .slice(0, 32);
      const numbers = [...bytes].join(',').replace(/(.{1,76}),/g, '$1,\n');
      const name = address === '/index.html' ? '/' : address;
      total += bytes.length;
      parts.push(`static const uint8_t file_${i}[] = {\n${numbers}\n};`, '');
      rows.push(`\t{ "${name}", "${types[path.extname(address)]}", ` +
                `"\\"${etag}\\"", file_${i}, sizeof file_${i} },`);
    });
  if (total > BYTES_MAX) {
    say(`${total} bytes are more than the ${BYTES_MAX} that the page may have`);
    process.exit(1);
  }
  parts.push('const struct qf_asset qf_assets[] = {', ...rows, '};',
    `const size_t qf_asset_count = ${rows.length};`, '');
  fs.writeFileSync(output, parts.join('\n'));
}

fetchPackages(npm, source, work,
  'A node without the page can be built without it:\n' +
  '    meson configure -Dpage=false build');
for (const name of own)
  fs.copyFileSync(path.join(source, name), path.join(work, name));
await checkWords();
const files = await gather();
// All modules are asked for at once, not when the one that imports them is read.
const preloads = [...files.keys()].map((address) =>
  `<link rel="modulepreload" href="${address}">\n`).join('');
for (const name of ['icon.svg', 'index.html', 'manifest.json', 'style.css'])
  files.set('/' + name, fs.readFileSync(path.join(source, name), 'utf8')
    .replace('<script', preloads + '<script'));
write(files);
