// The one base of everything the hub itself defines: profiles, code systems, extensions, error codes.

export const canonicalBase = 'https://siphub.se/fhir';
