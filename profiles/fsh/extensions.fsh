// What the law and the routines ask of a plan and a consent, and FHIR R4 has no element for.
// Each says where it may stand (context) and holds one kind of value.

RuleSet: NeedOrStrength
* ^context[0].type = #element
* ^context[0].expression = "CarePlan"
* extension contains text 1..1 and code 0..*
* extension[text].value[x] 1..1
* extension[text].value[x] only string
* extension[code].value[x] 1..1
* extension[code].value[x] only CodeableConcept
* extension[code].valueCodeableConcept from https://siphub.se/fhir/ValueSet/sip-icf (extensible)

Extension: SipNeed
Id: sip-need
Title: "Behov"
Description: "Ett behov med den enskildes egna ord, gärna med en ICF-kod bredvid."
* insert NeedOrStrength

Extension: SipStrength
Id: sip-strength
Title: "Resurs eller styrka"
Description: "Något som den enskilde kan, har eller vill bygga vidare på, gärna med en ICF-kod bredvid."
* insert NeedOrStrength

RuleSet: On(type)
* ^context[+].type = #element
* ^context[=].expression = "{type}"

RuleSet: CodedValue(valueSet, strength)
* value[x] 1..1
* value[x] only CodeableConcept
* valueCodeableConcept from https://siphub.se/fhir/ValueSet/{valueSet} ({strength})

Extension: SipOverallResponsible
Id: sip-overall-responsible
Title: "Huvudansvarig"
Description: "Den region eller kommun som har det övergripande ansvaret för planen."
* insert On(CarePlan)
* value[x] 1..1
* value[x] only Reference(SipOrganization)

Extension: SipNextFollowUp
Id: sip-next-follow-up
Title: "Nästa uppföljning"
Description: "Den dag planen senast ska följas upp."
* insert On(CarePlan)
* value[x] 1..1
* value[x] only date

Extension: SipFollowUpNote
Id: sip-follow-up-note
Title: "Uppföljningsanteckning"
Description: "En uppföljning som har hållits utan bokat möte: vilken dag och vad den kom fram till."
* insert On(CarePlan)
* extension contains date 1..1 and text 1..1
* extension[date].value[x] 1..1
* extension[date].value[x] only date
* extension[text].value[x] 1..1
* extension[text].value[x] only string

Extension: SipCoordinationLevel
Id: sip-coordination-level
Title: "Samordningsnivå"
Description: "Hur mycket samordning som behövs: information, SIP, SIP+ eller SIP++."
* insert On(CarePlan)
* insert On(Communication)
* insert CodedValue(sip-coordination-level, required)

Extension: SipLegalBasis
Id: sip-legal-basis
Title: "Lagstöd"
Description: "Den lag som planen görs enligt."
* insert On(CarePlan)
* insert CodedValue(sip-legal-basis, extensible)

Extension: SipClosingReason
Id: sip-closing-reason
Title: "Skäl till avslut"
Description: "Varför planen avslutades eller upphävdes."
* insert On(CarePlan)
* insert CodedValue(sip-closing-reason, required)

Extension: SipConsulted
Id: sip-consulted
Title: "Har fått säga sitt om avslutet"
Description: "En part, den enskilde eller en närstående som har fått säga sitt innan planen avslutades, och när."
* insert On(CarePlan)
* extension contains who 1..1 and date 1..1
* extension[who].value[x] 1..1
* extension[who].value[x] only Reference(SipOrganization or SipPractitionerRole or SipPatient or SipRelatedPerson)
* extension[date].value[x] 1..1
* extension[date].value[x] only date

Extension: SipParticipation
Id: sip-participation
Title: "Den enskildes medverkan"
Description: "Hur den enskilde tog del i planen: medverkade, företräddes, avstod eller kunde inte."
* insert On(CarePlan)
* insert CodedValue(sip-participation, required)

Extension: SipDischargeTrack
Id: sip-discharge-track
Title: "Spår vid utskrivning"
Description: "Spår enligt den överenskommelse som gäller i länet. Koderna bestäms av överenskommelsen."
* insert On(CarePlan)
* insert On(Encounter)
* value[x] 1..1
* value[x] only CodeableConcept

Extension: SipConsentBasis
Id: sip-consent-basis
Title: "Grund för samtycket"
Description: "Eget samtycke, vårdnadshavare, företrädare, menprövning eller övertaget från utskrivning."
* insert On(Consent)
* insert CodedValue(sip-consent-basis, required)

Extension: SipConsentEvidence
Id: sip-consent-evidence
Title: "Hur samtycket gavs"
Description: "Muntligt, på papper eller med e-legitimation, när det inte finns en inläst blankett."
* insert On(Consent)
* insert CodedValue(sip-consent-evidence, required)

