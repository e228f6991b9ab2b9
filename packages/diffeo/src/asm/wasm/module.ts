import { Bytes } from './bytes.ts'
import type { Code } from './code.ts'
import { TYPE_BYTE, type ValType } from './types.ts'

/** In pages of 64 KiB for a memory, in entries for a table. */
export interface Limits {
  min: number
  max?: number
}

export interface MemoryLimits extends Limits {
  shared?: boolean
}

const FUNCTION = 0
const TABLE = 1
const MEMORY = 2
const FUNCREF = 0x70
const END = 0x0b

/** A vector of a section: its items are written as they come, and counted. */
class Section {
  readonly bytes = new Bytes(64)
  count = 0

  add(): Bytes {
    this.count++
    return this.bytes
  }
}

interface FunctionRecord {
  type: number
  locals: readonly ValType[]
  body: Uint8Array | undefined
}

/** Collects the parts of a module, imports before definitions of the same kind, and writes its binary form. */
export class WasmModule {
  private readonly types = new Section()
  private readonly imports = new Section()
  private readonly tables = new Section()
  private readonly exports = new Section()
  private readonly elements = new Section()
  private readonly typeIndices = new Map<string, number>()
  private readonly exportNames = new Set<string>()
  private readonly functions: FunctionRecord[] = []
  private importedFunctions = 0
  private importedTables = 0
  private hasMemory = false

  /** The index of a function type, for `callIndirect` and blocks; equal types share one. */
  addType(params: readonly ValType[], results: readonly ValType[]): number {
    const key = `${params.join()}>${results.join()}`
    const known = this.typeIndices.get(key)
    if (known !== undefined) return known
    const index = this.types.count
    this.typeIndices.set(key, index)
    const out = this.types.add().byte(0x60)
    writeTypes(out, params)
    writeTypes(out, results)
    return index
  }

  importMemory(module: string, name: string, limits: MemoryLimits): void {
    if (this.hasMemory) throw new Error('a module has one memory')
    if (limits.shared && limits.max === undefined) throw new Error('a shared memory needs a maximum')
    this.hasMemory = true
    writeLimits(this.imports.add().name(module).name(name).byte(MEMORY), limits)
  }

  /** Returns the function's index. */
  importFunction(module: string, name: string, params: readonly ValType[], results: readonly ValType[]): number {
    if (this.functions.length > 0) throw new Error('functions are imported before any is declared')
    this.imports.add().name(module).name(name).byte(FUNCTION).u32(this.addType(params, results))
    return this.importedFunctions++
  }

  /** A table of functions that the host or another module owns. Returns its index. */
  importTable(module: string, name: string, limits: Limits): number {
    if (this.tables.count > 0) throw new Error('tables are imported before any is added')
    writeLimits(this.imports.add().name(module).name(name).byte(TABLE).byte(FUNCREF), limits)
    return this.importedTables++
  }

  /** Declares, defines and returns the index of a function. */
  addFunction(
    params: readonly ValType[],
    results: readonly ValType[],
    locals: readonly ValType[],
    body: Code,
  ): number {
    const index = this.declareFunction(params, results)
    this.defineFunction(index, locals, body)
    return index
  }

  /** An index to call now; `defineFunction` gives the body later. */
  declareFunction(params: readonly ValType[], results: readonly ValType[]): number {
    this.functions.push({ type: this.addType(params, results), locals: [], body: undefined })
    return this.importedFunctions + this.functions.length - 1
  }

  /** Local indices start after the parameters. The body is copied: its writer may be reset and used again. */
  defineFunction(index: number, locals: readonly ValType[], body: Code): void {
    const record = this.functions[index - this.importedFunctions]
    if (record === undefined) throw new Error(`function ${index} was not declared`)
    if (record.body !== undefined) throw new Error(`function ${index} is already defined`)
    if (body.depth !== 0) throw new Error(`function ${index}: ${body.depth} blocks are not ended`)
    record.locals = [...locals]
    record.body = body.toBytes()
  }

  exportFunction(name: string, index: number): void {
    this.checkIndex('function', index, this.importedFunctions + this.functions.length)
    this.export(name, FUNCTION, index)
  }

  /** A new table of functions. Returns its index. */
  addTable(limits: Limits): number {
    writeLimits(this.tables.add().byte(FUNCREF), limits)
    return this.importedTables + this.tables.count - 1
  }

  exportTable(name: string, table: number): void {
    this.checkIndex('table', table, this.importedTables + this.tables.count)
    this.export(name, TABLE, table)
  }

  /** Puts functions into a table, from `offset` on, when the module is instantiated. */
  addElements(table: number, offset: number, functions: readonly number[]): void {
    this.checkIndex('table', table, this.importedTables + this.tables.count)
    const out = this.elements.add()
    if (table === 0) out.byte(0x00)
    else out.byte(0x02).u32(table)
    out.byte(0x41).s32(offset).byte(END)
    if (table !== 0) out.byte(0x00)
    out.u32(functions.length)
    for (const index of functions) out.u32(index)
  }

  finish(): Uint8Array<ArrayBuffer> {
    const out = new Bytes(4096).raw([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00])
    writeSection(out, 1, this.types)
    writeSection(out, 2, this.imports)
    writeSection(out, 3, this.functionSection())
    writeSection(out, 4, this.tables)
    writeSection(out, 7, this.exports)
    writeSection(out, 9, this.elements)
    writeSection(out, 10, this.codeSection())
    return out.toBytes()
  }

  private functionSection(): Section {
    const section = new Section()
    for (const { type } of this.functions) section.add().u32(type)
    return section
  }

  private codeSection(): Section {
    const section = new Section()
    for (let i = 0; i < this.functions.length; i++) {
      const { locals, body } = this.functions[i]
      if (body === undefined) throw new Error(`function ${this.importedFunctions + i} has no body`)
      const head = localsOf(locals)
      section.add().u32(head.length + body.length + 1).raw(head).raw(body).byte(END)
    }
    return section
  }

  private export(name: string, kind: number, index: number): void {
    if (this.exportNames.has(name)) throw new Error(`'${name}' is exported twice`)
    this.exportNames.add(name)
    this.exports.add().name(name).byte(kind).u32(index)
  }

  private checkIndex(kind: string, index: number, count: number): void {
    if (index >>> 0 !== index || index >= count) throw new RangeError(`there is no ${kind} ${index}`)
  }
}

function writeSection(out: Bytes, id: number, section: Section): void {
  if (section.count === 0) return
  const count = new Bytes(8).u32(section.count).toBytes()
  const content = section.bytes.toBytes()
  out.byte(id).u32(count.length + content.length).raw(count).raw(content)
}

function writeTypes(out: Bytes, types: readonly ValType[]): void {
  out.u32(types.length)
  for (const type of types) out.byte(TYPE_BYTE[type])
}

function writeLimits(out: Bytes, { min, max, shared = false }: MemoryLimits): void {
  out.byte((max === undefined ? 0 : 1) | (shared ? 2 : 0)).u32(min)
  if (max !== undefined) out.u32(max)
}

/** The local declarations: runs of equal types. */
function localsOf(locals: readonly ValType[]): Uint8Array {
  const runs = new Section()
  for (let start = 0, end = 0; start < locals.length; start = end) {
    while (end < locals.length && locals[end] === locals[start]) end++
    runs.add().u32(end - start).byte(TYPE_BYTE[locals[start]])
  }
  return new Bytes(16).u32(runs.count).raw(runs.bytes.toBytes()).toBytes()
}
