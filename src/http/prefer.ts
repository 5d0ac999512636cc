// The Prefer header. https://hl7.org/fhir/R4/http.html#ops · https://www.rfc-editor.org/rfc/rfc7240 (what is not understood is ignored)

export interface Preferences {
  readonly preferReturn: 'minimal' | 'representation' | 'OperationOutcome' | undefined;
  readonly isLenient: boolean;
  readonly isAsync: boolean;
}

const returns = ['minimal', 'representation', 'OperationOutcome'] as const;

/** What the header asks for; undefined or false where it says nothing. */
export function parsePrefer(header: string | undefined): Preferences {
  const parts = (header ?? '').split(/[,;]/).map((part) => part.trim().replaceAll('"', ''));
  return {
    preferReturn: returns.find((value) => parts.includes(`return=${value}`)),
    isLenient: parts.includes('handling=lenient'),
    isAsync: parts.includes('respond-async'),
  };
}
