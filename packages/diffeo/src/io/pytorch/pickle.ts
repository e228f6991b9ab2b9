/**
 * @file Python's pickles, as far as torch.save writes them (protocols 2 to 5): a stack machine of which we keep the
 * parts that make values. Dicts become Maps, lists and tuples arrays; names go through the table of `globals.ts`.
 */
import type { DataError } from '../../util/errors.ts'
import type { Cursor } from '../../util/cursor.ts'
import { call, resolve } from './globals.ts'

/** What a file's persistent id stands for. */
export type Persistent = (id: unknown, wrong: (why: string) => DataError) => unknown

class Machine {
  readonly in: Cursor
  readonly persistent: Persistent
  stack: unknown[] = []
  readonly marked: unknown[][] = []
  readonly memo = new Map<number, unknown>()
  constructor(cursor: Cursor, persistent: Persistent) {
    this.in = cursor
    this.persistent = persistent
  }

  readonly wrong = (why: string): DataError => this.in.error(why, this.in.at - 1)
  push(value: unknown): void { this.stack.push(value) }
  pop(): unknown {
    if (this.stack.length === 0) throw this.wrong('the pickle takes a value, and there is none')
    return this.stack.pop()
  }
  top(): unknown {
    if (this.stack.length === 0) throw this.wrong('the pickle changes a value, and there is none')
    return this.stack.at(-1)
  }
  mark(): void {
    this.marked.push(this.stack)
    this.stack = []
  }
  /** What was pushed since the mark. */
  toMark(): unknown[] {
    const before = this.marked.pop()
    if (!before) throw this.wrong('the pickle goes back to a mark, and there is none')
    const items = this.stack
    this.stack = before
    return items
  }
  tuple(n: number): void {
    if (this.stack.length < n) throw this.wrong('the pickle takes a value, and there is none')
    this.push(this.stack.splice(this.stack.length - n, n))
  }
  extend(items: unknown[]): void {
    const list = this.top()
    if (!Array.isArray(list)) throw this.wrong('the pickle appends to what is no list')
    for (const item of items) list.push(item)
  }
  set(items: unknown[]): void {
    const dict = this.top()
    if (!(dict instanceof Map) || items.length % 2 === 1) throw this.wrong('the pickle sets an item of what is no dict')
    for (let i = 0; i < items.length; i += 2) {
      const key = items[i]
      if (typeof key === 'object' && key !== null) throw this.wrong('a key of a dict is neither a text nor a number')
      dict.set(key, items[i + 1])
    }
  }
  get(slot: number): void {
    if (!this.memo.has(slot)) throw this.wrong(`the pickle recalls value ${slot}, which it did not keep`)
    this.push(this.memo.get(slot))
  }
  /** A whole number of any length: what a double does not hold exactly is a bigint. */
  long(n: number): void {
    if (n > 1024) throw this.wrong(`a whole number of ${n} bytes is none that a state holds`)
    let value = 0n
    const bytes = this.in.take(n, 'a whole number')
    for (let i = n - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i])
    value = BigInt.asIntN(8 * n, value)
    const short = Number(value)
    this.push(Number.isSafeInteger(short) ? short : value)
  }
  name(module: unknown, name: unknown): void {
    if (typeof module !== 'string' || typeof name !== 'string') throw this.wrong('a name in the pickle is no text')
    this.push(resolve(`${module}.${name}`, this.wrong))
  }
  line(): string {
    const { bytes, at } = this.in
    const end = bytes.indexOf(10, at)
    if (end < 0 || end - at > 1000) throw this.wrong('a name in the pickle has no end')
    const text = this.in.text(end - at, 'a name')
    this.in.skip(1)
    return text
  }
}

const text = (n: (m: Machine) => number) => (m: Machine): void => m.push(m.in.text(n(m), 'a text'))

