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

const isUsers = (where: string): boolean =>
  where !== '' && !where.startsWith(libraryRoot()) && !where.startsWith('node:') && !where.includes('/node_modules/')

/** `file:line` of the innermost frame outside of the library, or '' if there is none to be seen. */
export function userLine(): string {
  const where = framesHere().map(place).find(isUsers)
  return where?.replace(/^file:\/\//, '') ?? ''
}

/** The function or method of the library that the user called, as stack traces name it; '' if that cannot be seen. */
export function userCall(): string {
  const frames = framesHere()
  const user = frames.findIndex(f => isUsers(place(f)))
  const name = /^\s*at (?:async )?(?:new )?(?:get )?([\w$.<>]+) /.exec(frames[user - 1] ?? '')?.[1] ?? ''
  return name.split('.').pop()!.replace(/^<.*>$/, '')
}

/** ` (at file:line)`, or '' where it is not known. */
export function atUserLine(): string {
  const line = userLine()
  return line ? ` (at ${line})` : ''
}
