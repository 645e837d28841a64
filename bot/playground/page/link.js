/** The line to the playground's server: requests with answers, and events. It reconnects by itself. */

const RETRY_MS = 1000;

export class Line {
  /**
   * @param {{event: function(Object), lost: function()}} heard
   */
  constructor(heard) {
    this.heard = heard;
    this.waiting = new Map();
    this.count = 0;
    this.connect();
  }

  connect() {
    this.socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/socket`);
    this.socket.addEventListener("message", (message) => this.receive(JSON.parse(message.data)));
    this.socket.addEventListener("close", () => this.drop());
  }

  receive(body) {
    if (body.re === undefined) { this.heard.event(body); return; }
    this.waiting.get(body.re)?.(body);
    this.waiting.delete(body.re);
  }

  drop() {
    for (const answer of this.waiting.values()) answer({ ok: false, error: "The playground does not answer." });
    this.waiting.clear();
    this.heard.lost();
    setTimeout(() => this.connect(), RETRY_MS);
  }

  /** Ask for something; the answer has `ok`, and `error` when it was refused. */
  ask(action, details = {}) {
    if (this.socket.readyState !== WebSocket.OPEN) return Promise.resolve({ ok: false, error: "The playground does not answer." });
    const id = ++this.count;
    return new Promise((resolve) => {
      this.waiting.set(id, resolve);
      this.socket.send(JSON.stringify({ ...details, id, do: action }));
    });
  }
}
