/**
 * @file Emits a map of a kernel's own turns: turn i is element i of every buffer, so that the code knows no extent and
 * serves arrays of any size.
 */
import type { IndexVar } from '../../expr/index.ts'
import { Builder } from '../builder.ts'
import type { Fn, Kernel, Target, Value } from '../ir.ts'
import type { Nest } from '../nest.ts'
import { storeElements } from './access.ts'
import { readBeside } from './beside.ts'
import { Emitter } from './emitter.ts'
import { cost } from './index.ts'
import { narrowed } from './lanes.ts'
import { loopless, unrollFor } from './plan.ts'

/** Elements that threads claim together: whole registers, so that only an array's end is a tail. */
export const grain = 64

/** `nest` has one loop, that of all its stores, whose extent stands for any: the kernel's turns. */
export function emitElements(nest: Nest, target: Target): Kernel {
  const [{ extent }] = nest.stores[0].vars
  return {
    name: nest.name, entry: entryOf(nest, narrowed(nest, target)), callees: [], slots: nest.buffers.length,
    total: extent, grain, scratchBytes: 0, ...cost(nest),
    ...(nest.stores.length > 1 ? { beside: readBeside([nest.stores]) } : {}),
  }
}

function entryOf(nest: Nest, target: Target): Fn {
  const [v] = nest.stores[0].vars
  const unroll = unrollFor(nest.stores.map(s => s.value))
  const builder = new Builder(nest.name, 4, target.f16)
  const m = new Emitter(nest, loopless(new Set([v.id])), target, builder)
  let at = builder.param(1)
  const { lanes } = target
  if (unroll > 1) at = emitLoop(m, nest, v, at, lanes, unroll)
  if (target.masks) { emitTail(m, nest, v, at); return builder.fn }
  emitLoop(m, nest, v, emitLoop(m, nest, v, at, lanes, 1), 1, 1)
  return builder.fn
}

/** Turns of `lanes · unroll` elements from `start` on as long as they fit; returns where they end. */
function emitLoop(m: Emitter, nest: Nest, v: IndexVar, start: Value, lanes: number, unroll: number): Value {
  const { b } = m
  const step = lanes * unroll
  const left = b.intOp('isub', b.param(2), start)
  const end = step === 1 ? b.param(2) : b.iadd(start, b.imul(b.idiv(left, step), step))
  b.loop(start, end, step, [], at => {
    turn(m, nest, v, at, lanes, unroll, null)
    return []
  })
  return end
}

/** What is left, register by register: the last has a mask, and where turns are costly all have one. */
function emitTail(m: Emitter, nest: Nest, v: IndexVar, start: Value): void {
  const { b } = m
  const { lanes } = m.target
  b.loop(start, b.param(2), lanes, [], at => {
    turn(m, nest, v, at, lanes, 1, b.firstLanes(b.intOp('isub', b.param(2), at), lanes))
    return []
  })
}

function turn(m: Emitter, nest: Nest, v: IndexVar, value: Value, lanes: number, unroll: number, mask: Value | null) {
  const vector = lanes === 1 ? null : { lanes, unroll, mask }
  m.within([[v, { value, vector }]], () => {
    for (const s of nest.stores) storeElements(m, s.buffer, s.index, s.value)
  })
}
