/** @file The buffers and calls of a program, gathered group by group. */
import type { Call, Loop, Placement } from '../backend/program.ts'
import { dtypeBytes } from '../graph/dtype.ts'
import { is, sizeOf, type Node } from '../graph/node.ts'
import type { Kernel } from '../kernel/ir.ts'
import { slotsOf } from '../kernel/slots.ts'
import type { External, LoweredLoop } from './compiled.ts'
import { carryBytes } from './loop.ts'
import type { LoweredGroup } from './lower.ts'
import { planArena } from './memory.ts'
import { callsOnce, numbersAfter } from './once.ts'

/** Bytes that constants must make for a program of their own. */
const leastKept = 16 * 1024

const countOf = (once: readonly boolean[]): number => once.filter(is => is).length
const rowBytes = (n: Node): number => sizeOf(n.shape) * dtypeBytes[n.dtype]
const bytesOf = (n: Node): number => Math.max(1, sizeOf(n.shape) * dtypeBytes[n.dtype])

export class Assembly {
  readonly placements: (Placement | null)[] = []
  readonly externals: External[] = []
  readonly calls: Call[] = []
  readonly kernels: Kernel[] = []
  readonly loops: Loop[] = []
  /** Buffers that are part of a temporary. */
  readonly parts: { readonly buffer: number; readonly of: number; readonly offset: number }[] = []
  readonly lives: { buffer: number; life: { bytes: number; first: number; last: number } }[] = []
  private readonly lifeOf = new Map<number, { last: number }>()
  private readonly buffers = new Map<Node, number>()
  private readonly leaf: (n: Node) => boolean
  private status = -1

  constructor(outputs: readonly Node[], inPlace: ReadonlyMap<Node, Node>, leaf: (n: Node) => boolean) {
    this.leaf = leaf
    outputs.forEach((n, index) => {
      const over = inPlace.get(n)
      if (over) this.buffers.set(n, this.input(over))
      else this.buffers.set(n, this.external({ kind: 'output', index }, bytesOf(n)))
    })
  }

  private external(e: External, bytes: number): number {
    this.placements.push({ kind: 'external', index: this.externals.length, bytes })
    this.externals.push(e)
    return this.placements.length - 1
  }

  private input(n: Node): number {
    let at = this.buffers.get(n)
    if (at === undefined) this.buffers.set(n, at = this.external({ kind: 'input', node: n }, bytesOf(n)))
    return at
  }

  private temporary(bytes: number, call: number): number {
    this.placements.push(null)
    const buffer = this.placements.length - 1
    const life = { bytes, first: call, last: call }
    this.lives.push({ buffer, life })
    this.lifeOf.set(buffer, life)
    return buffer
  }

  private node(n: Node, call: number): number {
    if (this.leaf(n)) return this.input(n)
    let at = this.buffers.get(n)
    if (at === undefined) this.buffers.set(n, at = this.temporary(bytesOf(n), call))
    return at
  }

  add(g: LoweredGroup): void {
    const first = this.calls.length
    const buffers = g.buffers.map((info, slot) => {
      const n = g.nodes[slot]
      if (n) return this.node(n, first)
      if (slot === g.status) return this.statusBuffer()
      return this.temporary(info.size * dtypeBytes[info.dtype], first)
    })
    for (const k of g.kernels) {
      if (k.copies && buffers[k.copies[0]] === buffers[k.copies[1]]) continue
      this.kernels.push(k)
      this.calls.push({ kernel: this.kernels.length - 1, buffers })
    }
    this.touch(buffers)
  }

  /** Buffers that the last call uses. */
  private touch(buffers: readonly number[]): void {
    const last = this.calls.length - 1
    for (const b of buffers) {
      const life = this.lifeOf.get(this.whole(b))
      if (life) life.last = last
    }
  }

  /** The buffer of which another is a part. */
  whole(b: number): number {
    for (const p of this.parts) if (p.buffer === b) return this.whole(p.of)
    return b
  }