/** By code, with Python's name. */
const operations: Readonly<Record<number, (m: Machine) => void>> = {
  0x28: m => m.mark(), // MARK
  0x29: m => m.push([]), // EMPTY_TUPLE
  0x30: m => { m.pop() }, // POP
  0x31: m => { m.toMark() }, // POP_MARK
  0x32: m => m.push(m.top()), // DUP
  0x42: m => { throw m.wrong('it holds bytes (BINBYTES), which a state does not') },
  0x43: m => { throw m.wrong('it holds bytes (SHORT_BINBYTES), which a state does not') },
  0x47: m => m.push(m.in.f64()), // BINFLOAT
  0x4a: m => m.push(m.in.i32()), // BININT
  0x4b: m => m.push(m.in.u8()), // BININT1
  0x4d: m => m.push(m.in.u16()), // BININT2
  0x4e: m => m.push(null), // NONE
  0x51: m => m.push(m.persistent(m.pop(), m.wrong)), // BINPERSID
  0x52: m => { const args = m.pop(); m.push(call(m.pop(), args, m.wrong)) }, // REDUCE
  0x54: text(m => m.in.u32()), // BINSTRING, of Python 2
  0x55: text(m => m.in.u8()), // SHORT_BINSTRING
  0x58: text(m => m.in.u32()), // BINUNICODE
  0x5d: m => m.push([]), // EMPTY_LIST
  0x61: m => { const item = m.pop(); m.extend([item]) }, // APPEND
  // BUILD: an OrderedDict may have attributes (state_dict's _metadata), which are not part of the state
  0x62: m => { m.pop(); if (!(m.top() instanceof Map)) throw m.wrong('it sets attributes of what is no dict') },
  0x63: m => { const module = m.line(); m.name(module, m.line()) }, // GLOBAL
  0x64: m => { const items = m.toMark(); m.push(new Map()); m.set(items) }, // DICT
  0x65: m => { const items = m.toMark(); m.extend(items) }, // APPENDS
  0x68: m => m.get(m.in.u8()), // BINGET
  0x6a: m => m.get(m.in.u32()), // LONG_BINGET
  0x6c: m => m.push(m.toMark()), // LIST
  0x71: m => { m.memo.set(m.in.u8(), m.top()) }, // BINPUT
  0x72: m => { m.memo.set(m.in.u32(), m.top()) }, // LONG_BINPUT
  0x73: m => { const value = m.pop(); m.set([m.pop(), value]) }, // SETITEM
  0x74: m => m.push(m.toMark()), // TUPLE
  0x75: m => { const items = m.toMark(); m.set(items) }, // SETITEMS
  0x7d: m => m.push(new Map()), // EMPTY_DICT
  0x85: m => m.tuple(1),
  0x86: m => m.tuple(2),
  0x87: m => m.tuple(3),
  0x88: m => m.push(true),
  0x89: m => m.push(false),
  0x8a: m => m.long(m.in.u8()), // LONG1
  0x8b: m => m.long(m.in.u32()), // LONG4
  0x8c: text(m => m.in.u8()), // SHORT_BINUNICODE
  0x8d: text(m => m.in.u64('the length of a text')), // BINUNICODE8
  0x93: m => { const name = m.pop(); m.name(m.pop(), name) }, // STACK_GLOBAL
  0x94: m => { m.memo.set(m.memo.size, m.top()) }, // MEMOIZE
  0x95: m => { m.in.u64('the length of a frame') }, // FRAME
}
const [proto, stop] = [0x80, 0x2e]

/**
 * Runs the pickle at the cursor, which is then behind it.
 * @throws DataError, with the byte, for whatever is not made of tensors, containers, numbers and texts
 */
export function unpickle(cursor: Cursor, persistent: Persistent): unknown {
  const machine = new Machine(cursor, persistent)
  if (cursor.u8() !== proto) throw machine.wrong('a pickle should begin here')
  const protocol = cursor.u8()
  if (protocol < 2 || protocol > 5) throw machine.wrong(`pickles of protocol ${protocol} are not read: 2 to 5 are`)
  for (let code = cursor.u8(); code !== stop; code = cursor.u8()) {
    const run = operations[code]
    if (!run) throw machine.wrong(`the pickle's operation 0x${code.toString(16)} makes no part of a state`)
    run(machine)
  }
  if (machine.stack.length !== 1 || machine.marked.length > 0) throw machine.wrong('the pickle ends in the middle')
  return machine.pop()
}
