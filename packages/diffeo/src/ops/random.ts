/**
 * @file Random bits: Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror, Shaw, Parallel random numbers: as easy as
 * 1, 2, 3, SC 2011). Element n is word n mod 2 of the block at counter + ⌊n/2⌋, in 64-bit arithmetic.
 */
import { Index } from '../expr/index.ts'
import type { Expr, Exprs } from '../expr/scalar.ts'
import { add, binary, cast, constant, equal, expand, iota, less, reshape, slice, where } from '../graph/build.ts'
import { sizeOf, type Aval, type Node, type Shape } from '../graph/node.ts'
import { ShapeError } from '../util/errors.ts'
import type { OpRecord } from './record.ts'
import { ndarray } from './support/array.ts'
import { allBatched } from './support/batch.ts'
import { checkCount, checkDType, checkShape, show } from './support/check.ts'
import { linearise } from './support/reshape.ts'
import { flat } from './support/rules.ts'

const rotations = [13, 15, 26, 6, 17, 29, 16, 24]
/** Skein's key schedule parity. */
const parity = 0x1bd11bda

/** Arithmetic of 32-bit words, whatever a word is made of. */
interface Words<W> {
  constant(value: number): W
  add(a: W, b: W): W
  xor(a: W, b: W): W
  /** to the left by 0 < n < 32 */
  rotate(a: W, n: number): W
}

/** The block of two words for a key and a counter. */
export function threefry<W>(words: Words<W>, [k0, k1]: readonly [W, W], [c0, c1]: readonly [W, W]): [W, W] {
  const { add: plus, xor } = words
  const key = [k0, k1, xor(xor(k0, k1), words.constant(parity))]
  let x = plus(c0, k0)
  let y = plus(c1, k1)
  for (let round = 0; round < 20; round++) {
    x = plus(x, y)
    y = xor(words.rotate(y, rotations[round % 8]), x)
    if (round % 4 !== 3) continue
    const injection = (round + 1) / 4
    x = plus(x, key[injection % 3])
    y = plus(plus(y, key[(injection + 1) % 3]), words.constant(injection))
  }
  return [x, y]
}

const ofNumbers: Words<number> = {
  constant: value => value >>> 0,
  add: (a, b) => (a + b) >>> 0,
  xor: (a, b) => (a ^ b) >>> 0,
  rotate: (a, n) => ((a << n) | (a >>> (32 - n))) >>> 0,
}

const ofExprs = (e: Exprs): Words<Expr> => ({
  constant: value => e.constant(value, 'uint32'),
  add: (a, b) => e.binary('add', a, b),
  xor: (a, b) => e.binary('xor', a, b),
  rotate: (a, n) => e.binary('or',
    e.binary('shl', a, e.constant(n, 'uint32')), e.binary('shr', a, e.constant(32 - n, 'uint32'))),
})

const ofNodes = (shape: Shape): Words<Node> => ({
  constant: value => constant(value, shape, 'uint32'),
  add,
  xor: (a, b) => binary('xor', a, b),
  rotate: (a, n) => binary('or',
    binary('shl', a, constant(n, shape, 'uint32')), binary('shr', a, constant(32 - n, shape, 'uint32'))),
})

function checkPair(what: string, a: Aval): void {
  checkDType('randomBits', what, a, 'uint32')
  if (a.shape.length === 1 && a.shape[0] === 2) return
  throw new ShapeError(`randomBits takes a ${what} of shape [2], got ${show(a)}`)
}

/** The bits of each example, by a key and a counter of its own: the generator written as a graph. */
function bitsOfEach(keys: Node, counters: Node, shape: Shape): Node {
  const size = keys.shape[0]
  const flatShape = [size, sizeOf(shape)]
  const word = (a: Node, k: number): Node => expand(slice(a, [0, k], [size, k + 1]), flatShape)
  const n = iota(1, flatShape, 'uint32')
  const one = constant(1, flatShape, 'uint32')
  const low = add(word(counters, 0), binary('shr', n, one))
  const high = add(word(counters, 1), cast(less(low, word(counters, 0)), 'uint32'))
  const [x, y] = threefry(ofNodes(flatShape), [word(keys, 0), word(keys, 1)], [low, high])
  const odd = equal(binary('and', n, one), one)
  return reshape(where(odd, y, x), [size, ...shape])
}

const randomBits: OpRecord<'randomBits'> = {
  infer(inputs, _attrs, out) {
    checkCount('randomBits', inputs, 2)
    checkPair('key', inputs[0])
    checkPair('counter', inputs[1])
    return { shape: checkShape('randomBits', out.shape), dtype: 'uint32' }
  },
  evaluate([{ data: key }, { data: counter }], { shape }) {
    const out = ndarray(shape, 'uint32')
    for (let n = 0; n < out.data.length; n += 2) {
      const low = (counter[0] + n / 2) % 2 ** 32
      const high = (counter[1] + (low < counter[0] ? 1 : 0)) % 2 ** 32
      const block = threefry(ofNumbers, [key[0], key[1]], [low, high])
      out.data.set(n + 1 < out.data.length ? block : block.slice(0, 1), n)
    }
    return out
  },
  ...flat<'randomBits'>(),
  batch: (inputs, batched, { shape }, size) => {
    const [keys, counters] = allBatched(inputs, batched, size)
    return [bitsOfEach(keys, counters, shape)]
  },
  lower: (e, [key, counter], index, { shape }) => {
    const word = (a: typeof key, k: number): Expr => a([Index.constant(k)])
    const n = linearise(index, shape)
    const low = e.binary('add', word(counter, 0), e.cast(e.index(n.div(2)), 'uint32'))
    const carry = e.cast(e.binary('less', low, word(counter, 0)), 'uint32')
    const high = e.binary('add', word(counter, 1), carry)
    const [x, y] = threefry(ofExprs(e), [word(key, 0), word(key, 1)], [low, high])
    return e.where(e.inRange(n.mod(2), 0, 1), x, y)
  },
}

export const randomRecords = { randomBits }
