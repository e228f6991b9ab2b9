/** @file Comparing what was computed by hand with what diffeo says. */
import type { Tensor } from 'diffeo'

type Nested = number | readonly Nested[]
const flat = (x: Nested): number[] => (typeof x === 'number' ? [x] : x.flatMap(flat))

/** The greatest difference, relative to the greatest number by hand or to 1. */
export async function difference(byHand: Nested, computed: Tensor): Promise<number> {
  const a = flat(byHand)
  const b = await computed.data()
  if (a.length !== b.length) throw new Error(`${a.length} numbers by hand, ${b.length} from diffeo`)
  const scale = Math.max(1, ...a.map(Math.abs))
  return Math.max(...a.map((v, i) => Math.abs(v - b[i]))) / scale
}

/** Prints a check, and gives the difference. @throws Error if they do not agree */
export async function agree(
  what: string,
  byHand: Nested,
  computed: Tensor,
  print: (line: string) => void,
  tolerance = 1e-6,
): Promise<number> {
  const found = await difference(byHand, computed)
  print(`  ${found <= tolerance ? 'ok' : 'NO'}  ${what}: by hand and by autodiff differ by ${found.toExponential(1)}`)
  if (!(found <= tolerance))
    throw new Error(`${what}: by hand and by autodiff differ by ${found}, more than ${tolerance}`)
  return found
}
