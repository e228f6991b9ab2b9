/** @file Whether the test that a row of the parity table names does use what the row says. */

const plain = text => text.replaceAll('_', '').toLowerCase()
const escaped = text => text.replace(/[.$]/g, '\\$&')

/** Code without its comments, and with nothing between quotes. */
const codeOnly = text =>
  text.replace(
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g,
    found => (found[0] === '/' ? ' ' : found[0] + found[0]),
  )
const codes = new Map()
const codeOf = text => {
  if (!codes.has(text)) codes.set(text, codeOnly(text))
  return codes.get(text)
}

/** What uses `path` in code: a call of a method or function, a class made or extended, or either one handed on. */
function useOf(path, exports) {
  const parts = path.split('.')
  const last = escaped(parts.at(-1))
  if (parts[0] === 'Tensor' && parts.length > 1) {
    return isMethod(exports.Tensor.prototype, parts[1]) ? [`\\.${last}\\(`] : [`\\.${last}(?![\\w$(])`]
  }
  const called = `(?:<[^()=]*>)?\\(`
  if (parts.length === 1) return [`(?<![\\w$.])${last}${called}`]
  const names = parts[0] === 'nn' && parts.length === 2
    ? Object.keys(exports.nn).filter(n => n.toLowerCase() === parts[1].toLowerCase() && isLayer(exports, n, parts[1]))
    : [parts.at(-1)]
  const whole = n => [...parts.slice(0, -1), n].map(escaped).join('\\.')
  return names.map(n => `(?<![\\w$.])${whole(n)}(?:${called}|(?=[,;)\\s])|<[^()=]*>\\s*\\{)`)
}
/** Whether it is a method, which a getter is not: nothing is read. */
function isMethod(prototype, name) {
  const own = prototype && Object.getOwnPropertyDescriptor(prototype, name)
  return own ? typeof own.value === 'function' : prototype !== null && isMethod(Object.getPrototypeOf(prototype), name)
}
/** The layer of a function uses it; a function does not show its layer. */
const isLayer = (exports, name, asked) => name === asked || /^[a-z]/.test(asked)

/**
 * Why the test shows nothing of the row, or null: in a fixture the text must be a case's own name for what is PyTorch's
 * or ours, in code it must use it.
 */
export function unproven(name, { ours, test: [file, text] }, content, exports) {
  if (content === null) return `the test ${file} is not there`
  if (!content.includes(text)) return `${file} does not contain ${text}`
  const last = ours.split('.').at(-1)
  if (file.endsWith('.json')) {
    const [, found] = /^"(?:op|layer|torch|name)":"([^":]+)/.exec(text) ?? []
    return found && [name, last].some(n => plain(n) === plain(found)) ? null : `${text} is no case of ${ours}`
  }
  if (file.startsWith('conformance/layers/table/') && text.endsWith(`'${last}'`)) return null
  if (ours.startsWith('Tensor.') && !/^(reference|conformance|unit\/(tensor|nn|ops))\//.test(file))
    return `${file} is no test of tensors`
  const code = codeOf(content)
  const uses = useOf(ours, exports)
  return code.includes(text.trim()) && uses.some(u => new RegExp(u).test(code)) && uses.some(u => looksLike(u, text))
    ? null
    : `${file} has no code that uses ${ours} as ${text}`
}
/** The text by itself is such a use: what stands around it is left open. */
const looksLike = (use, text) => new RegExp(use).test(` ${text.trim()} `)
