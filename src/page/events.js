// events.js - what a WebSocket does, where there can be none: events and posts
//
// Some phones refuse a WebSocket on a certificate that a node made itself.
// src/gateway/events.h is the other side. Messages are posted one after the
// other, for the next is no message before the last has arrived.
export class Events {
  constructor(address, Source = globalThis.EventSource,
    post = globalThis.fetch) {
    this.base = address.replace(/^ws/, 'http');
    this.post = post;
    this.queue = [];
    this.readyState = 0;
    this.source = new Source(this.base + '/events');
    this.source.onmessage = ({ data }) => this.take(data);
    this.source.onerror = () => this.closed(1006);
    this.source.addEventListener('close', ({ data }) =>
      this.closed(Number(data)));
  }

  take(data) {
    if (this.readyState) {
      this.onmessage({ data: Uint8Array.from(atob(data),
        (c) => c.charCodeAt(0)).buffer });
      return;
    }
    this.to = new URL(data, this.base).href;
    this.readyState = 1;
    this.onopen();
  }

  send(bytes) {
    this.queue.push(bytes);
    if (this.queue.length === 1)
      this.next();
  }

  async next() {
    while (this.queue.length && this.readyState === 1) {
      try {
        const answer = await this.post.call(globalThis, this.to,
          { method: 'POST', body: this.queue[0] });
        if (!answer.ok)
          throw answer;
      } catch {
        this.closed(1006);
        return;
      }
      this.queue.shift();
    }
  }

  close() {
    this.closed(1000);
  }

  closed(code) {
    if (this.readyState === 3)
      return;
    this.readyState = 3;
    this.source.close();
    this.onclose({ code });
  }
}
