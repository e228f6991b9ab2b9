// Cases of general-purpose, control and system instructions.
import { aroundMemory } from './x64-special.mjs'
import { gprReg, mem, place, ptr, r16, r32, r64, r8 } from './x64-text.mjs'
import { add, each } from './x64-vector.mjs'

const SIZES = [['', r64, 8], ['32', r32, 4]]
const PAIRS = [[0, 1], [9, 3], [4, 12], [13, 8], [5, 15]]
const CONDITIONS = 'o no b ae e ne be a s ns p np l ge le g'

const alu = () => each('add or adc sbb and sub xor cmp', (op) => {
  for (const [tag, reg, bytes] of SIZES) {
    for (const [a, b] of PAIRS) add(`${op} ${reg(a)}, ${reg(b)}`, `${op}${tag}RR`, a, b)
    for (const imm of [1, -128, 127, 128, -129, 0x12345678]) {
      const a = gprReg()
      add(`${op} ${reg(a)}, ${imm}`, `${op}${tag}RI`, a, imm)
    }
    add(`${op} ${reg(0)}, 1000`, `${op}${tag}RI`, 0, 1000)
    for (let i = 0; i < 3; i++) {
      const [a, m] = [gprReg(), place(bytes)]
      add(`${op} ${reg(a)}, ${ptr(bytes, m)}`, `${op}${tag}RM`, a, m)
      add(`${op} ${ptr(bytes, m)}, ${reg(a)}`, `${op}${tag}MR`, m, a)
      add(`${op} ${ptr(bytes, m)}, ${i * 100}`, `${op}${tag}MI`, m, i * 100)
    }
  }
})

const unary = () => {
  for (const [tag, reg, bytes] of SIZES) {
    each('not neg mul div idiv inc dec', (op) => {
      for (const a of [0, 5, 12]) add(`${op} ${reg(a)}`, `${op}${tag}R`, a)
    })
    each('inc dec', (op) => {
      const m = place(bytes)
      add(`${op} ${ptr(bytes, m)}`, `${op}${tag}M`, m)
    })
    each('rol ror shl shr sar', (op) => {
      for (const count of [1, 2, 31]) {
        const a = gprReg()
        add(`${op} ${reg(a)}, ${count}`, `${op}${tag}RI`, a, count)
        add(`${op} ${reg(a)}, cl`, `${op}${tag}RCl`, a)
      }
    })
    for (const [a, b] of PAIRS) {
      add(`imul ${reg(a)}, ${reg(b)}`, `imul${tag}RR`, a, b)
      add(`imul ${reg(a)}, ${reg(b)}, ${b * 30}`, `imul${tag}RRI`, a, b, b * 30)
      each('popcnt tzcnt lzcnt', (op) => add(`${op} ${reg(a)}, ${reg(b)}`, `${op}${tag}RR`, a, b))
      add(`test ${reg(a)}, ${reg(b)}`, `test${tag}RR`, a, b)
      add(`test ${reg(a)}, ${b + 200}`, `test${tag}RI`, a, b + 200)
      const m = place(bytes)
      add(`test ${ptr(bytes, m)}, ${reg(a)}`, `test${tag}RM`, a, m)
      add(`imul ${reg(a)}, ${ptr(bytes, m)}`, `imul${tag}RM`, a, m)
    }
  }
}

const immediates = () => {
  for (const a of [0, 5, 12]) {
    each('0 1 127 2147483647 2147483648 4294967295', (n) => add(`mov ${r32(a)}, ${n}`, 'movRI', a, Number(n)))
    each('-1 -2147483648', (n) => add(`mov ${r64(a)}, ${n}`, 'movRI', a, Number(n)))
    each('4294967296 1311768467463790320 -2147483649 18446744073709551615', (n) => {
      if (n === '18446744073709551615') add(`movabs ${r64(a)}, ${n}`, 'movRI', a, `${n}n`)
      else add(`movabs ${r64(a)}, ${n}`, 'movRI', a, `${n}n`)
    })
  }
}

