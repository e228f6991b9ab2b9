import { describe, expect, it } from 'vitest'
import { Assembler, mem, R12, RAX, RBX, RCX, ripMem, RSP } from '../../../../src/asm/x64/index.ts'

const hex = (a: Assembler): string => Buffer.from(a.finish()).toString('hex')
const avx512 = (): Assembler => new Assembler({ evex: true })
const avx2 = (): Assembler => new Assembler({ evex: false })
const emitted = (write: (a: Assembler) => void): string => {
  const a = avx512()
  write(a)
  return hex(a)
}

describe('labels', () => {
  it('resolves jumps forward and back', () => {
    const a = avx512()
    const top = a.newLabel()
    const out = a.newLabel()
    a.bind(top)
    a.jcc('e', out)
    a.jmpLabel(top)
    a.bind(out)
    a.ret()
    expect(hex(a)).toBe('0f8405000000' + 'e9f5ffffff' + 'c3')
  })

  it('refuses labels that are unbound, bound twice or foreign', () => {
    const unbound = avx512()
    unbound.jmpLabel(unbound.newLabel())
    expect(() => unbound.finish()).toThrow('never bound')
    const twice = avx512()
    const label = twice.newLabel()
    twice.bind(label)
    expect(() => twice.bind(label)).toThrow('twice')
    expect(() => avx512().jmpLabel(0)).toThrow('not made here')
    expect(() => avx512().bind(0)).toThrow('not made here')
  })
})

describe('constants', () => {
  it('lie behind the code, at multiples of their size, within reach of rip', () => {
    const a = avx512()
    const one = a.newLabel()
    const many = a.newLabel()
    a.vrm('vbroadcastss', 64, 1, ripMem(one))
    a.vrrm('vpermd', 64, 2, 1, ripMem(many, 64))
    a.ret()
    a.dataF32(one, [1])
    a.dataU32(many, Array.from({ length: 32 }, (_, i) => i))
    const code = a.finish()
    const view = new DataView(code.buffer)
    expect(code.length).toBe(128 + 128)
    expect(view.getInt32(6, true) + 10).toBe(64)
    expect(view.getInt32(16, true) + 20).toBe(128 + 64)
    expect(view.getFloat32(64, true)).toBe(1)
    expect(view.getUint32(128 + 4 * 31, true)).toBe(31)
    expect(code[21]).toBe(0xcc)
  })

  it('takes doubles and bytes, and counts an immediate behind the displacement', () => {
    const a = avx2()
    const label = a.newLabel()
    a.vrrm('vshufps', 32, 1, 2, ripMem(label), { imm: 3 })
    const b = a.newLabel()
    a.dataF64(label, [1, 2, 3, 4])
    a.dataBytes(b, Uint8Array.of(1, 2, 3))
    const view = new DataView(a.finish().buffer)
    expect(view.getInt32(4, true) + 9).toBe(64)
    expect(view.getFloat64(64 + 24, true)).toBe(4)
    expect(view.getUint8(96 + 2)).toBe(3)
  })
})

describe('code buffer', () => {
  it('pads with long nops', () => {
    const nops = ['90', '6690', '0f1f00', '0f1f4000', '0f1f440000', '660f1f440000', '0f1f8000000000',
      '0f1f840000000000', '660f1f840000000000']
    for (let n = 1; n <= 15; n++) {
      const padded = emitted((a) => {
        for (let i = 0; i < 16 - n; i++) a.ret()
        a.align(16)
      })
      const rest = n > 9 ? nops[8] + nops[n - 10] : nops[n - 1]
      expect(padded).toBe('c3'.repeat(16 - n) + rest)
    }
    expect(emitted((a) => a.align(64))).toBe('')
    expect(() => avx512().align(24)).toThrow('power of two')
  })

  it('grows', () => {
    const a = avx512()
    for (let i = 0; i < 5000; i++) a.addRI(RBX, 0x12345678)
    expect(a.length).toBe(35000)
    const code = a.finish()
    for (let i = 0; i < 5000; i++) expect(code[i * 7 + 6]).toBe(0x12)
  })
})

describe('choices of encoding', () => {
  // Checked with objdump; as emits 66.0F.W1 6E and 7E, which mean the same.
  it('loads and stores vmovq above xmm15', () => {
    expect(emitted((a) => a.vrm('vmovq', 16, 17, mem(8, -1024)))).toBe('62c1fe087e4880')
    expect(emitted((a) => a.vmr('vmovq', 16, mem(5, 9), 31))).toBe('6261fd08d6bd09000000')
  })

  it('moves the shortest way', () => {
    expect(emitted((a) => a.movRI(RAX, 0))).toBe('b800000000')
    expect(emitted((a) => a.movRI(RAX, 0xffffffff))).toBe('b8ffffffff')
    expect(emitted((a) => a.movRI(RAX, -1))).toBe('48c7c0ffffffff')
    expect(emitted((a) => a.movRI(R12, 2 ** 40))).toBe('49bc0000000000010000')
    expect(emitted((a) => a.movRI(R12, -1n << 63n))).toBe('49bc0000000000000080')
  })

  it('takes immediates that need the sign or all 32 bits where they are', () => {
    expect(emitted((a) => a.and32RI(RCX, 0xffffff80))).toBe('83e180')
    expect(() => avx512().andRI(RCX, 0xffffff80)).toThrow('does not fit')
  })
})

