/** @file Mail as text: headers, MIME parts, transfer encodings, character sets and HTML (RFC 5322, 2045 to 2047). */
import { htmlToText, tidy } from './html.ts'

/** What a mail says. */
export interface Mail { readonly subject: string; readonly text: string }

type Headers = ReadonlyMap<string, string>
/** Parts within parts: what is deeper is no mail that was written. */
const deepest = 8

const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
const bytesOf = (latin: string): Uint8Array => Buffer.from(latin, 'latin1')

/**
 * Subject and text of a mail as it travels, with or without mbox's first line. Of alternatives the plain one is taken;
 * attachments that are no text are left out. Nothing is refused: what is malformed is taken as it stands.
 * @example datasets.parseMail(await readFile('letter.eml')).subject
 */
export function parseMail(bytes: Uint8Array): Mail {
  const [headers, body] = partsOf(latin1(bytes).replace(/\r\n?/g, '\n').replace(/^(?:>?From .*\n)+/, ''))
  return { subject: tidy(decodeWords(headers.get('subject') ?? '')), text: tidy(textOf(headers, body, 0)) }
}

/** Headers by their names in small letters, and what follows the first empty line. */
function partsOf(mail: string): [Headers, string] {
  const end = mail.search(/^$/m)
  const [head, body] = end < 0 ? [mail, ''] : [mail.slice(0, end), mail.slice(end + 1)]
  const headers = new Map<string, string>()
  for (const line of head.replace(/\n[ \t]+/g, ' ').split('\n')) {
    const [, name, value] = /^([^\s:]+):\s*(.*)$/.exec(line) ?? []
    if (name && !headers.has(name.toLowerCase())) headers.set(name.toLowerCase(), value)
  }
  return [headers, body]
}

function textOf(headers: Headers, body: string, depth: number): string {
  const type = (headers.get('content-type') ?? 'text/plain').trim().toLowerCase()
  const boundary = parameter(headers.get('content-type'), 'boundary')
  if (depth < deepest && type.startsWith('multipart/') && boundary) return textOfParts(type, boundary, body, depth)
  const decoded = decodeTransfer(body, headers.get('content-transfer-encoding'))
  if (depth < deepest && type.startsWith('message/rfc822')) {
    const [inner, rest] = partsOf(decoded)
    return `${decodeWords(inner.get('subject') ?? '')}\n${textOf(inner, rest, depth + 1)}`
  }
  if (type.includes('/') && !type.startsWith('text/')) return ''
  const text = decodeCharset(decoded, parameter(headers.get('content-type'), 'charset'))
  return type.startsWith('text/html') || /^\s*<(?:!doctype\s+)?html/i.test(text) ? htmlToText(text) : text
}

function textOfParts(type: string, boundary: string, body: string, depth: number): string {
  const texts: { readonly plain: boolean; readonly text: string }[] = []
  // before the first boundary stands a word to old programs, behind the last one nothing
  for (const part of `\n${body}`.split(`\n--${boundary}`).slice(1)) {
    if (part.startsWith('--')) break
    const [headers, inner] = partsOf(part.replace(/^[ \t]*\n/, ''))
    const plain = !/html|multipart/i.test(headers.get('content-type') ?? '')
    texts.push({ plain, text: textOf(headers, inner, depth + 1) })
  }
  const said = texts.filter(t => t.text.trim() !== '')
  if (!type.startsWith('multipart/alternative')) return said.map(t => t.text).join('\n')
  return (said.find(t => t.plain) ?? said[0])?.text ?? ''
}

/** `charset="utf-8"` of a header. */
function parameter(header: string | undefined, name: string): string | undefined {
  const [, quoted, plain] = new RegExp(`;\\s*${name}\\s*=\\s*(?:"([^"]*)"|([^\\s;]+))`, 'i').exec(header ?? '') ?? []
  return quoted ?? plain
}

function decodeTransfer(body: string, encoding = ''): string {
  switch (encoding.trim().toLowerCase()) {
    case 'base64': return Buffer.from(body, 'base64').toString('latin1')
    case 'quoted-printable': return decodeQuoted(joinSoftBreaks(body))
    default: return body
  }
}

/** Lines that end with `=` and the next are one; blanks behind the sign were added on the way (RFC 2045, 6.7). */
function joinSoftBreaks(body: string): string {
  const lines = body.split('\n')
  return lines.map((line, i) => {
    if (i === lines.length - 1) return line
    let end = line.length
    while (line[end - 1] === ' ' || line[end - 1] === '\t') end--
    return line[end - 1] === '=' ? line.slice(0, end - 1) : `${line}\n`
  }).join('')
}
const decodeQuoted = (text: string): string =>
  text.replace(/=([\dA-F]{2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))

/** Of a set that is not known or not named: Windows-1252, which has a character for nearly every byte. */
function decodeCharset(latin: string, charset = 'windows-1252'): string {
  const ascii = /^us-ascii$/i.test(charset)
  let decoder: TextDecoder
  try {
    decoder = new TextDecoder(ascii ? 'windows-1252' : charset)
  } catch {
    decoder = new TextDecoder('windows-1252')
  }
  return decoder.decode(bytesOf(latin))
}

/** `=?utf-8?B?…?=` and `=?iso-8859-1?Q?…?=` within a header; blanks between two of them are not meant. */
const decodeWords = (header: string): string =>
  header
    .replace(/(=\?[^?\s]+\?[bq]\?[^?]*\?=)\s+(?==\?)/gi, '$1')
    .replace(/=\?([^?\s]+)\?([bq])\?([^?]*)\?=/gi, (_, charset: string, kind: string, text: string) =>
      decodeCharset(
        kind.toLowerCase() === 'b'
          ? Buffer.from(text, 'base64').toString('latin1')
          : decodeQuoted(text.replace(/_/g, ' ')),
        charset,
      ),
    )
