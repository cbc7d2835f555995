// fetch.mjs - packages from npm's registry, at the versions of a lockfile
//
// usage: node fetch.mjs NPM SOURCE WORK STAMP
//
// Those that WORK has already are not fetched again. The build of the page uses
// the function; the tests of the page have packages of their own.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export function fetchPackages(npm, source, work, otherwise) {
  fs.mkdirSync(work, { recursive: true });
  const lock = fs.readFileSync(path.join(source, 'package-lock.json'));
  const mark = path.join(work, 'node_modules', '.quickfi-lock');
  if (fs.existsSync(mark) && fs.readFileSync(mark).equals(lock))
    return;
  for (const name of ['package.json', 'package-lock.json'])
    fs.copyFileSync(path.join(source, name), path.join(work, name));
  try {
    execFileSync(npm, ['ci', '--ignore-scripts', '--no-audit', '--no-fund',
      '--prefer-offline', '--loglevel=error'],
    { cwd: work, stdio: ['ignore', 'ignore', 'inherit'] });
  } catch {
    process.stderr.write(`npm could not fetch the packages of ${source} ` +
      `(its own words are above).\nIs its registry reachable? ${otherwise}\n`);
    process.exit(1);
  }
  fs.writeFileSync(mark, lock);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [npm, source, work, stamp] = process.argv.slice(2)
    .map((name) => path.resolve(name));
  fetchPackages(npm, source, work,
    'The tests can be left out:\n    meson configure -Dtests=false build');
  fs.writeFileSync(stamp, '');
}
