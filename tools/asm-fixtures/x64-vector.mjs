// Cases of vector instructions: operand kinds are written here anew, not read from the encoder's tables.
import { gprReg, highReg, immediate, lowReg, maskReg, place, ptr, r32, r64, vec } from './x64-text.mjs'

const ROUND = ['rn-sae', 'rd-sae', 'ru-sae', 'rz-sae']
const turn = { both: 0, vex: 0, evex: 0, round: 0, masked: 0 }
export const cases = []
export const add = (text, ...call) => cases.push({ text, call })

const size = (kind, width) => ({ v: width, x: 16, y: 32, h: Math.max(16, width / 2), q: Math.max(16, width / 4),
  e: Math.max(16, width / 8) })[kind]

const name = (kind, width, n) => {
  if (kind === 'k') return `k${n}`
  if (kind === 'd') return r32(n)
  if (kind === 'r') return r64(n)
  return vec(size(kind, width), n)
}

const pick = (kind, high) => {
  if (kind === 'k') return maskReg()
  if (kind === 'd' || kind === 'r') return gprReg()
  return high ? highReg() : lowReg()
}

const suffix = (options) => (options.mask ? `{k${options.mask}}` : '') + (options.zero ? '{z}' : '')

const emit = (spec, width, { memory = false, high = false, options = {}, broadcast = 0, round }) => {
  const opts = { ...options, ...(spec.imm ? { imm: immediate() } : {}) }
  const regs = spec.kinds.map((kind) => pick(kind, high))
  if (high && regs.every((n) => n < 16)) {
    const at = spec.kinds.findIndex((kind) => 'vxyhqe'.includes(kind))
    if (at >= 0) regs[at] |= 16
  }
  const texts = regs.map((n, i) => name(spec.kinds[i], width, n))
  if (memory) {
    const bytes = broadcast || spec.bytes(width)
    const m = place(bytes)
    regs[spec.memory] = m
    texts[spec.memory] = ptr(bytes, m)
    if (broadcast) {
      opts.broadcast = true
      texts[spec.memory] += `{1to${spec.lanes ? spec.lanes(width) : width / broadcast}}`
    }
  }
  texts[0] += suffix(options)
  if (round !== undefined) {
    opts.rounding = spec.er ? round : 0
    texts.push(`{${spec.er ? ROUND[round] : 'sae'}}`)
  }
  if (spec.imm) texts.push(opts.imm)
  const method = 'v' + spec.kinds.map((_, i) => (memory && i === spec.memory ? 'm' : 'r')).join('')
  const op = spec.key ?? spec.op
  add(`${spec.op} ${texts.join(', ')}`, method, op, width, ...regs, ...(Object.keys(opts).length ? [opts] : []))
}

const sometimesMasked = () => (turn.masked++ % 2 ? { mask: maskReg() } : {})

const reads = (spec) => spec.memory !== undefined && spec.bytes !== undefined
const registers = (spec) => !spec.memoryOnly

const vexCases = (spec, widths) => {
  if (widths.length === 0) return
  const width = () => widths[turn.vex++ % widths.length]
  if (registers(spec)) {
    emit(spec, width(), {})
    if (turn.both++ % 3 === 0) emit(spec, width(), {})
  }
  if (reads(spec) && !spec.evexMemory) emit(spec, width(), { memory: true })
  if (reads(spec) && !spec.evexMemory && spec.memoryOnly) emit(spec, width(), { memory: true })
}

const evexCases = (spec, widths) => {
  const next = () => widths[turn.evex++ % widths.length]
  const masked = () => ({ mask: maskReg(), ...(spec.noZero ? {} : { zero: true }) })
  const widest = widths[widths.length - 1]
  if (registers(spec)) {
    emit(spec, next(), { high: true })
    if (!spec.noMask) emit(spec, next(), { high: turn.evex % 2 === 0, options: masked() })
  }
  if (reads(spec)) {
    const store = spec.memory === 0
    emit(spec, widest, { memory: true, high: true })
    emit(spec, next(), { memory: true, high: true, options: spec.noMask ? {} : store ? { mask: maskReg() } : masked() })
    if (spec.bc) emit(spec, next(), { memory: true, high: true, broadcast: spec.bc, options: sometimesMasked() })
  }
  if (spec.er || spec.sae) {
    emit(spec, widest, { high: turn.round % 3 !== 0, round: turn.round++ % 4, options: sometimesMasked() })
  }
}

/** One mnemonic in one form. isa: 'v' VEX only, 'e' EVEX only, 've' both; widths as a list. */
export const form = (op, spec) => {
  const widths = spec.widths ?? [16, 32, 64]
  const full = { ...spec, op: spec.text ?? op, key: op }
  const isa = spec.isa ?? 've'
  if (isa.includes('v')) vexCases(full, widths.filter((w) => w < 64))
  if (isa.includes('e')) evexCases(full, widths)
}

export const whole = (width) => width
export const fixed = (bytes) => () => bytes
/** Element size by the name: …q, …pd and scalar …sd have 8 bytes; vpcmpd and vpminsd have 4. */
export const element = (op) => (/q$|^v(?!pcmp).*pd$|^v(?!p).*sd$/.test(op) ? 8 : 4)

export const each = (names, action) => names.trim().split(/\s+/).forEach(action)

/** Packed, three operands, with broadcast of an element where `bc`. */
export const rvm = (names, extra = {}) => each(names, (op) => form(op, {
  kinds: ['v', 'v', 'v'], memory: 2, bytes: whole, bc: element(op), ...extra }))
export const rm = (names, extra = {}) => each(names, (op) => form(op, {
  kinds: ['v', 'v'], memory: 1, bytes: whole, bc: element(op), ...extra }))
export const scalar3 = (names, extra = {}) => each(names, (op) => form(op, {
  kinds: ['x', 'x', 'x'], memory: 2, bytes: fixed(element(op)), widths: [16], ...extra }))
export const mr = (names, extra = {}) => each(names, (op) => form(op, {
  kinds: ['v', 'v'], memory: 0, bytes: whole, ...extra }))