Extension: SipChildView
Id: sip-child-view
Title: "Barnets egen inställning"
Description: "Vad barnet självt tycker om att uppgifter delas, och hur barnet fick komma till tals."
* insert On(Consent)
* extension contains view 1..1 and note 0..1
* extension[view].value[x] 1..1
* extension[view].value[x] only CodeableConcept
* extension[view].valueCodeableConcept from https://siphub.se/fhir/ValueSet/sip-child-view (required)
* extension[note].value[x] 1..1
* extension[note].value[x] only string

Extension: SipSecondGuardianReason
Id: sip-second-guardian-reason
Title: "Varför en vårdnadshavare räcker"
Description: "Skälet till att bara en av två vårdnadshavare har samtyckt."
* insert On(Consent)
* value[x] 1..1
* value[x] only string

Extension: SipHarmAssessment
Id: sip-harm-assessment
Title: "Menprövning"
Description: "En parts bedömning att dess egna uppgifter kan lämnas ut utan men: vilken part, vem som bedömde och varför."
* insert On(Consent)
* extension contains custodian 1..1 and assessor 1..1 and reason 1..1
* extension[custodian].value[x] 1..1
* extension[custodian].value[x] only Reference(SipOrganization)
* extension[assessor].value[x] 1..1
* extension[assessor].value[x] only Reference(SipPractitioner or SipPractitionerRole)
* extension[reason].value[x] 1..1
* extension[reason].value[x] only string

Extension: SipOwnAuthority
Id: sip-own-authority
Title: "Egen myndighet"
Description: "Sant för en enhet som är en myndighet för sig. Sekretess gäller mot dem som står över och bredvid."
* insert On(Organization)
* value[x] 1..1
* value[x] only boolean

Extension: SipMandate
Id: sip-mandate
Title: "Uppdragets omfattning"
Description: "Vad ett uppdrag som god man eller förvaltare omfattar."
* insert On(RelatedPerson)
* insert CodedValue(sip-mandate, required)

Extension: SipMeetingForm
Id: sip-meeting-form
Title: "Mötesform"
Description: "På plats, video eller telefon."
* insert On(Appointment)
* insert CodedValue(sip-meeting-form, required)

Extension: SipMeetingQuestion
Id: sip-meeting-question
Title: "Frågeställning"
Description: "En fråga som mötet ska svara på."
* insert On(Appointment)
* value[x] 1..1
* value[x] only string

Extension: SipShortNotice
Id: sip-short-notice
Title: "Skäl till kort varsel"
Description: "Varför kallelsen går ut senare än överenskommet: brådskande eller överenskommet med alla."
* insert On(Appointment)
* insert CodedValue(sip-short-notice, required)

Extension: SipRemoteAddress
Id: sip-remote-address
Title: "Adress till videomöte"
Description: "Länk eller telefonnummer för den som deltar på distans."
* insert On(Appointment)
* value[x] 1..1
* value[x] only ContactPoint

Extension: SipAttendee
Id: sip-attendee
Title: "Vem som kommer"
Description: "Den person som parten skickar till mötet, och om personen får besluta om insatser."
* insert On(AppointmentResponse)
* extension contains who 1..1 and mayDecide 1..1
* extension[who].value[x] 1..1
* extension[who].value[x] only Reference(SipPractitioner or SipPractitionerRole or SipRelatedPerson)
* extension[mayDecide].value[x] 1..1
* extension[mayDecide].value[x] only boolean

Extension: SipReferredTo
Id: sip-referred-to
Title: "Hänvisar vidare till"
Description: "Den enhet som kallelsen i stället borde gå till."
* insert On(AppointmentResponse)
* value[x] 1..1
* value[x] only Reference(SipOrganization or SipHealthcareService)

Extension: SipExpectedDischarge
Id: sip-expected-discharge
Title: "Beräknad utskrivning"
Description: "När patienten beräknas skrivas ut, enligt inskrivningsmeddelandet eller en senare ändring."
* insert On(Encounter)
* value[x] 1..1
* value[x] only dateTime

Extension: SipReadyForDischarge
Id: sip-ready-for-discharge
Title: "Utskrivningsklar"
Description: "När behandlande läkare bedömde att patienten är utskrivningsklar."
* insert On(Encounter)
* value[x] 1..1
* value[x] only dateTime

Extension: SipSurveyMunicipality
Id: sip-survey-municipality
Title: "Kommun för enkätsvaret"
Description: "Kommunen som ett anonymt svar räknas till. Inget mer än så sägs om vem som svarade."
* insert On(QuestionnaireResponse)
* value[x] 1..1
* value[x] only Coding
* valueCoding from https://siphub.se/fhir/ValueSet/se-kommun (required)
