/** @file The loops of a program: what each turn changes in argument blocks, and the order in which calls run. */
import type { Loop, Program } from './program.ts'

/**
 * A word (of an argument block, or the base of another move) that holds the address of a moving buffer: when its loop
 * is entered, `*base + start`; then each turn adds `step`, or `step` and `−step` in turn where it swaps.
 */
export interface Move {
  readonly base: number
  readonly word: number
  readonly start: number
  readonly step: number
  readonly swaps: boolean
}

const none: readonly Loop[] = []
export const loopsOf = (program: Program): readonly Loop[] => program.loops ?? none

/**
 * The moves of each loop. `words` says where the address of each buffer stands; the words from which moves read their
 * base, which `newBase` makes, are added to it. Loops inside come first: their bases may move with a loop around them.
 */
export function movesOf(program: Program, words: readonly number[][], newBase: () => number): Move[][] {
  const loops = loopsOf(program)
  const moves: Move[][] = loops.map(() => [])
  for (let l = loops.length - 1; l >= 0; l--) {
    for (const b of loops[l].moves) {
      const place = program.buffers[b]
      if (place.kind !== 'moving') throw new Error(`program: buffer ${b} moves with a loop, but is ${place.kind}`)
      for (const word of words[b]) {
        const base = newBase()
        words[place.of].push(base)
        moves[l].push({ base, word, start: place.start, step: place.step, swaps: place.swaps })
      }
    }
  }
  return moves
}

/** What a replay does. A loop is a number in `Program.loops`. */
export interface Steps {
  call(call: number): void
  enter(loop: number): void
  /** Before each turn but the first. */
  turn(loop: number, turn: number): void
}

/** Calls `from` to `end` with their loops, in the order in which they run. No loop lies across the ends. */
export function replay(loops: readonly Loop[], from: number, end: number, steps: Steps, next = 0): void {
  let at = from
  while (next < loops.length && loops[next].first < from) next++
  while (at < end) {
    const loop = next < loops.length ? loops[next] : null
    if (loop === null || loop.first !== at || loop.end > end) { steps.call(at++); continue }
    steps.enter(next)
    for (let t = 0; t < loop.turns; t++) {
      if (t > 0) steps.turn(next, t)
      replay(loops, loop.first, loop.end, steps, next + 1)
    }
    at = loop.end
    while (next < loops.length && loops[next].first < at) next++
  }
}

/** How often each call runs. */
export function timesOf(program: Program): number[] {
  const times = program.calls.map(() => 1)
  for (const { first, end, turns } of loopsOf(program)) for (let i = first; i < end; i++) times[i] *= turns
  return times
}
