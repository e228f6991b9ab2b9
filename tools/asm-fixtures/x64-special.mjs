// Vector and mask cases with methods of their own: comparisons, gathers, masked stores, transfers.
import {
  gprReg, highReg, lowReg, maskReg, mem, place, ptr, r32, r64, vec,
} from './x64-text.mjs'
import { add, each, element } from './x64-vector.mjs'

const byteElement = (op) => (op.endsWith('b') ? 1 : op.endsWith('w') ? 2 : element(op))
let round = 0

const compare = (op, predicate) => {
  const isScalar = /ss$|sd$/.test(op)
  const widths = isScalar ? [16, 16, 16] : [16, 32, 64]
  for (const width of widths) {
    const [k, a, b] = [maskReg(), highReg(), lowReg()]
    add(`${op} k${k}, ${vec(width, a)}, ${vec(width, b)}, ${predicate}`, 'vcmp', op, width, k, a, b, predicate)
    const bytes = isScalar ? element(op) : width
    const m = place(bytes)
    const [k2, a2, mask] = [maskReg(), lowReg(), maskReg()]
    add(`${op} k${k2}{k${mask}}, ${vec(width, a2)}, ${ptr(bytes, m)}, ${predicate}`,
      'vcmp', op, width, k2, a2, m, predicate, { mask })
    if (isScalar || byteElement(op) < 4) continue
    const m2 = place(element(op))
    add(`${op} k${k2}, ${vec(width, a2)}, ${ptr(element(op), m2)}{1to${width / element(op)}}, ${predicate}`,
      'vcmp', op, width, k2, a2, m2, predicate, { broadcast: true })
  }
}

const gather = (op, width, indexWidth, dstWidth, bytes) => {
  for (const high of [false, true]) {
    const base = gprReg()
    const index = high ? highReg() | 16 : lowReg()
    const dst = (index + 5) & (high ? 31 : 15)
    const scale = [1, 2, 4, 8][round++ % 4]
    const disp = [0, bytes, bytes * 127, -bytes * 128, bytes * 128, 5][round % 6]
    const k = maskReg()
    const at = mem({ base, index, scale, disp }, (n) => vec(indexWidth, n))
    add(`${op} ${vec(dstWidth, dst)}{k${k}}, ${at}`, 'vgather', op, width, dst, base, index, scale, disp, k)
    const store = op.replace('gather', 'scatter')
    add(`${store} ${at}{k${k}}, ${vec(dstWidth, dst)}`, 'vscatter', store, width, base, index, scale, disp, dst, k)
    if (high || width === 64) continue
    const mask = (index + 9) & 15
    add(`${op} ${vec(dstWidth, dst)}, ${at}, ${vec(dstWidth, mask)}`,
      'vgather', op, width, dst, base, index, scale, disp, mask, 'avx2')
  }
}

const gathers = () => {
  for (const width of [16, 32, 64]) {
    const half = Math.max(16, width / 2)
    each('vpgatherdd vgatherdps', (op) => gather(op, width, width, width, 4))
    each('vpgatherqq vgatherqpd', (op) => gather(op, width, width, width, 8))
    each('vpgatherdq vgatherdpd', (op) => gather(op, width, half, width, 8))
    each('vpgatherqd vgatherqps', (op) => gather(op, width, width, half, 4))
  }
}

const maskStores = () => each('vmaskmovps vmaskmovpd vpmaskmovd vpmaskmovq', (op) => {
  for (const width of [16, 32]) {
    const [mask, src, m] = [lowReg(), lowReg(), place(width)]
    add(`${op} ${ptr(width, m)}, ${vec(width, mask)}, ${vec(width, src)}`, 'vmaskStore', op, width, m, mask, src)
  }
})

const blends = () => each('vblendvps vblendvpd vpblendvb', (op) => {
  for (const width of [16, 32]) {
    const [dst, a, b, mask, m] = [lowReg(), lowReg(), lowReg(), lowReg(), place(width)]
    const texts = [vec(width, dst), vec(width, a), vec(width, b), vec(width, mask)]
    add(`${op} ${texts.join(', ')}`, 'vblendv', op, width, dst, a, b, mask)
    texts[2] = ptr(width, m)
    add(`${op} ${texts.join(', ')}`, 'vblendv', op, width, dst, a, m, mask)
  }
})

const transfers = () => {
  for (const v of [0, 7, 8, 15, 16, 31]) {
    const g = gprReg()
    add(`vmovd xmm${v}, ${r32(g)}`, 'vmovdVR', v, g)
    add(`vmovd ${r32(g)}, xmm${v}`, 'vmovdRV', g, v)
    add(`vmovq xmm${v}, ${r64(g)}`, 'vmovqVR', v, g)
    add(`vmovq ${r64(g)}, xmm${v}`, 'vmovqRV', g, v)
  }
}

const masks = () => {
  const BYTES = { b: 1, w: 2, d: 4, q: 8 }
  for (const s of ['b', 'w', 'd', 'q']) {
    const [a, b, c] = [maskReg(), 0, maskReg()]
    each('kmov knot kortest ktest', (op) => add(`${op}${s} k${a}, k${b}`, op === 'kmov' ? 'kmovKK' : op, s, a, b))
    each('kand kandn kor kxnor kxor kadd', (op) => add(`${op}${s} k${a}, k${b}, k${c}`, op, s, a, b, c))
    each('kshiftl kshiftr', (op) => add(`${op}${s} k${a}, k${c}, 5`, op, s, a, c, 5))
    if (s !== 'q') add(`kunpck${{ b: 'bw', w: 'wd', d: 'dq' }[s]} k${a}, k${b}, k${c}`, 'kunpck', s, a, b, c)
    for (const g of [0, 3, 12]) {
      const text = (s === 'q' ? r64 : r32)(g)
      add(`kmov${s} k${a}, ${text}`, 'kmovKR', s, a, g)
      add(`kmov${s} ${text}, k${c}`, 'kmovRK', s, g, c)
      const m = place(BYTES[s])
      add(`kmov${s} k${c}, ${ptr(BYTES[s], m)}`, 'kmovKM', s, c, m)
      add(`kmov${s} ${ptr(BYTES[s], m)}, k${a}`, 'kmovMK', s, m, a)
    }
  }
}

export const specialCases = () => {
  each('vcmpps vcmppd vcmpss vcmpsd', (op) => compare(op, [1, 0x11, 0x1e, 4][round++ % 4]))
  each('b w d q ub uw ud uq', (t) => compare(`vpcmp${t}`, [1, 2, 4, 5, 6][round++ % 5]))
  gathers()
  maskStores()
  blends()
  transfers()
  masks()
}

export const aroundMemory = (action) => {
  for (const base of [0, 4, 5, 8, 12, 13]) {
    for (const index of [undefined, 0, 5, 9, 12, 13]) {
      for (const disp of [0, -128, 8192]) {
        const at = { base, ...(index === undefined ? {} : { index, scale: [1, 2, 4, 8][round++ % 4] }) }
        action(disp === 0 ? at : { ...at, disp })
      }
    }
  }
}