describe('refusals', () => {
  const cases: [string, string, (a: Assembler) => void][] = [
    ['an unknown mnemonic', 'unknown', (a) => a.vrrr('vfoo', 16, 0, 0, 0)],
    ['a form that is not there', 'no form', (a) => a.vrrr('vmovaps', 16, 0, 0, 0)],
    ['a width that is not there', '16 byte', (a) => a.vrrr('vpermps', 16, 0, 0, 0)],
    ['a width that makes no sense', '48 byte', (a) => a.vrrr('vaddps', 48 as 16, 0, 0, 0)],
    ['a missing immediate', 'needs an immediate', (a) => a.vrrr('vshufps', 16, 0, 0, 0)],
    ['a needless immediate', 'no immediate', (a) => a.vrrr('vaddps', 16, 0, 0, 0, { imm: 1 })],
    ['register 32', '32 vector registers', (a) => a.vrrr('vaddps', 16, 32, 0, 0)],
    ['a mask on a VEX instruction', 'only as VEX', (a) => a.vrrr('vpand', 32, 0, 0, 0, { mask: 1 })],
    ['broadcast of a register', 'memory', (a) => a.vrrr('vaddps', 32, 0, 0, 0, { broadcast: true })],
    ['broadcast where there is none', 'broadcast', (a) => a.vrrm('vpaddb', 32, 0, 0, mem(0), { broadcast: true })],
    ['rounding of memory', 'rounding', (a) => a.vrrm('vaddps', 64, 0, 0, mem(0), { rounding: 1 })],
    ['rounding of ymm', 'rounding', (a) => a.vrrr('vaddps', 32, 0, 0, 0, { rounding: 1 })],
    ['zeroing without a mask', 'zeroing', (a) => a.vrrr('vaddps', 32, 0, 0, 0, { zero: true })],
    ['k8', 'mask register', (a) => a.vcmp('vcmpps', 64, 8, 0, 0, 1)],
    ['a gather without a mask', 'k1..k7', (a) => a.vgather('vgatherdps', 64, 1, RAX, 2, 4, 0, 0)],
    ['a gather onto its index', 'differ', (a) => a.vgather('vgatherdps', 64, 2, RAX, 2, 4, 0, 1)],
    ['rsp as index', 'rsp', (a) => a.movRM(RAX, mem(RAX, 0, RSP))],
    ['scale 3', 'scale', (a) => a.movRM(RAX, mem(RAX, 0, RCX, 3 as 4))],
    ['a displacement beyond int32', 'int32', (a) => a.movRM(RAX, mem(RAX, 2 ** 31))],
    ['register r16', '16 general', (a) => a.movRR(16, RAX)],
    ['base r16', 'no such register', (a) => a.movRM(RAX, mem(16))],
    ['a shift by too much', 'shift', (a) => a.shl32RI(RAX, 32)],
    ['a float that is no safe integer', 'bigint', (a) => a.movRI(RAX, 2 ** 60)],
    ['a bigint of 65 bits', '64 bits', (a) => a.movRI(RAX, 1n << 64n)],
  ]
  it.each(cases)('%s', (_, message, write) => expect(() => write(avx512())).toThrow(message))

  const onAvx2: [string, (a: Assembler) => void][] = [
    ['zmm', (a) => a.vrrr('vaddps', 64, 0, 0, 0)],
    ['register 16', (a) => a.vrrr('vaddps', 16, 16, 0, 0)],
    ['a mask', (a) => a.vrrr('vaddps', 16, 1, 0, 0, { mask: 1 })],
    ['broadcast', (a) => a.vrrm('vaddps', 16, 1, 0, mem(0), { broadcast: true })],
    ['EVEX instructions', (a) => a.vrrr('vpternlogd', 32, 1, 0, 0, { imm: 1 })],
    ['mask registers', (a) => a.kmovKR('w', 1, 0)],
    ['shifts of memory', (a) => a.vrm('vpslld', 32, 1, mem(0), { imm: 1 })],
  ]
  it.each(onAvx2)('without AVX-512: %s', (_, write) => expect(() => write(avx2())).toThrow('AVX-512'))
})
