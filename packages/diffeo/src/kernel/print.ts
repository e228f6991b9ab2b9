/** @file A readable listing of kernel IR: what `DIFFEO_DEBUG=kernel` shows. */
import type { Address, Block, Fn, Instr, Kernel, Value } from './ir.ts'

export function printKernel(kernel: Kernel): string {
  const { name, slots, total, scratchBytes, flops, bytes } = kernel
  const head = `kernel ${name}: ${slots} slots, ${total} turns, scratch ${scratchBytes}, ${flops} flops, ${bytes} bytes`
  return [head, ...[...kernel.callees, kernel.entry].map(printFn)].join('\n')
}

export function printFn(fn: Fn): string {
  return [`fn ${fn.name}(${fn.params.map(name).join(', ')}) {`, ...blockLines(fn.body, '  '), '}'].join('\n')
}

/** One instruction without the blocks it holds. */
export function printInstr(instr: Instr): string {
  const { op, args, branch, loop } = instr
  if (loop) return loopHead(instr)
  if (branch) return `if ${name(args[0])} ${branch.compare} ${name(args[1])}`
  const operands = args.map(name)
  if (instr.address) operands.unshift(addressText(instr.address))
  if (hasImm(op)) operands.push(String(Object.is(instr.imm, -0) ? '-0' : instr.imm))
  const what = instr.callee ? `call ${instr.callee.name}` : instr.mem ? `${op}.${instr.mem}` : op
  const text = operands.length > 0 ? `${what} ${operands.join(', ')}` : what
  return instr.result ? `${typed(instr.result)} = ${text}` : text
}

function blockLines(block: Block, indent: string): string[] {
  return block.instrs.flatMap((instr) => instrLines(instr, indent))
}

function instrLines(instr: Instr, indent: string): string[] {
  const inner = indent + '  '
  const head = indent + printInstr(instr)
  if (instr.loop) {
    const { body, yields } = instr.loop
    const tail = yields.length > 0 ? [`${inner}yield ${yields.map(name).join(', ')}`] : []
    return [`${head} {`, ...blockLines(body, inner), ...tail, `${indent}}`]
  }
  if (!instr.branch) return [head]
  const { body, orelse } = instr.branch
  const rest = orelse ? [`${indent}} else {`, ...blockLines(orelse, inner)] : []
  return [`${head} {`, ...blockLines(body, inner), ...rest, `${indent}}`]
}

function loopHead({ args, loop }: Instr): string {
  const { step, variable, inits, carried, results } = loop!
  const made = results.length > 0 ? `${results.map(typed).join(', ')} = ` : ''
  const state = carried.map((c, i) => `${name(c)} = ${name(inits[i])}`)
  const carries = state.length > 0 ? ` carry ${state.join(', ')}` : ''
  return `${made}for ${name(variable)} in ${name(args[0])}..${name(args[1])} by ${step}${carries}`
}

function addressText({ base, index, scale, disp }: Address): string {
  const scaled = index ? ` + ${name(index)}${scale === 1 ? '' : `·${scale}`}` : ''
  const offset = disp === 0 ? '' : disp < 0 ? ` - ${-disp}` : ` + ${disp}`
  return `[${name(base)}${scaled}${offset}]`
}

function hasImm(op: string): boolean {
  return op === 'iconst' || op === 'arg' || op === 'const' || op === 'constMask' || op === 'idiv' || op === 'imod'
}

function name(value: Value): string { return `v${value.id}` }

function typed(value: Value): string {
  const type = value.lanes === 1 ? value.kind : `${value.kind}x${value.lanes}`
  return `${name(value)}:${type}`
}
