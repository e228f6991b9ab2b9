/** @file Random dots and convolutions: axes in any order and number, odd sizes, epilogues. */
import * as g from '../../../src/graph/build.ts'
import type { Node } from '../../../src/graph/node.ts'
import { gradients } from '../../../src/transform/index.ts'
import { Inputs } from './inputs.ts'

/** Numbers that a seed gives (mulberry32). */
export class Chance {
  #state: number
  constructor(seed: number) { this.#state = seed | 0 }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  /** A whole number from `least` to `most`. */
  whole(least: number, most: number): number { return least + Math.floor(this.next() * (most - least + 1)) }
  one<T>(of: readonly T[]): T { return of[this.whole(0, of.length - 1)] }
  shuffled<T>(of: readonly T[]): T[] {
    return of.map(value => ({ value, at: this.next() })).sort((x, y) => x.at - y.at).map(x => x.value)
  }
}

/** Extents of one to two axes, about `size` in all. */
function extents(chance: Chance, size: number): number[] {
  if (chance.next() < 0.6) return [size]
  const first = chance.whole(1, Math.max(1, Math.floor(Math.sqrt(size))))
  return [first, Math.max(1, Math.round(size / first))]
}

/** Small ones often, great ones seldom; multiples of the vectors as likely as their neighbours. */
const size = (chance: Chance, most: number): number => {
  const n = Math.max(1, Math.round(most ** chance.next()))
  return chance.next() < 0.3 ? Math.min(most, Math.ceil(n / 16) * 16) : n
}

interface Axis { readonly role: 'batch' | 'm' | 'n' | 'k'; readonly extent: number }

/** What follows a product: nothing, or something that is computed with it. */
function epilogue(chance: Chance, inputs: Inputs, x: Node): Node {
  const bias = (): Node => g.expand(inputs.next(...x.shape.map((n, i) => (i === x.shape.length - 1 ? n : 1))), x.shape)
  const kinds = [
    () => x,
    () => g.add(x, bias()),
    () => g.unary('tanh', g.add(x, bias())),
    () => g.mul(x, inputs.next(...x.shape)),
    () => g.permute(x, chance.shuffled(x.shape.map((_, i) => i))),
  ]
  return chance.one(kinds)()
}

export interface Case { readonly outputs: readonly Node[]; readonly inputs: Inputs; readonly text: string }

function randomDot(chance: Chance, inputs: Inputs): Case {
  const axes = (role: Axis['role'], sizes: readonly number[]): Axis[] => sizes.map(extent => ({ role, extent }))
  const batch = chance.next() < 0.7 ? [] : axes('batch', extents(chance, size(chance, 12)))
  const [m, n] = [axes('m', extents(chance, size(chance, 150))), axes('n', extents(chance, size(chance, 150)))]
  const k = axes('k', extents(chance, size(chance, 700)))
  const [left, right] = [chance.shuffled([...batch, ...m, ...k]), chance.shuffled([...batch, ...k, ...n])]
  const shape = (of: readonly Axis[]): number[] => of.map(a => a.extent)
  const pairs = (of: readonly Axis[]) => of.map(a => [left.indexOf(a), right.indexOf(a)] as const)
  const product = g.dot(inputs.next(...shape(left)), inputs.next(...shape(right)), pairs(k), pairs(batch))
  const names = (of: readonly Axis[]): string => of.map(a => `${a.role}${a.extent}`).join(' ')
  return { inputs, outputs: [epilogue(chance, inputs, product)], text: `dot [${names(left)}] × [${names(right)}]` }
}

function randomConvolution(chance: Chance, inputs: Inputs): Case {
  const groups = chance.one([1, 1, 1, 2, 5])
  const [from, to] = [groups * size(chance, 20), groups * size(chance, 24)]
  const kernel = [chance.whole(1, 4), chance.whole(1, 4)]
  const stride = [chance.whole(1, 3), chance.whole(1, 3)]
  const dilateKernel = [chance.whole(1, 2), chance.whole(1, 2)]
  const pad = kernel.map(() => [chance.whole(0, 2), chance.whole(0, 2)] as const)
  const least = kernel.map((n, i) => (n - 1) * dilateKernel[i] + 1)
  const image = [chance.whole(1, 5), from, ...least.map(n => n + chance.whole(0, 9))]
  const last = chance.next() < 0.5
  const x = last ? g.permute(inputs.next(image[0], image[2], image[3], from), [0, 3, 1, 2]) : inputs.next(...image)
  const w = inputs.next(to, from / groups, ...kernel)
  const y = g.apply('conv', [x, w], { stride, pad, dilateInput: [1, 1], dilateKernel, groups })
  const back = gradients([y], [inputs.next(...y.shape)], [x, w]) as Node[]
  const how = `stride ${stride}, pad ${pad.join(';')}, dilation ${dilateKernel}, ${groups} groups`
  return { inputs, outputs: [epilogue(chance, inputs, y), ...back], text: `conv [${image}] with [${w.shape}], ${how}` }
}

/** The same for the same seed. */
export function randomContraction(seed: number): Case {
  const chance = new Chance(seed)
  const inputs = new Inputs(seed)
  return chance.next() < 0.65 ? randomDot(chance, inputs) : randomConvolution(chance, inputs)
}
