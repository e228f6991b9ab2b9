/** @file The text of HTML, whole or broken, in a time that grows with its length. */
import { describe, expect, test } from 'vitest'
import { htmlToText } from '../src/datasets/html.ts'
import { parseMail } from '../src/datasets/mail.ts'

describe('htmlToText', () => {
  test.each([
    ['<STYLE>p {}</style ><p class=x>a<br/>b', 'a\nb'],
    ['a <script> never closed', 'a never closed'],
    ['<script>1</script>a<script>2</script>b<script>c', 'a bc'],
    ['<!doctype html><?xml?></nothing>a<b>b</b>', 'ab'],
    ['1 < 2 and <p never closed', '1 < 2 and <p never closed'],
    ['<img src=x.gif alt="y"><A HREF = \'u v\'>t</A>', 'x.gif u v t'],
    ['<a href="a>b" id=x>t</a>', 'a>b t'],
    ['<a href="a>t</a>', 'a t'],
    ['<a name="x">t</a><a href="u">v</a>', 't u v'],
  ])('%s', (html, text) => { expect(htmlToText(html)).toBe(text) })
})

/** The least of three, as others use the machine too. */
function timeOf(work: () => void): number {
  return Math.min(...Array.from({ length: 3 }, () => {
    const start = performance.now()
    work()
    return performance.now() - start
  }))
}

// four times as much takes four times as long, sixteen times where each looks at all that follow
describe('hostile mail takes a time that grows with its length', () => {
  test.each([
    '<script ', '<p ', '<a ', '<b ', '<a href="', '<a href=">', '<!-- ', '<script></script ', '<title>x</style>', '&#',
  ])('%s', piece => {
    const [less, more] = [2500, 10_000].map(n => timeOf(() => { htmlToText(piece.repeat(n)) }))
    expect(more).toBeLessThan(10 * less + 50)
  })
  test('blanks in quoted-printable', () => {
    const mail = (n: number): Buffer =>
      Buffer.from(`Content-Transfer-Encoding: quoted-printable\n\n${' '.repeat(n)}x\n`)
    const [less, more] = [10_000, 40_000].map(n => timeOf(() => { parseMail(mail(n)) }))
    expect(more).toBeLessThan(10 * less + 50)
  })
})
