// Consent: who may see whose data, for how long. https://profiles.ihe.net/ITI/PCF
// What the hub cannot enforce (action, class, code, …) is refused by the hub itself, with a code of its own.

Profile: SipConsent
Parent: Consent
Id: SipConsent
Title: "Samtycke"
Description: "Öppnar uppgifter hos organization för mottagarna i provision.actor. Inskränkningar får stå en nivå ned."
* extension contains SipConsentBasis named basis 1..1 and SipConsentEvidence named evidence 0..1 and SipChildView named childView 0..1 and SipSecondGuardianReason named secondGuardianReason 0..1 and SipHarmAssessment named harmAssessment 0..*
* scope = $consentScope#patient-privacy
* category ^slicing.discriminator.type = #pattern
* category ^slicing.discriminator.path = "$this"
* category ^slicing.rules = #open
* category contains patientConsent 1..1
* category[patientConsent] = $loinc#59284-0
* patient 1..1
* patient only Reference(SipPatient)
* dateTime 1..1
* performer only Reference(SipPatient or SipRelatedPerson)
* organization 1..*
* organization only Reference(SipOrganization)
* policy 1..*
* policy.uri 1..1
* provision 1..1
* provision.type 1..1
* provision.type = #permit
* provision.actor 1..*
* provision.actor.role = $participationType#IRCP
* provision.actor.reference only Reference(SipOrganization)
* provision.provision.type 1..1
* provision.provision.type = #deny
* provision.provision.data.meaning = #instance
* obeys sip-consent-performer and sip-consent-evidence-given and sip-consent-harm-assessed

Invariant: sip-consent-performer
Description: "Ett samtycke anger vem som gav det (performer), om det inte bygger på en menprövning."
Severity: #error
Expression: "performer.exists() or extension.where(url = 'https://siphub.se/fhir/StructureDefinition/sip-consent-basis').value.coding.where(code = 'harm-assessment').exists()"

Invariant: sip-consent-evidence-given
Description: "Ett samtycke har en inläst blankett i source eller säger hur det gavs, om det inte bygger på en menprövning."
Severity: #error
Expression: "source.exists() or extension.where(url = 'https://siphub.se/fhir/StructureDefinition/sip-consent-evidence').exists() or extension.where(url = 'https://siphub.se/fhir/StructureDefinition/sip-consent-basis').value.coding.where(code = 'harm-assessment').exists()"

Invariant: sip-consent-harm-assessed
Description: "Ett samtycke som bygger på menprövning anger vem som bedömde, för vilken part och varför."
Severity: #error
Expression: "extension.where(url = 'https://siphub.se/fhir/StructureDefinition/sip-consent-basis').value.coding.where(code = 'harm-assessment').empty() or extension.where(url = 'https://siphub.se/fhir/StructureDefinition/sip-harm-assessment').exists()"
