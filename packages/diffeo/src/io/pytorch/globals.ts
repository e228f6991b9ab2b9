/**
 * @file What PyTorch's pickles may ask for by name, and what becomes of it: a table of a dozen names. Nothing of a file
 * is executed: a name stands for a function here, or for an error.
 */
import { DTypeError, type DataError } from '../../util/errors.ts'

/** A name of Python's that a file uses. */
export class Global {
  readonly name: string
  constructor(name: string) { this.name = name }
}

/** A block of the file that tensors look into: `dtype` is null for raw bytes, which the tensor says how to read. */
export class PickledStorage {
  readonly key: string
  readonly dtype: string | null
  readonly count: number
  /** Where a view begins in its storage (files from before PyTorch 1.6 have such). */
  readonly offset: number
  constructor(key: string, dtype: string | null, count: number, offset = 0) {
    this.key = key
    this.dtype = dtype
    this.count = count
    this.offset = offset
  }
}

/** A tensor as a file has it: sizes and strides over a storage. */
export class PickledTensor {
  readonly storage: PickledStorage
  readonly dtype: string
  readonly offset: number
  readonly shape: readonly number[]
  readonly strides: readonly number[]
  constructor(
    storage: PickledStorage,
    dtype: string,
    offset: number,
    shape: readonly number[],
    strides: readonly number[],
  ) {
    this.storage = storage
    this.dtype = dtype
    this.offset = offset
    this.shape = shape
    this.strides = strides
  }
}

/** PyTorch's dtypes and storages, as safetensors calls them. */
const dtypes: Readonly<Record<string, string>> = {
  float32: 'F32',
  float64: 'F64',
  float16: 'F16',
  bfloat16: 'BF16',
  int64: 'I64',
  int32: 'I32',
  int16: 'I16',
  int8: 'I8',
  uint8: 'U8',
  uint16: 'U16',
  uint32: 'U32',
  uint64: 'U64',
  bool: 'BOOL',
}
const storages: Readonly<Record<string, string | null>> = {
  'torch.FloatStorage': 'F32',
  'torch.DoubleStorage': 'F64',
  'torch.HalfStorage': 'F16',
  'torch.BFloat16Storage': 'BF16',
  'torch.LongStorage': 'I64',
  'torch.IntStorage': 'I32',
  'torch.ShortStorage': 'I16',
  'torch.CharStorage': 'I8',
  'torch.ByteStorage': 'U8',
  'torch.BoolStorage': 'BOOL',
  'torch.storage.UntypedStorage': null,
}
/** Of PyTorch, but with elements that have no dtype here. */
const foreign = /^torch\.((complex|float8_|float4_|bits|quint|qint|u?int[1-7]$)\w*|(Complex\w+|Q\w+)Storage)$/

/** torch.float32 → F32 */
export function dtypeOf(x: unknown): string | undefined {
  return x instanceof Global && x.name.startsWith('torch.') ? dtypes[x.name.slice(6)] : undefined
}
export function storageDType(x: unknown): string | null | undefined {
  return x instanceof Global ? storages[x.name] : undefined
}

type Call = (args: readonly unknown[], wrong: (why: string) => DataError) => unknown

const isCount = (x: unknown): x is number => typeof x === 'number' && Number.isSafeInteger(x) && x >= 0
const counts = (x: unknown, what: string, wrong: (why: string) => DataError): number[] => {
  if (!Array.isArray(x) || !x.every(isCount)) throw wrong(`its ${what} is no list of whole numbers from 0 up`)
  return x
}

/** (storage, offset, size, stride, …) */
function rebuild(
  args: readonly unknown[],
  given: string | undefined,
  wrong: (why: string) => DataError,
): PickledTensor {
  const [storage, offset, size, stride] = args
  if (!(storage instanceof PickledStorage)) throw wrong('a tensor here has no storage')
  const dtype = given ?? storage.dtype
  if (dtype === null || (storage.dtype !== null && storage.dtype !== dtype)) throw wrong('a tensor here has no dtype')
  if (!isCount(offset)) throw wrong('the offset of a tensor is no whole number from 0 up')
  const [shape, strides] = [counts(size, 'size', wrong), counts(stride, 'stride', wrong)]
  if (shape.length !== strides.length) throw wrong(`a tensor has ${shape.length} sizes and ${strides.length} strides`)
  return new PickledTensor(storage, dtype, offset, shape, strides)
}

const parameter: Call = ([data], wrong) => {
  if (!(data instanceof PickledTensor)) throw wrong('a parameter here is no tensor')
  return data
}
const dict: Call = ([items], wrong) => {
  if (items === undefined) return new Map()
  if (items instanceof Map) return items
  if (!Array.isArray(items) || !items.every(p => Array.isArray(p) && p.length === 2))
    throw wrong('a dict here has no items')
  return new Map(items as [unknown, unknown][])
}

const calls: Readonly<Record<string, Call>> = {
  'collections.OrderedDict': dict,
  'collections.Counter': dict,
  'torch.Size': ([sizes], wrong) => counts(sizes, 'torch.Size', wrong),
  'torch._utils._rebuild_tensor': (args, wrong) => rebuild(args, undefined, wrong),
  'torch._utils._rebuild_tensor_v2': (args, wrong) => rebuild(args, undefined, wrong),
  // (storage, offset, size, stride, requires_grad, hooks, dtype): dtypes without a storage class of their own
  'torch._utils._rebuild_tensor_v3': (args, wrong) => {
    const dtype = dtypeOf(args[6])
    if (dtype === undefined) throw wrong('a tensor here has no dtype')
    return rebuild(args, dtype, wrong)
  },
  'torch._utils._rebuild_parameter': parameter,
  'torch._utils._rebuild_parameter_with_state': parameter,
}

/** @throws DataError that names it, unless it is one of those known; DTypeError for dtypes that are not here */
export function resolve(name: string, wrong: (why: string) => DataError): Global {
  const known = Object.hasOwn(calls, name) || Object.hasOwn(storages, name)
    || (name.startsWith('torch.') && Object.hasOwn(dtypes, name.slice(6)))
  if (known) return new Global(name)
  if (foreign.test(name)) throw new DTypeError(wrong(`its tensors are ${name}, which diffeo has no dtype for`).message)
  throw wrong(
    `it asks for '${name}': tensors, numbers, texts, lists and dicts of them are read, and nothing of a file is executed. ` +
      `In Python: torch.save(model.state_dict(), path)`,
  )
}

/** What calling it gives. */
export function call(callee: unknown, args: unknown, wrong: (why: string) => DataError): unknown {
  const name = callee instanceof Global ? callee.name : undefined
  if (name === undefined || !Object.hasOwn(calls, name))
    throw wrong(`it calls ${name ? `'${name}'` : 'what is no function'}`)
  if (!Array.isArray(args)) throw wrong(`the arguments of '${name}' are no tuple`)
  return calls[name](args, wrong)
}
