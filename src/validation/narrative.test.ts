import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findNarrativeFault } from './narrative.ts';

const div = (inner: string): string => `<div xmlns="http://www.w3.org/1999/xhtml">${inner}</div>`;

describe('findNarrativeFault', () => {
  it.each([
    div('<p>Hej <b>du</b> &amp; du &#229;</p>'),
    div('<table class="a" style="color: red"><tbody><tr><td colspan="2">1</td></tr></tbody></table><br/><hr />'),
    div('<a href="https://example.org/?a=1&amp;b=2">länk</a> <a href="#x">här</a> <a href="plan.html">plan</a>'),
    div('<img src="data:image/png;base64,AAAA" alt="a"/>'),
    `<div lang='sv'>text<!-- a comment --></div>`,
  ])('takes %s', (xhtml) => {
    expect(findNarrativeFault(xhtml)).toBeUndefined();
  });

  it.each([
    div('<script>alert(1)</script>'),
    div('<SCRIPT>alert(1)</SCRIPT>'),
    div('<p onclick="x()">a</p>'),
    div('<p OnClick="x()">a</p>'),
    div('<a href="javascript:alert(1)">a</a>'),
    div('<a href="java&#115;cript:alert(1)">a</a>'),
    div('<a href="java&#9;script:alert(1)">a</a>'),
    div('<a href=" javascript:alert(1)">a</a>'),
    div('<a href="data:text/html,a">a</a>'),
    div('<img src="https://example.org/track.png"/>'),
    div('<img src="data:image/svg+xml;base64,AAAA"/>'),
    div('<iframe src="https://example.org">a</iframe>'),
    div('<object>a</object>'),
    div('<form action="x">a</form>'),
    div('<input type="text"/>a'),
    div('<svg>a</svg>'),
    div('<style>p{}</style>a'),
    div('<link rel="stylesheet" href="https://a.b"/>a'),
    div('<base href="https://a.b"/>a'),
    div('<p style="background:url(https://a.b)">a</p>'),
    div('<p style="width:expression(alert(1))">a</p>'),
    div('<p style="background:u\\72l(a)">a</p>'),
    div('<meta charset="x"/>a'),
    div('<![CDATA[<script>]]>'),
    div('<?php a ?>a'),
    '<!DOCTYPE html><div>a</div>',
    div('<p>a'),
    div('<p>a</b>'),
    div('a & b'),
    div('a < b'),
    div(''),
    div('   '),
    '<p>a</p>',
    'a',
    '',
    '<div>a</div><div>b</div>',
    '<div>a</div>b',
    div('<p class=a>a</p>'),
    div('<p class="a<b">a</p>'),
    '<div xmlns="http://www.w3.org/2000/svg">a</div>',
    div('<!-- a -- b -->a'),
    div('<p/onclick="a">a</p>'),
  ])('refuses %s', (xhtml) => {
    expect(findNarrativeFault(xhtml)).toBeDefined();
  });

  it('answers for any text, and never takes a script', () => {
    const part = fc.constantFrom(
      '<div>',
      '</div>',
      '<p>',
      '</p>',
      '<script>',
      '</script>',
      '<a href="',
      '">',
      'javascript:',
      '&',
      'text',
      '<',
      '>',
      '"',
      '<!--',
      '-->',
      ' on=',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const text = parts.join('');
        if (findNarrativeFault(text) === undefined)
          expect(/<script>/.test(text.replace(/<!--.*?-->/g, ''))).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  it('reads a long text in one go', () => {
    expect(findNarrativeFault(div('<p>a</p>'.repeat(100_000)))).toBeUndefined();
    expect(findNarrativeFault(div(`<p ${'a="b" '.repeat(50_000)}`))).toBeDefined();
  });
});
