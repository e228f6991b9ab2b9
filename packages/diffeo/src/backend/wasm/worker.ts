/** @file The worker's side of the pool: one self-contained script for Node and browsers. */

/** The pool's words in shared memory: the ticket in the first two, then these. */
export const control = {
  /** Byte address. */
  at: 128,
  done: 2, wake: 3, mail: 4, asleep: 5, running: 6, failed: 7, kernel: 8, args: 9, total: 10, scratch: 11, stride: 12,
  /** Workers numbered above it leave the work to others. */
  active: 13,
  grain: 14,
} as const
export const controlBytes = 64

/**
 * Messages bring code; `mail` counts them. A worker that sees mail it has not got returns to its event loop, where the
 * message is waiting. It never takes a chunk of code that it does not have.
 */
export const workerSource = `'use strict'
const control = ${JSON.stringify(control)}
const node = typeof require === 'function'
const port = node ? require('node:worker_threads').parentPort : self
const listen = (f) => node ? port.on('message', f) : port.onmessage = (e) => f(e.data)
const entries = new Map()
let memory, words, ticket, index, seen

function add(code, module) {
  if (module === null) entries.delete(code)
  else entries.set(code, new WebAssembly.Instance(module, { env: { memory } }).exports)
}

function start(message) {
  ({ memory, index } = message)
  words = new Int32Array(memory.buffer, control.at, ${controlBytes / 4})
  ticket = new BigInt64Array(memory.buffer, control.at, 1)
  for (const [code, module] of message.modules) add(code, module)
  seen = message.mail
  Atomics.add(words, control.running, 1)
}

function claim() {
  for (;;) {
    const now = Atomics.load(ticket, 0)
    const next = Number(now & 0x3ffn)
    const chunks = Number(now >> 10n & 0x3ffn)
    const exports = entries.get(Number(now >> 20n & 0xfffffn))
    if (next >= chunks || exports === undefined) return false
    if (Atomics.compareExchange(ticket, 0, now, now + 1n) !== now) continue
    run(exports, next, chunks)
    return true
  }
}

function run(exports, next, chunks) {
  const total = words[control.total]
  const grain = words[control.grain]
  const units = Math.ceil(total / grain)
  const scratch = words[control.scratch] + index * words[control.stride]
  try {
    const first = Math.floor(next * units / chunks) * grain
    const end = Math.min(total, Math.floor((next + 1) * units / chunks) * grain)
    exports[words[control.kernel]](words[control.args], first, end, scratch)
  } catch { words[control.failed] = 1 }
  Atomics.add(words, control.done, 1)
  Atomics.notify(words, control.done)
}

// a message may arrive before it is counted
const hasMail = () => (Atomics.load(words, control.mail) - seen | 0) > 0

function work() {
  let idle = 0
  while (!hasMail()) {
    const woken = Atomics.load(words, control.wake)
    if (index <= words[control.active] && claim()) idle = 0
    else if (++idle > 2000) {
      Atomics.add(words, control.asleep, 1)
      if (!hasMail()) Atomics.wait(words, control.wake, woken)
      Atomics.sub(words, control.asleep, 1)
      idle = 0
    }
  }
}

listen((message) => {
  if (memory === undefined) start(message)
  else {
    add(message.code, message.module)
    seen = seen + 1 | 0
  }
  work()
})
`
