/**
 * @file Calls of `forward`: which modules are running, for the path in an error, and the hooks that see their results.
 */
import { aboutArguments, inOrigin } from '../tensor/internal.ts'
import { observe } from '../util/configuration.ts'
import { namedBranches, type Branch } from './tree.ts'

/** Sees each call; what it returns, if anything, replaces the output. */
export type ForwardHook<M, In extends unknown[], Out> = (module: M, inputs: In, output: Out) => Out | void

export interface Called extends Branch {
  describe(): string
}
type AnyHook = ForwardHook<Called, never[], unknown>

const running: Called[] = []
/** The paths below the outermost module that is running. */
let paths: Paths | null = null
/** Errors that name their module already. */
const located = new WeakSet<Error>()

/** Runs a module's forward with the module known to errors, then the hooks. */
export function callForward(
  module: Called,
  hooks: () => readonly AnyHook[],
  body: () => unknown,
  args: unknown[],
): unknown {
  if (running.length === 0) paths = new Paths(module)
  running.push(module)
  try {
    let output = inOrigin(new Place(running, paths as Paths), body)
    for (const hook of observe(hooks)) {
      const replaced = hook(module, args as never[], output)
      if (replaced !== undefined) output = replaced
    }
    return output
  } catch (caught) {
    const error = aboutArguments('', caught, args)
    if (error instanceof Error) locate(error)
    throw error
  } finally {
    running.pop()
  }
}

/** Where the modules below one stand, looked up once for all places of a call. */
class Paths {
  private readonly root: Called
  private known: ReadonlyMap<Branch, string> | null = null

  constructor(root: Called) { this.root = root }

  of(module: Called): string | undefined {
    this.known ??= new Map(namedBranches<Branch>(this.root).map(([path, m]) => [m, path]))
    return this.known.get(module)
  }
}

/** Where a module was called, for the names of kernels. */
class Place {
  private readonly around: readonly Called[]
  private readonly paths: Paths

  constructor(around: readonly Called[], paths: Paths) {
    this.around = [...around]
    this.paths = paths
  }

  toString(): string {
    const module = this.around[this.around.length - 1]
    return (this.paths.of(module) ?? pathOf(module, this.around.slice(1))) || module.describe()
  }
}

/** The path of a running module, from the outermost one that holds it. */
function pathOf(module: Called, around: readonly Called[]): string {
  for (const root of around) {
    const found = namedBranches<Branch>(root).find(([, m]) => m === module)
    if (found) return found[0]
  }
  return ''
}

/** Puts `in encoder.layer2.attention (Linear 4→8): ` before the message. */
function locate(error: Error): void {
  if (located.has(error)) return
  located.add(error)
  const module = running[running.length - 1]
  const path = pathOf(module, running)
  const before = error.message
  const message = `in ${path ? `${path} (${module.describe()})` : module.describe()}: ${before}`
  try {
    const { stack } = error
    error.message = message
    // the stack holds the message as it was when the error was made
    if (stack) error.stack = before ? stack.replace(before, () => message) : stack
  } catch {
    // a frozen error keeps its message
  }
}