const moves = () => {
  for (const [a, b] of PAIRS) {
    add(`mov ${r64(a)}, ${r64(b)}`, 'movRR', a, b)
    add(`mov ${r32(a)}, ${r32(b)}`, 'mov32RR', a, b)
    add(`movsxd ${r64(a)}, ${r32(b)}`, 'movsxdRR', a, b)
    add(`movzx ${r32(a)}, ${r8(b)}`, 'movzx8RR', a, b)
    const m = place(8)
    add(`mov QWORD PTR ${mem(m)}, ${a * 100 - 3}`, 'movMI', m, a * 100 - 3)
    add(`mov DWORD PTR ${mem(m)}, ${a * 100 - 3}`, 'movMI32', m, a * 100 - 3)
    add(`mov BYTE PTR ${mem(m)}, ${a + 3}`, 'movMI8', m, a + 3)
    add(`mov ${ptr(1, m)}, ${r8(a)}`, 'mov8MR', m, a)
    add(`mov ${ptr(2, m)}, ${r16(b)}`, 'mov16MR', m, b)
    add(`mov ${r32(a)}, ${ptr(4, m)}`, 'mov32RM', a, m)
    add(`mov ${ptr(4, m)}, ${r32(a)}`, 'mov32MR', m, a)
    add(`movzx ${r32(a)}, ${ptr(1, m)}`, 'movzx8RM', a, m)
    add(`movzx ${r32(a)}, ${ptr(2, m)}`, 'movzx16RM', a, m)
    add(`movsx ${r64(a)}, ${ptr(1, m)}`, 'movsx8RM', a, m)
    add(`movsx ${r64(a)}, ${ptr(2, m)}`, 'movsx16RM', a, m)
    add(`movsxd ${r64(a)}, ${ptr(4, m)}`, 'movsxdRM', a, m)
    add(`lea ${r64(a)}, ${mem(m)}`, 'leaRM', a, m)
    add(`lea ${r32(a)}, ${mem(m)}`, 'lea32RM', a, m)
  }
  let reg = 0
  aroundMemory((m) => {
    const a = reg++ % 16
    if (reg % 2) add(`mov ${r64(a)}, ${ptr(8, m)}`, 'movRM', a, m)
    else add(`mov ${ptr(8, m)}, ${r64(a)}`, 'movMR', m, a)
  })
}

const control = () => {
  each(CONDITIONS, (cc) => {
    const [a, b, m] = [gprReg(), gprReg(), place(8)]
    add(`set${cc} ${r8(a)}`, 'setcc', cc, a)
    add(`cmov${cc} ${r64(a)}, ${r64(b)}`, 'cmovcc', cc, a, b)
    add(`cmov${cc} ${r32(a)}, ${r32(b)}`, 'cmov32cc', cc, a, b)
    add(`cmov${cc} ${r64(a)}, ${ptr(8, m)}`, 'cmovccM', cc, a, m)
    add(`{disp32} j${cc} BEGIN`, 'jcc', cc, 0)
  })
  for (let a = 0; a < 16; a++) {
    add(`push ${r64(a)}`, 'push', a)
    add(`pop ${r64(a)}`, 'pop', a)
    add(`set${'sl'} ${r8(a)}`.replace('setsl', 'setl'), 'setcc', 'l', a)
  }
  for (const label of [0, 1]) {
    add(`{disp32} jmp ${label ? 'END' : 'BEGIN'}`, 'jmpLabel', label)
    add(`call ${label ? 'END' : 'BEGIN'}`, 'callLabel', label)
  }
  for (const a of [0, 4, 11]) {
    const m = place(8)
    add(`call ${r64(a)}`, 'callR', a)
    add(`jmp ${r64(a)}`, 'jmpR', a)
    add(`call ${ptr(8, m)}`, 'callM', m)
    add(`jmp ${ptr(8, m)}`, 'jmpM', m)
  }
}

const system = () => {
  each('cqo cdq ret pause nop int3 ud2 syscall cpuid rdtsc rdtscp xgetbv vzeroupper mfence lfence sfence',
    (op) => add(op, op))
  for (let i = 0; i < 3; i++) {
    const [m, a] = [place(8), gprReg()]
    each('ldmxcsr stmxcsr', (op) => add(`${op} ${ptr(4, m)}`, op, m))
    each('prefetchnta prefetcht0 prefetcht1 prefetcht2 prefetchw', (op) => add(`${op} ${ptr(1, m)}`, op, m))
    for (const [tag, reg, bytes] of SIZES) {
      each('Cmpxchg Xadd Add Or', (op) =>
        add(`lock ${op.toLowerCase()} ${ptr(bytes, m)}, ${reg(a)}`, `lock${op}${tag}MR`, m, a))
      each('Inc Dec', (op) => add(`lock ${op.toLowerCase()} ${ptr(bytes, m)}`, `lock${op}M${tag}`, m))
      add(`xchg ${ptr(bytes, m)}, ${reg(a)}`, `xchg${tag}MR`, m, a)
    }
  }
}

export const generalCases = () => [alu, unary, immediates, moves, control, system].forEach((make) => make())
