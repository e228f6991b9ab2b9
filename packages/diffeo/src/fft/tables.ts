/** @file Roots of unity, as tensors: computed in float64 once for each length. */
import { tensor, type DType, type Tensor } from '../tensor/index.ts'

interface Place { readonly dtype: DType; readonly device: Tensor['device'] }

/** e^(2πi·j/n): of an angle in the first quarter, which is then turned, so that quarters of a turn are exact. */
function root(j: number, n: number): readonly [number, number] {
  const quarters = 4 * (((j % n) + n) % n)
  const rest = quarters % n
  const angle = ((Math.PI / 2) * rest) / n
  const [c, s] = [Math.cos(angle), Math.sin(angle)]
  return ([[c, s], [-s, c], [-c, -s], [s, -c]] as const)[(quarters - rest) / n]
}

const kept = new Map<string, Float64Array>()
/** A table has as many numbers as a signal: so many are kept, the oldest going first. */
const limit = 64

function table(name: string, shape: readonly number[], { dtype, device }: Place, fill: (data: Float64Array) => void) {
  let data = kept.get(name)
  if (!data) {
    data = new Float64Array(shape.reduce((p, d) => p * d, 1))
    fill(data)
    for (const old of kept.size >= limit ? [...kept.keys()].slice(0, 1) : []) kept.delete(old)
    kept.set(name, data)
  }
  return tensor(data, { shape, dtype, device })
}

/** [2, n, 2, n]: what takes (re, im) of x to (re, im) of Σₙ xₙ e^(sign·2πi·nk/N). */
export const dftMatrix = (n: number, sign: number, x: Tensor): Tensor =>
  table(`dft ${n} ${sign}`, [2, n, 2, n], x, data => {
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < n; k++) {
        const [c, s] = root(sign * i * k, n)
        const [fromRe, fromIm] = [2 * i * n + k, 2 * (n + i) * n + k]
        data[fromRe] = c
        data[fromRe + n] = s
        data[fromIm] = -s
        data[fromIm + n] = c
      }
    }
  })

/** [2, rows, columns], real parts before imaginary ones: e^(sign·2πi·jk/n) for row j and column k. */
export const twiddles = (rows: number, columns: number, n: number, sign: number, x: Tensor): Tensor =>
  table(`twiddles ${rows} ${columns} ${n} ${sign}`, [2, rows, columns], x, data => {
    for (let j = 0; j < rows; j++) {
      for (let k = 0; k < columns; k++)
        [data[j * columns + k], data[(rows + j) * columns + k]] = root(sign * j * k, n)
    }
  })

/** [2, n]: e^(sign·πi·j²/n). */
export const chirp = (n: number, sign: number, x: Tensor): Tensor =>
  table(`chirp ${n} ${sign}`, [2, n], x, data => {
    for (let j = 0; j < n; j++) [data[j], data[n + j]] = root(sign * ((j * j) % (2 * n)), 2 * n)
  })
