/** Stand-ins for what a browser gives: timers, sockets, peer connections, and just enough of a document. */

/** Timers that run when told. */
export class FakeTimers {
  constructor() {
    this.now = 0;
    this._next = 1;
    this._due = new Map();
    this.set = (callback, ms) => {
      this._due.set(this._next, { at: this.now + Math.max(0, ms), callback });
      return this._next++;
    };
    this.clear = (handle) => { this._due.delete(handle); };
  }

  /** Let time pass; microtasks run between timers. */
  async advance(ms) {
    const until = this.now + ms;
    await settle();
    for (;;) {
      const [handle, timer] = [...this._due].filter(([, one]) => one.at <= until).sort((a, b) => a[1].at - b[1].at)[0] ?? [];
      if (handle === undefined) break;
      this.now = Math.max(this.now, timer.at);
      this._due.delete(handle);
      timer.callback();
      await settle();
    }
    this.now = until;
  }

  get waiting() {
    return [...this._due.values()].map(({ at }) => at - this.now).sort((a, b) => a - b);
  }
}

/** Let every pending promise run. */
export async function settle() {
  for (let round = 0; round < 20; round += 1) await Promise.resolve();
}

export class FakeSocket extends EventTarget {
  constructor(url) {
    super();
    this.url = url;
    this.readyState = 0;
    this.bufferedAmount = 0;
    this.sent = [];
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.readyState = 3;
  }

  /** The other end accepted. */
  accept() {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
  }

  /** The server says something. */
  say(message) {
    this.raw(JSON.stringify(message));
  }

  raw(text) {
    this.dispatchEvent(Object.assign(new Event("message"), { data: text }));
  }

  /** The connection broke. */
  break() {
    this.readyState = 3;
    this.dispatchEvent(new Event("close"));
  }

  types() {
    return this.sent.map(({ type }) => type);
  }
}

export const welcome = (more = {}) => ({
  type: "welcome", role: "freelancer", state: "live", interview_id: "int_1", peer_name: "Ana", sequence: 0, ...more,
});

export const quality = (more = {}) => ({
  type: "quality", at_ms: 1_000, indicators: {}, fault: null, fault_side: null, legs: {}, run_id: null, run_admissible: null,
  run_reasons: [], ...more,
});

export const item = (key, more = {}) => ({
  key, kind: "identity", mandatory: true, question: `${key}?`, claim: "a claim", status: "open", answer: null, reasons: [], runs: 0,
  types_code: false, ...more,
});

/** @param {"audio" | "video"} kind */
export function fakeTrack(kind, more = {}) {
  const track = new EventTarget();
  return Object.assign(track, {
    kind, readyState: "live", enabled: true, muted: false, contentHint: "", stopped: false,
    stop() { this.stopped = true; this.readyState = "ended"; }, ...more,
  });
}

class FakeSender {
  constructor() {
    this.track = null;
    this.parameters = { encodings: [{ active: true }] };
  }

  async replaceTrack(track) {
    this.track = track;
  }

  getParameters() {
    return structuredClone(this.parameters);
  }

  async setParameters(parameters) {
    this.parameters = parameters;
  }
}

/** A peer connection that was offered one transceiver of each kind. */
export class FakePeerConnection extends EventTarget {
  constructor(configuration) {
    super();
    this.configuration = configuration;
    this.connectionState = "new";
    this.iceGatheringState = "new";
    this.signalingState = "stable";
    this.remote = [];
    this.local = [];
    this.closed = false;
    this.report = new Map();
    this.transceivers = ["audio", "video"].map((kind) => ({
      direction: "recvonly", receiver: { track: { kind }, jitterBufferTarget: null }, sender: new FakeSender(),
    }));
  }

  get localDescription() {
    return this.local.at(-1) ?? null;
  }

  getReceivers() {
    return this.transceivers.map(({ receiver }) => receiver);
  }

  getTransceivers() {
    return this.transceivers;
  }

  async setRemoteDescription(description) {
    if (description.sdp === "refused") throw new TypeError("not an offer");
    this.remote.push(description);
  }

  async createAnswer() {
    return { type: "answer", sdp: `answer to ${this.remote.at(-1)?.sdp}` };
  }

  async createOffer() {
    return { type: "offer", sdp: "own offer" };
  }

  createDataChannel() {}

  /** What a TURN server's address, or its refusal, looks like. @param {string | number} found candidate line or error code */
  gathered(found) {
    const [type, detail] = typeof found === "string" ? ["icecandidate", { candidate: { candidate: found, sdpMid: "0", sdpMLineIndex: 0 } }] : ["icecandidateerror", { errorCode: found }];
    this.dispatchEvent(Object.assign(new Event(type), detail));
  }

  async setLocalDescription(description) {
    this.local.push(description);
    if (this.gathers) await this.gathers(this);
    else this.become("iceGatheringState", "complete", "icegatheringstatechange");
  }

  async getStats() {
    return this.report;
  }

  close() {
    this.closed = true;
    this.connectionState = "closed";
  }

  become(property, value, event) {
    this[property] = value;
    this.dispatchEvent(new Event(event));
  }

  connect(state = "connected") {
    this.become("connectionState", state, "connectionstatechange");
  }
}

/**
 * Just enough of an element: attributes, data, children, and selectors made of [attribute] and [attribute="value"].
 */
export class FakeElement {
  constructor(attributes = {}, children = []) {
    this.attributes = { ...attributes };
    this.children = children;
    this.hidden = "hidden" in attributes;
    this.textContent = attributes.text ?? "";
    const own = this.attributes;
    const nameOf = (key) => `data-${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    this.dataset = new Proxy({}, {
      get: (_, key) => own[nameOf(String(key))],
      set: (_, key, value) => { own[nameOf(String(key))] = String(value); return true; },
      deleteProperty: (_, key) => delete own[nameOf(String(key))],
    });
  }

  getAttribute(name) {
    return this.attributes[name] ?? null;
  }

  setAttribute(name, value) {
    this.attributes[name] = String(value);
  }

  removeAttribute(name) {
    delete this.attributes[name];
  }

  /** As of a picture: writing it writes the attribute. */
  set src(address) {
    this.setAttribute("src", address);
  }

  matches(selector) {
    const parts = [...selector.matchAll(/\[([\w-]+)(?:="([^"]*)")?\]/g)];
    return parts.length > 0 && parts.every(([, name, value]) => name in this.attributes && (value === undefined || this.attributes[name] === value));
  }

  get descendants() {
    return this.children.flatMap((child) => [child, ...child.descendants]);
  }

  querySelectorAll(selector) {
    const choices = selector.split(",").map((one) => one.trim());
    return this.descendants.filter((element) => choices.some((choice) => element.matches(choice)));
  }

  querySelector(selector) {
    return this.querySelectorAll(selector)[0] ?? null;
  }
}
