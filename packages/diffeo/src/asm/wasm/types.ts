export type ValType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128'

export const TYPE_BYTE: Readonly<Record<ValType, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b }

/** What a block leaves on the stack: nothing, one value, or a function type by its index (`WasmModule.addType`). */
export type BlockType = ValType | number | undefined
