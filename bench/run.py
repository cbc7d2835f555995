#!/usr/bin/env python3
# run.py - runs the benchmarks, and writes what they said into a directory
#
# usage: run.py [--quick] [--build DIR] [--results DIR] [--turns N]
#               [--threads N] [--unpinned] [CASE...]
#
# Each case runs the node and the bare loop in turns and prints ratios of their
# medians: on a machine that others use too, those say more than the numbers.
# --quick has a quarter of the messages, and one turn where there are many
# links: ten minutes or less. Cases that are named replace those of the same
# name in the results of before.
import argparse
import datetime
import json
import os
import pathlib
import platform
import subprocess
import sys
import time

import cases
import paint
import served

HERE = pathlib.Path(__file__).resolve().parent


def machine():
    model = 'unknown'
    for line in open('/proc/cpuinfo'):
        if line.startswith('model name'):
            model = line.split(':')[1].strip()
            break
    memory = os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES')
    return (f'{len(os.sched_getaffinity(0))} cores of {model}, '
            f'{memory >> 30} GiB, Linux {platform.release()}')


def commit():
    got = subprocess.run(['git', '-C', HERE, 'describe', '--always',
                          '--dirty'], capture_output=True, text=True)
    return got.stdout.strip() or 'unknown'


def head(args):
    busy = os.getloadavg()[0]
    given = f' ARGS="{" ".join(sys.argv[1:])}"' if sys.argv[1:] else ''
    return (f'`make bench{given}`, '
            f'{datetime.date.today()}, commit {commit()}.\n\n'
            f'Machine: {machine()}; load {busy:.1f} when it began. '
            f'Server threads: {args.threads}, '
            + ('all cores shared. ' if args.unpinned else
               'on the first core; the load on the others. ') +
            f'Medians of {args.turns} turns.')


def write(results, table, words):
    """Cases that did not run this time stay as they were."""
    results.mkdir(exist_ok=True)
    kept = results / 'results.json'
    done = json.loads(kept.read_text()) if kept.exists() else {}
    done[table.name] = {'words': words, 'markdown': table.markdown(),
                        'rows': table.rows}
    kept.write_text(json.dumps(done, indent=1) + '\n')
    parts, before = ['# Benchmarks\n'], None
    for name in filter(done.get, cases.ALL):
        if done[name]['words'] != before:
            before = done[name]['words']
            parts.append(before + '\n')
        parts.append(done[name]['markdown'])
    (results / 'results.md').write_text('\n'.join(parts))
    for name, svg in paint.plots(table):
        (results / name).write_text(svg)


def measure(name, tools, args):
    """The table of a case; one that came to nothing says so."""
    try:
        return cases.ALL[name](tools, args)
    except (served.Failed, OSError, EOFError, ValueError) as why:
        table = cases.Table(name, 'This case failed.', {'case': 'case'})
        table.faults.append(f'**{name}: {why}**')
        return table


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--quick', action='store_true')
    parser.add_argument('--build', type=pathlib.Path,
                        default=HERE.parent / 'build/bench')
    parser.add_argument('--results', type=pathlib.Path,
                        default=HERE / 'results')
    parser.add_argument('--turns', type=int, default=3)
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--unpinned', action='store_true')
    parser.add_argument('cases', nargs='*', choices=[*cases.ALL, []])
    args = parser.parse_args()
    tools = served.Tools(args.build.resolve(), not args.unpinned)
    words = head(args)
    print(words)
    failed = False
    for name in args.cases or cases.ALL:
        began = time.monotonic()
        table = measure(name, tools, args)
        print(f' {time.monotonic() - began:.0f} s\n\n' + table.markdown(),
              flush=True)
        write(args.results, table, words)
        failed |= table.failed()
    return failed


if __name__ == '__main__':
    sys.exit(main())
