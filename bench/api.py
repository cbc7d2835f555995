# api.py - one connection to the API of a node (docs/api.md)
import json
import socket


class Client:
    def __init__(self, home):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(home / 'socket'))
        self.lines = self.socket.makefile('r')

    def ask(self, **request):
        self.socket.sendall((json.dumps(request) + '\n').encode())

    def hear(self, on):
        for line in self.lines:
            event = json.loads(line)
            if event['on'] == on:
                return event
        raise EOFError(f'the node ended before "{on}"')

    def count(self, room):
        self.ask(do='status')
        rooms = self.hear('status')['rooms']
        return next((r['count'] for r in rooms if r['room'] == room), 0)

    def close(self):
        self.lines.close()
        self.socket.close()