  private part(of: number, offset: number): number {
    this.placements.push(null)
    this.parts.push({ buffer: this.placements.length - 1, of, offset })
    return this.placements.length - 1
  }

  private moving(of: number, start: number, step: number, swaps: boolean): number {
    this.placements.push({ kind: 'moving', of, start, step, swaps })
    return this.placements.length - 1
  }

  /** The calls of a loop's body, each buffer of which is one of the program's, or part of one, or moves along one. */
  addLoop({ scan, inputs, body }: LoweredLoop, roots: readonly Node[]): void {
    const { program, once } = body
    const first = this.calls.length
    const used: number[] = []
    const moves: number[] = []
    const use = (b: number): number => { used.push(b); return b }
    const move = (of: number, start: number, step: number, swaps = false): number => {
      moves.push(this.moving(use(of), start, step, swaps))
      return moves[moves.length - 1]
    }
    const root = (i: number): Node | undefined => roots.find(r => is(r, 'pick') && r.attrs.index === i)
    const { carries, sequences, length, reverse } = scan.attrs
    const states = inputs
      .slice(0, carries)
      .map((init, i) => this.carry(init, root(i), body.inPlace.has(i), length, first))
    const rows = (of: number, bytes: number): number =>
      reverse ? move(of, (length - 1) * bytes, -bytes) : move(of, 0, bytes)
    const input = (i: number): number => {
      const n = scan.attrs.body.inputs[i]
      if (i >= carries + sequences) return use(this.node(inputs[i], first))
      if (i >= carries) return rows(this.node(inputs[i], first), rowBytes(n))
      return body.inPlace.has(i) ? use(states[i]) : move(states[i], 0, carryBytes(n), true)
    }
    const output = (i: number): number => {
      const n = scan.attrs.body.outputs[i]
      if (i < carries) return move(states[i], carryBytes(n), -carryBytes(n), true)
      const stacked = root(i)
      return rows(stacked ? this.node(stacked, first) : this.temporary(length * rowBytes(n), first), rowBytes(n))
    }
    const block = program.arenaBytes > 0 ? use(this.temporary(program.arenaBytes, first)) : -1
    const externals = body.externals.map(e =>
      e.kind === 'input' ? input(scan.attrs.body.inputs.indexOf(e.node)) : output(e.index))
    const buffers: number[] = []
    const buffer = (b: number): number => (buffers[b] ??= this.adopt(program.buffers[b], block, externals, buffer))
    this.calls.push(...program.calls.map(c => ({
      kernel: this.kernels.length + c.kernel, buffers: c.buffers.map(buffer),
    })))
    this.kernels.push(...program.kernels)
    used.push(...states)
    this.touch(used)
    if (program.calls.length === once) return
    this.loops.push({ first: first + once, end: this.calls.length, turns: length, moves })
    for (const l of program.loops ?? [])
      this.loops.push({ ...l, first: first + l.first, end: first + l.end, moves: l.moves.map(buffer) })
  }

  /** The memory of a carry: one place, or two that swap. Its last value stays where it is. */
  private carry(init: Node, last: Node | undefined, inPlace: boolean, length: number, call: number): number {
    const at = this.node(init, call)
    const life = this.lives.find(l => l.buffer === at)?.life
    if (!life) throw new Error(`loop: the first value of a carry, ${init.op}, is no temporary`)
    if (!inPlace) life.bytes = 2 * carryBytes(init)
    if (last) this.buffers.set(last, inPlace || length % 2 === 0 ? at : this.part(at, carryBytes(init)))
    return at
  }

  /** A buffer of a body's program as one of this program. */
  private adopt(
    place: Placement, block: number, externals: readonly number[], buffer: (b: number) => number,
  ): number {
    switch (place.kind) {
      case 'arena': return this.part(block, place.offset)
      case 'external': return externals[place.index]
      case 'status': return this.statusBuffer()
      case 'moving': return this.moving(buffer(place.of), place.start, place.step, place.swaps)
      case 'data': return this.placements.push(place) - 1
    }
  }

