/** @file Runs a program of the documentation and says where it does not do what the page says. */
import { transform } from 'esbuild'
import { formatWithOptions } from 'node:util'
import { agrees, instrument } from './expectations.ts'

/** What a page may import. */
const modules: Readonly<Record<string, () => Promise<unknown>>> = {
  diffeo: () => import('diffeo'),
  'diffeo/nn': () => import('diffeo/nn'),
  'diffeo/optim': () => import('diffeo/optim'),
  '@diffeo/node': () => import('@diffeo/node'),
  'node:fs/promises': () => import('node:fs/promises'),
}

type Body = (
  load: (name: string) => Promise<unknown>, print: (line: number, ...values: unknown[]) => void,
  throws: (line: number, body: () => Promise<void>) => Promise<void>, log: Pick<Console, 'log' | 'warn' | 'error'>,
) => Promise<void>
const AsyncFunction = (async () => {}).constructor as new (...code: string[]) => Body

/** The body of an async function that does what the module does. */
async function bodyOf(source: string): Promise<Body> {
  const { code } = await transform(source, { loader: 'ts', format: 'esm', target: 'es2022' })
  const body = code
    .replaceAll(/^import \* as (\w+) from "([^"]+)";$/gm, 'const $1 = await __load("$2");')
    .replaceAll(/^import \{([^}]*)\} from "([^"]+)";$/gm, (_, names: string, name: string) =>
      `const {${names.replaceAll(/(\w+) as (\w+)/g, '$1: $2')}} = await __load("${name}");`)
    .replaceAll(/^import "([^"]+)";$/gm, 'await __load("$1");')
  return new AsyncFunction('__load', '__print', '__throws', 'console', body)
}

/** Runs the program; gives a line for each difference. */
export async function run(source: string): Promise<string[]> {
  const { source: instrumented, expected } = instrument(source)
  const printed = new Map<number, string[]>()
  const thrown = new Map<number, string>()
  const load = async (name: string): Promise<unknown> => {
    if (!Object.hasOwn(modules, name)) throw new Error(`the page imports '${name}', which docs.test.ts does not know`)
    return modules[name]()
  }
  const print = (line: number, ...values: unknown[]): void => {
    printed.set(line, [...printed.get(line) ?? [], formatWithOptions({ depth: 8, breakLength: Infinity }, ...values)])
  }
  const throws = async (line: number, body: () => Promise<void>): Promise<void> => {
    try {
      await body()
    } catch (error) {
      thrown.set(line, String(error))
    }
  }
  const quiet = { log: () => {}, warn: () => {}, error: () => {} }
  await (await bodyOf(instrumented))(load, print, throws, quiet)
  return expected.flatMap(({ line, kind, text }) => {
    const found = kind === 'prints' ? printed.get(line)?.join('\n') : thrown.get(line)
    if (found !== undefined && agrees(found, text)) return []
    return [`line ${line}: the page says '${text}', the code ${kind} ${found === undefined ? 'nothing' : `'${found}'`}`]
  })
}
