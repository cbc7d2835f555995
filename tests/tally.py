#!/usr/bin/env python3
# tally.py - counts what check.sh ran, and shows what failed or was skipped
#
# usage: tests/tally.py BUILD...
#
# A test that prints TAP counts each of its claims, any other counts once. A
# build that failed, a sanitizer's report, and a test run that ended badly or
# ran nothing count as one failure each. Claims that needed a second try are
# named (house.py). Fuzz targets also say how often they ran.
import json
import pathlib
import re
import sys

SHOWN_LINES = 40
CLAIM = re.compile(r'^(not )?ok \d+(?: -)? *([^#\n]*?) *(?:# *SKIP *(.*))?$',
                   re.MULTILINE)
EXECUTED = re.compile(r'^stat::number_of_executed_units: (\d+)', re.MULTILINE)
UNSTEADY = re.compile(r'^# unsteady: (.+)$', re.MULTILINE)
REASON = re.compile(r'^skip: *(.+)$', re.MULTILINE)


class Tally:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.executed = 0

    def fail(self, name, log):
        self.failed += 1
        print(f'fail: {name}: see {log}')

    def skip(self, name, reason):
        self.skipped += 1
        print(f'skip: {name}: {reason or "no reason given"}')

    def count_build(self, build):
        log = build / 'meson-logs/testlog.json'
        before = self.failed

        if not (build / 'status').exists():
            self.fail(f'{build.name}/build', build / 'build.log')
            show_end((build / 'build.log').read_text(errors='replace'))
            return
        tests = log.read_text().splitlines() if log.exists() else []
        for line in tests:
            self.count_test(build.name, json.loads(line), log)
        for report in sorted(build.glob('report.*')):
            self.fail(f'{build.name}/sanitizer', report)
            show_start(report.read_text(errors='replace'))
        status = (build / 'status').read_text().strip()
        if not tests or (status != '0' and self.failed == before):
            self.fail(f'{build.name}/tests', build / 'test.log')
            show_end((build / 'test.log').read_text(errors='replace'))

    def count_test(self, build, test, log):
        """One line of testlog.json, where a name reads "suite / name"."""
        name = build + '/' + test['name'].split(' / ')[-1]
        out = test.get('stdout', '')
        claims = CLAIM.findall(out)
        broken = [f'{name}/{claim}' for no, claim, _ in claims if no]
        executed = EXECUTED.search(test.get('stderr', ''))

        if executed:
            self.executed += int(executed[1])
            print(f'{name}: {int(executed[1]):,} executions')
        for claim in sorted(set(UNSTEADY.findall(out))):
            if f'{name}/{claim}' not in broken:
                print(f'unsteady: {name}/{claim}: in time when tried again')
        for no, claim, reason in claims:
            if reason and not no:
                self.skip(f'{name}/{claim}', reason)
            elif not no:
                self.passed += 1
        if test['result'] == 'SKIP' and not claims:
            reason = REASON.search(out)
            self.skip(name, reason and reason[1])
        elif test['result'] == 'OK' and not claims:
            self.passed += 1
        elif test['result'] not in ('OK', 'SKIP'):
            for failure in broken or [f'{name} ({test["result"].lower()})']:
                self.fail(failure, log.with_suffix('.txt'))
            show_end(out + test.get('stderr', ''))


def show_start(text):
    show(text.strip().splitlines()[:SHOWN_LINES])


def show_end(text):
    show(text.strip().splitlines()[-SHOWN_LINES:])


def show(lines):
    for line in lines:
        print(f'    {line}')


tally = Tally()
for argument in sys.argv[1:]:
    tally.count_build(pathlib.Path(argument))
if tally.executed:
    print(f'fuzz targets ran {tally.executed:,} times')
print(f'{tally.passed} passed, {tally.failed} failed, {tally.skipped} skipped')
sys.exit(tally.failed > 0 or tally.passed == 0)