  /** Puts the calls that do the same in every turn first; gives how many they are. */
  moveOnce(isConstant: (n: Node) => boolean): number {
    const temporaries = new Set(this.lives.map(l => l.buffer))
    const once = this.callsOnce(isConstant, b => temporaries.has(this.whole(b)))
    const numbers = this.reorder(once)
    const kept = new Set(this.calls.slice(0, countOf(once)).flatMap(c => c.buffers.map(b => this.whole(b))))
    for (const { buffer, life } of this.lives) {
      const all = kept.has(buffer)
      life.first = all ? 0 : numbers[life.first]
      life.last = all ? this.calls.length - 1 : numbers[life.last]
    }
    return countOf(once)
  }

  /**
   * Puts the calls that need constants alone first; what they write is handed in at each run, and so lasts. Gives which
   * of the calls, by their old numbers, these are; none where they write too little to be worth it.
   */
  keepOnce(isConstant: (n: Node) => boolean): boolean[] {
    const lives = new Map(this.lives.map(l => [l.buffer, l.life]))
    const parts = new Set(this.parts.map(p => p.of))
    const once = this.callsOnce(isConstant, b => lives.has(b) && !parts.has(b))
    const kept = new Map<number, number>()
    this.calls.forEach(({ kernel, buffers }, i) => {
      if (!once[i]) return
      for (const slot of slotsOf(this.kernels[kernel]).writes) kept.set(buffers[slot], lives.get(buffers[slot])!.bytes)
    })
    if ([...kept.values()].reduce((x, y) => x + y, 0) < leastKept) return once.map(() => false)
    const numbers = this.reorder(once)
    this.lives.splice(0, this.lives.length, ...this.lives.filter(l => !kept.has(l.buffer)))
    for (const { life } of this.lives) { life.first = numbers[life.first]; life.last = numbers[life.last] }
    let index = 0
    for (const [buffer, bytes] of kept) {
      this.placements[buffer] = { kind: 'external', index: this.externals.length, bytes }
      this.externals.push({ kind: 'kept', index: index++, bytes })
    }
    return once
  }

  private callsOnce(isConstant: (n: Node) => boolean, isTemporary: (b: number) => boolean): boolean[] {
    const constants = new Set([...this.buffers].flatMap(([n, b]) => (isConstant(n) ? [b] : [])))
    return constants.size === 0 ? this.calls.map(() => false) : callsOnce(this, b => constants.has(b), isTemporary)
  }

  /** Puts some calls first; gives the new number of each. */
  private reorder(once: readonly boolean[]): number[] {
    const numbers = numbersAfter(once)
    const before = this.calls.splice(0)
    before.forEach((c, i) => { this.calls[numbers[i]] = c })
    this.loops.forEach((l, i) => { this.loops[i] = { ...l, first: numbers[l.first], end: numbers[l.end - 1] + 1 } })
    return numbers
  }

  private statusBuffer(): number {
    if (this.status < 0) {
      this.placements.push({ kind: 'status' })
      this.status = this.placements.length - 1
    }
    return this.status
  }

  /** Gives temporaries and their parts a place in the arena; returns its size. */
  plan(): number {
    const { offsets, bytes } = planArena(this.lives.map(l => l.life))
    const { placements } = this
    this.lives.forEach((l, i) => { placements[l.buffer] = { kind: 'arena', offset: offsets[i], bytes: l.life.bytes } })
    for (const { buffer, of, offset } of this.parts) placements[buffer] = within(placements[of], offset)
    return bytes
  }
}

/** Part of what lies in the arena. */
function within(whole: Placement | null, offset: number): Placement {
  if (whole?.kind !== 'arena') throw new Error('schedule: only temporaries have parts')
  return { ...whole, offset: whole.offset + offset, bytes: whole.bytes - offset }
}
