/** @file Where in the user's code something was written: for messages that name the line. */

/** The folder of the library (or its bundle), as stack traces show it. */
let library: string | null = null

const place = (frame: string): string => /\(?((?:file:\/\/)?[^()\s]+:\d+):\d+\)?$/.exec(frame.trim())?.[1] ?? ''

/** The frames of the call stack, all of them: by default engines keep ten. */
function framesHere(): string[] {
  const limited = Error as { stackTraceLimit?: number }
  const before = limited.stackTraceLimit
  limited.stackTraceLimit = 100
  const stack = new Error().stack ?? ''
  limited.stackTraceLimit = before
  return stack.split('\n').filter(line => /:\d+:\d+\)?$/.test(line.trim()))
}

function libraryRoot(): string {
  library ??= place(framesHere()[0] ?? '').replace(/util\/caller\.[jt]s:\d+$/, '').replace(/[^/]*:\d+$/, '')
  return library
}

/** `file:line` of the innermost frame outside of the library, or '' if there is none to be seen. */
export function userLine(): string {
  const root = libraryRoot()
  for (const frame of framesHere()) {
    const where = place(frame)
    if (where && !where.startsWith(root) && !where.startsWith('node:') && !where.includes('/node_modules/')) {
      return where.replace(/^file:\/\//, '')
    }
  }
  return ''
}

/** ` (at file:line)`, or '' where it is not known. */
export function atUserLine(): string {
  const line = userLine()
  return line ? ` (at ${line})` : ''
}
