// Is a narrative's XHTML safe to show? The elements and attributes FHIR allows, nothing that runs, nothing fetched from elsewhere.
// https://hl7.org/fhir/R4/narrative.html#xhtml
// Refuses what it cannot read: a small strict reader of well-formed XHTML, so that no browser can see more in it than we do.

const elements: ReadonlySet<string> = new Set(
  (
    'a abbr acronym b big blockquote br caption cite code col colgroup dd dfn div dl dt em h1 h2 h3 h4 h5 h6 hr i img ins del kbd li ol p pre q samp small span strong sub sup ' +
    'table tbody td tfoot th thead tr tt ul var bdo'
  ).split(' '),
);
const attributes: ReadonlySet<string> = new Set(
  (
    'abbr align alt axis bgcolor border cellhalign cellpadding cellspacing cellvalign char charoff charset cite class colspan compact coords dir frame headers height href hreflang ' +
    'hspace id lang longdesc name nowrap rel rev rowspan rules scope shape span src start style summary tabindex title type valign value vspace width xml:lang xmlns'
  ).split(' '),
);

// Without a scheme a link is relative, and relative to nothing that could run.
const safeLink = /^(?:https?:\/\/|mailto:|tel:|urn:|[^:/?#]*(?:[/?#]|$))/i;
const safeImage = /^(?:#|data:image\/(?:png|gif|jpeg|webp);base64,[A-Za-z0-9+/=]*$)/i;
const unsafeStyle = /url\s*\(|expression\s*\(|@import|behaviou?r\s*:|-moz-binding|javascript:|\\|position\s*:\s*fixed/i;
const entity = /&(?!(?:#\d{1,7}|#x[0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)/;
const token =
  /<(\/?)([A-Za-z][A-Za-z0-9]*)((?:\s+[A-Za-z_:][\w:.-]*\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|<!--(?:(?!--)[\s\S])*-->/y;
const attribute = /([A-Za-z_:][\w:.-]*)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/g;

/** What is wrong with a narrative's div, or undefined. Never repeats its text. */
export function findNarrativeFault(xhtml: string): string | undefined {
  const open: string[] = [];
  let hasContent = false;
  let isClosed = false;
  let at = 0;
  const text = xhtml.trim();
  while (at < text.length) {
    const start = text.indexOf('<', at);
    const between = text.slice(at, start < 0 ? text.length : start);
    if (between.trim() !== '') {
      if (open.length === 0) return 'must be one div element with nothing before or after it';
      if (entity.test(between)) return 'holds an & that is not part of an entity';
      hasContent = true;
    }
    if (start < 0) break;
    token.lastIndex = start;
    const match = token.exec(text);
    if (match === null)
      return 'is not well-formed XHTML, or holds a construct that is not allowed (CDATA, processing instruction, document type)';
    at = token.lastIndex;
    const [, closing, name, attributeText = '', selfClosing] = match;
    if (name === undefined) continue;
    if (isClosed) return 'must be one div element with nothing before or after it';
    if (closing === '/') {
      if (open.pop() !== name || attributeText !== '') return 'has elements that are not closed in order';
      isClosed = open.length === 0;
      continue;
    }
    if (open.length === 0 && name !== 'div') return 'must be one div element';
    const fault = findElementFault(name, attributeText);
    if (fault !== undefined) return fault;
    if (name === 'img') hasContent = true;
    if (selfClosing !== '/') open.push(name);
    else isClosed = open.length === 0;
  }
  if (open.length > 0 || !isClosed) return 'has elements that are not closed';
  return hasContent ? undefined : 'must hold some text or an image (txt-2)';
}

function findElementFault(name: string, attributeText: string): string | undefined {
  if (!elements.has(name)) return 'holds an element that is not allowed in a narrative; only basic formatting is';
  for (const [, key = '', double, single] of attributeText.matchAll(attribute)) {
    const value = decode(double ?? single ?? '');
    if (!attributes.has(key)) return 'holds an attribute that is not allowed in a narrative, such as an event handler';
    if (key === 'xmlns' && value !== 'http://www.w3.org/1999/xhtml') return 'is not in the XHTML namespace';
    if (key === 'style' && unsafeStyle.test(value)) return 'holds a style that fetches or runs something';
    // Browsers skip white space and control characters inside a scheme.
    // oxlint-disable-next-line no-control-regex
    const address = value.replace(/[\u0000-\u0020]+/g, '');
    if ((key === 'href' || key === 'cite' || key === 'longdesc') && !safeLink.test(address))
      return 'holds a link that is not http, https, mailto, tel, urn or within the text';
    if (key === 'src' && !safeImage.test(address))
      return 'holds an image from elsewhere; embed it as data or refer to a contained resource by #id';
  }
  return undefined;
}

function decode(value: string): string {
  return value.replace(
    /&(?:#(\d{1,7})|#x([0-9A-Fa-f]{1,6})|([A-Za-z]+));?/g,
    (whole, decimal: string | undefined, hex: string | undefined, name: string | undefined) => {
      const code = decimal !== undefined ? Number(decimal) : hex !== undefined ? Number.parseInt(hex, 16) : undefined;
      if (code !== undefined) return code <= 0x10ffff ? String.fromCodePoint(code) : '';
      return (
        { colon: ':', Tab: '\t', NewLine: '\n', amp: '&', lpar: '(', bsol: '\\', sol: '/', num: '#' }[name ?? ''] ??
        whole
      );
    },
  );
}
