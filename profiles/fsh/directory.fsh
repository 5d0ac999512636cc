// Who works with the plan: parties, persons, contact points.

Profile: SipOrganization
Parent: Organization
Id: SipOrganization
Title: "Part"
Description: "En huvudman, verksamhet eller enhet. partOf leder upp till regionen eller kommunen."
* insert CompliesWith(SEBaseOrganization)
* extension contains SipOwnAuthority named ownAuthority 0..1
* insert IdentifierSlices
* identifier 1..*
* identifier contains hsaid 0..1 and organizationIdentifier 0..1 and municipalityCode 0..1 and countyCode 0..1
* identifier[hsaid].system 1..1
* identifier[hsaid].system = $hsaId
* identifier[hsaid].value 1..1
* identifier[organizationIdentifier].system 1..1
* identifier[organizationIdentifier].system = $organisationsnummer
* identifier[organizationIdentifier].value 1..1
* identifier[municipalityCode].system 1..1
* identifier[municipalityCode].system = $kommunkod
* identifier[municipalityCode].value 1..1
* identifier[countyCode].system 1..1
* identifier[countyCode].system = $lanskod
* identifier[countyCode].value 1..1
* type 1..*
* type ^slicing.discriminator.type = #pattern
* type ^slicing.discriminator.path = "$this"
* type ^slicing.rules = #open
* type contains partyType 1..1
* type[partyType] ^patternCodeableConcept.coding.system = "https://siphub.se/fhir/CodeSystem/sip-party-type"
* type[partyType] from https://siphub.se/fhir/ValueSet/sip-party-type (required)
* name 1..1
* partOf only Reference(SipOrganization)
* obeys sip-organization-identifier and sip-organization-county and sip-organization-municipality

Invariant: sip-organization-identifier
Description: "En part har ett HSA-id eller ett organisationsnummer."
Severity: #error
Expression: "identifier.where(system = 'urn:oid:1.2.752.29.4.19' or system = 'urn:oid:2.5.4.97').exists()"

Invariant: sip-organization-county
Description: "En region utan överordnad part anger sin länskod."
Severity: #error
Expression: "partOf.exists() or type.coding.where(system = 'https://siphub.se/fhir/CodeSystem/sip-party-type' and code = 'region').empty() or identifier.where(system = 'urn:oid:1.2.752.129.2.2.1.18').exists()"

Invariant: sip-organization-municipality
Description: "En kommun utan överordnad part anger sin kommunkod."
Severity: #error
Expression: "partOf.exists() or type.coding.where(system = 'https://siphub.se/fhir/CodeSystem/sip-party-type' and code = 'municipality').empty() or identifier.where(system = 'urn:oid:1.2.752.129.2.2.1.17').exists()"

Profile: SipPractitioner
Parent: Practitioner
Id: SipPractitioner
Title: "Medarbetare"
Description: "En person som arbetar hos en part."
* insert CompliesWith(SEBasePractitioner)
* insert IdentifierSlices
* identifier contains hsaid 0..1
* identifier[hsaid].system 1..1
* identifier[hsaid].system = $hsaId
* identifier[hsaid].value 1..1
* name 1..1
* name obeys sip-name

Invariant: sip-name
Description: "Ett namn har efternamn, förnamn eller text."
Severity: #error
Expression: "family.exists() or given.exists() or text.exists()"

Profile: SipPractitionerRole
Parent: PractitionerRole
Id: SipPractitionerRole
Title: "Medarbetares uppdrag"
Description: "En namngiven persons uppdrag hos en part, med kontaktuppgifter."
* insert CompliesWith(SEBasePractitionerRole)
* insert IdentifierSlices
* identifier contains hsaid 0..1
* identifier[hsaid].system 1..1
* identifier[hsaid].system = $hsaId
* identifier[hsaid].value 1..1
* practitioner 1..1
* practitioner only Reference(SipPractitioner)
* organization 1..1
* organization only Reference(SipOrganization)
* healthcareService only Reference(SipHealthcareService)

Profile: SipHealthcareService
Parent: HealthcareService
Id: SipHealthcareService
Title: "Kontaktväg för SIP"
Description: "Dit kallelser och meddelanden till en part ska gå. Hålls alltid aktuell av parten."
* active 1..1
* providedBy 1..1
* providedBy only Reference(SipOrganization)
* name 1..1
* telecom 1..*

Profile: SipPatient
Parent: Patient
Id: SipPatient
Title: "Den enskilde"
Description: "Den person som planen gäller, så som en part har registrerat personen."
* insert CompliesWith(SEBasePatient)
* meta.security from http://hl7.se/fhir/ig/base/ValueSet/SecurityLabelVS (extensible)
* insert IdentifierSlices
* identifier 1..*
* identifier.system 1..1
* identifier.value 1..1
* identifier contains personnummer 0..1 and samordningsnummer 0..1 and nationelltReservnummer 0..1
* identifier[personnummer].system = $personnummer
* identifier[samordningsnummer].system = $samordningsnummer
* identifier[nationelltReservnummer].system = $reservnummer
* name 1..1
* name obeys sip-name
* birthDate 1..1
* generalPractitioner only Reference(SipOrganization or SipPractitioner or SipPractitionerRole)
* managingOrganization only Reference(SipOrganization)
* obeys sip-patient-identifier

Invariant: sip-patient-identifier
Description: "Personen har personnummer, samordningsnummer eller reservnummer (nationellt, regionalt eller LMA)."
Severity: #error
Expression: "identifier.where(system = 'http://electronichealth.se/identifier/personnummer' or system = 'http://electronichealth.se/identifier/samordningsnummer' or system = 'http://electronichealth.se/identifier/nationelltReservnummer' or system = 'http://electronichealth.se/identifier/LMA-nummer' or system = 'urn:oid:1.2.752.97.3.1.3' or system = 'urn:oid:1.2.752.113.11.0.2.1.1.1' or system = 'urn:oid:1.2.752.74.9.2' or system = 'urn:oid:1.2.752.129.2.1.3.2').exists()"

Profile: SipRelatedPerson
Parent: RelatedPerson
Id: SipRelatedPerson
Title: "Närstående eller företrädare"
Description: "Närstående, vårdnadshavare, god man eller förvaltare. Relationen öppnar inget förrän den är styrkt."
* extension contains SipMandate named mandate 0..*
* patient only Reference(SipPatient)
* relationship 1..*
* relationship from https://siphub.se/fhir/ValueSet/sip-relationship (required)
* name 1..*
* name obeys sip-name
* obeys sip-mandate-period

Invariant: sip-mandate-period
Description: "Ett uppdrag som god man eller förvaltare har en första dag i period."
Severity: #error
Expression: "relationship.coding.where(system = 'https://siphub.se/fhir/CodeSystem/sip-relationship' and (code = 'god-man' or code = 'forvaltare')).empty() or period.start.exists()"
