// Operands as text for GNU as (Intel syntax), and as JSON for the test.

const R64 = 'rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15'.split(' ')
const R32 = 'eax ecx edx ebx esp ebp esi edi'.split(' ')
const R8 = 'al cl dl bl spl bpl sil dil'.split(' ')
const PTR = { 1: 'BYTE', 2: 'WORD', 4: 'DWORD', 8: 'QWORD', 16: 'XMMWORD', 32: 'YMMWORD', 64: 'ZMMWORD' }

export const r64 = (n) => R64[n]
export const r32 = (n) => R32[n] ?? `r${n}d`
export const r16 = (n) => (n < 8 ? R64[n].slice(1) : `r${n}w`)
export const r8 = (n) => R8[n] ?? `r${n}b`
export const vec = (width, n) => `${{ 16: 'x', 32: 'y', 64: 'z' }[width]}mm${n}`

const offset = (disp) => (disp === 0 ? '' : disp < 0 ? ` - ${-disp}` : ` + ${disp}`)

/** `index` names the index register where it is not a general one. */
export const mem = (m, index = r64) => {
  if (m.rip !== undefined) return `[rip + ${m.rip === 0 ? 'BEGIN' : 'END'}${offset(m.disp ?? 0)}]`
  const scaled = m.index === undefined ? '' : ` + ${index(m.index)}*${m.scale ?? 1}`
  return `[${r64(m.base)}${scaled}${offset(m.disp ?? 0)}]`
}

export const ptr = (bytes, m) => `${PTR[bytes]} PTR ${mem(m)}`

// Deterministic variety: each list is walked round, at lengths that do not divide each other.
const cycle = (values) => {
  let at = 0
  return () => values[at++ % values.length]
}

export const lowReg = cycle([1, 2, 3, 9, 0, 15, 5, 8, 12, 6, 4, 13, 7, 10, 11, 14, 1, 8, 2])
export const highReg = cycle([17, 30, 8, 21, 3, 31, 16, 24, 11, 28, 19, 2, 23])
export const gprReg = cycle([0, 9, 3, 12, 5, 15, 1, 8, 6, 13, 2])
export const maskReg = cycle([1, 2, 3, 4, 5, 6, 7])
export const immediate = cycle([1, 0x1b, 0, 0x4e, 3, 7, 2])
const places = cycle([
  { base: 0 }, { base: 5 }, { base: 12, index: 13, scale: 4 }, { base: 4 }, { base: 13 },
  { base: 1, index: 9, scale: 8 },
  { base: 9, index: 5, scale: 2 }, { base: 12 }, { base: 4, index: 12, scale: 1 }, { base: 8 }, { base: 13, index: 0 },
])
const steps = cycle([
  () => 0, (n) => n, (n) => -128 * n, (n) => 127 * n, (n) => 128 * n, (n) => n + 1, (n) => 3 * n, () => -4660,
  (n) => -n,
])
const ripTurn = cycle([0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2, 0, 0])

/** A memory operand with a displacement that is interesting where `n` bytes are read. */
export const place = (n) => {
  const rip = ripTurn()
  if (rip !== 0) return rip === 1 ? { rip: 1 } : { rip: 0, disp: n }
  const disp = steps()(n)
  const at = { ...places() }
  return disp === 0 ? at : { ...at, disp }
}
