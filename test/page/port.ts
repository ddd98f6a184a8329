// What carries the host's messages to the page in a bench, as the editor's port does: names and numbers as
// JSON, arrays as bytes beside it, taken apart where the page's own thread does not pay for it. The browser's
// debugger, which carries everything in other tests, would turn megabytes into text.

import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const TYPED = { Float32Array, Float64Array, Uint8Array };

/** Arrays begin at places that suit any of them. */
const ALIGNED = 8;

/** A message as one block of bytes: two lengths, JSON, arrays. */
function packed(message: unknown): Buffer {
  const arrays: Buffer[] = [];
  const text = JSON.stringify(message, (_, value: unknown) => {
    if (!(value instanceof Float32Array || value instanceof Float64Array || value instanceof Uint8Array)) return value;
    arrays.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
    return { typed: value.constructor.name, length: value.byteLength };
  });
  const lengths = Buffer.alloc(ALIGNED);
  const parts = [Buffer.from(text), ...arrays].flatMap((part) => [part, Buffer.alloc(-part.length & (ALIGNED - 1))]);
  const whole = Buffer.concat([lengths, ...parts]);
  whole.writeUInt32LE(whole.length, 0);
  whole.writeUInt32LE(Buffer.byteLength(text), 4);
  return whole;
}

/** Runs in a worker of the page: hands over each message as it was before `packed`. */
async function unpack(url: string, kinds: typeof TYPED, aligned: number): Promise<void> {
  const answer = await fetch(url);
  const reader = answer.body?.getReader();
  let kept = new Uint8Array(0);
  const opened = (bytes: ArrayBuffer): void => {
    const length = new DataView(bytes).getUint32(4, true);
    let at = aligned + length + (-length & (aligned - 1));
    const buffers: ArrayBuffer[] = [];
    const message: unknown = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, aligned, length)), (_, value) => {
      if (typeof value !== 'object' || value === null || !('typed' in value)) return value;
      const buffer = bytes.slice(at, at + value.length);
      at += value.length + (-value.length & (aligned - 1));
      buffers.push(buffer);
      return new kinds[value.typed as keyof typeof TYPED](buffer);
    });
    self.postMessage(message, { transfer: buffers });
  };
  for (let read = await reader?.read(); read?.value; read = await reader?.read()) {
    const joined = new Uint8Array(kept.length + read.value.length);
    joined.set(kept);
    joined.set(read.value, kept.length);
    kept = joined;
    for (;;) {
      const length = kept.length >= aligned ? new DataView(kept.buffer, kept.byteOffset).getUint32(0, true) : Number.POSITIVE_INFINITY;
      if (kept.length < length) break;
      opened(kept.slice(0, length).buffer);
      kept = kept.slice(length);
    }
  }
}

export interface Port {
  /** Stands for `acquireVsCodeApi` in the page, before its script runs; the page's policy must let it. */
  readonly script: string;
  send(message: unknown): void;
  close(): void;
}

/** A port for one page, whose messages wait until it listens. */
export async function openPort(): Promise<Port> {
  let listening: ServerResponse | undefined;
  const waiting: Buffer[] = [];
  const server = createServer((_, response) => {
    response.writeHead(200, { 'access-control-allow-origin': '*', 'content-type': 'application/octet-stream' });
    response.flushHeaders();
    listening = response;
    for (const message of waiting.splice(0)) response.write(message);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const work = `(${unpack})('${url}', { Float32Array, Float64Array, Uint8Array }, ${ALIGNED})`;
  const script = `
new Worker(URL.createObjectURL(new Blob([${JSON.stringify(work)}]))).onmessage = ({ data }) =>
  window.dispatchEvent(new MessageEvent('message', { data }));
window.acquireVsCodeApi = () => ({
  postMessage: (message) => void window.toHost(message),
  getState: () => window.stored,
  setState: () => undefined,
});`;
  return {
    script,
    send: (message) => {
      if (listening) listening.write(packed(message));
      else waiting.push(packed(message));
    },
    close: () => {
      listening?.end();
      server.close();
      server.closeAllConnections();
    },
  };
}
