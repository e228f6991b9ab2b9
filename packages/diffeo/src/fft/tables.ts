/** @file Roots of unity, as tensors: computed in float64 once for each length. */
import { tensor, type DType, type Tensor } from '../tensor/index.ts'

interface Place { readonly dtype: DType; readonly device: Tensor['device'] }

/** e^(2πi·j/n), from an angle of at most half a turn. */
function root(j: number, n: number): readonly [number, number] {
  const r = j % n
  const angle = (2 * Math.PI * (2 * r > n ? r - n : 2 * r < -n ? r + n : r)) / n
  return [Math.cos(angle), Math.sin(angle)]
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

/** [n, 2, n, 2]: what takes (re, im) of x to (re, im) of Σₙ xₙ e^(sign·2πi·nk/N). */
export const dftMatrix = (n: number, sign: number, x: Tensor): Tensor =>
  table(`dft ${n} ${sign}`, [n, 2, n, 2], x, data => {
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < n; k++) {
        const [c, s] = root(sign * i * k, n)
        data[(2 * i * n + k) * 2] = c
        data[(2 * i * n + k) * 2 + 1] = s
        data[((2 * i + 1) * n + k) * 2] = -s
        data[((2 * i + 1) * n + k) * 2 + 1] = c
      }
    }
  })

/** [rows, columns, 2]: e^(sign·2πi·jk/n) for row j and column k. */
export const twiddles = (rows: number, columns: number, n: number, sign: number, x: Tensor): Tensor =>
  table(`twiddles ${rows} ${columns} ${n} ${sign}`, [rows, columns, 2], x, data => {
    for (let j = 0; j < rows; j++)
      for (let k = 0; k < columns; k++) data.set(root(sign * j * k, n), 2 * (j * columns + k))
  })

/** [n, 2]: e^(sign·πi·j²/n). */
export const chirp = (n: number, sign: number, x: Tensor): Tensor =>
  table(`chirp ${n} ${sign}`, [n, 2], x, data => {
    for (let j = 0; j < n; j++) data.set(root(sign * ((j * j) % (2 * n)), 2 * n), 2 * j)
  })
