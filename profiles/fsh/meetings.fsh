// Calls, meetings, answers, messages, hospital stays.

Profile: SipAppointment
Parent: Appointment
Id: SipAppointment
Title: "Kallelse och möte"
Description: "Kallelse till SIP-möte, förmöte eller uppföljning. Deltagarnas roller står i participant.type."
* extension contains SipMeetingForm named form 0..* and SipMeetingQuestion named question 0..* and SipShortNotice named shortNotice 0..1 and SipRemoteAddress named remoteAddress 0..1
* appointmentType 1..1
* appointmentType from https://siphub.se/fhir/ValueSet/sip-appointment-type (required)
* participant.actor 1..1
* participant.actor only Reference(SipPatient or SipPractitioner or SipPractitionerRole or SipRelatedPerson or SipHealthcareService or Location)
* obeys sip-appointment-individual

Invariant: sip-appointment-individual
Description: "Ett möte har den enskilde som deltagare, exakt en gång, även om den enskilde inte själv kommer."
Severity: #error
Expression: "participant.actor.where(reference.startsWith('Patient') or type = 'Patient').count() = 1"

Profile: SipAppointmentResponse
Parent: AppointmentResponse
Id: SipAppointmentResponse
Title: "Svar på kallelse"
Description: "En kallad parts eget svar. Navet för över det till mötet."
* extension contains SipAttendee named attendee 0..* and SipReferredTo named referredTo 0..1
* appointment only Reference(SipAppointment)
* actor 1..1
* actor only Reference(SipPatient or SipPractitioner or SipPractitionerRole or SipRelatedPerson or SipHealthcareService)
* participantStatus from https://siphub.se/fhir/ValueSet/sip-response-status (required)
* obeys sip-decline-reason

Invariant: sip-decline-reason
Description: "Den som tackar nej säger varför i comment eller hänvisar vidare till en annan enhet."
Severity: #error
Expression: "participantStatus = 'declined' implies (comment.exists() or extension.where(url = 'https://siphub.se/fhir/StructureDefinition/sip-referred-to').exists())"

Profile: SipCommunication
Parent: Communication
Id: SipCommunication
Title: "Meddelande, avvikelse eller behov"
Description: "Ett meddelande mellan parterna eller från den enskilde. Sorten står i category."
* extension contains SipCoordinationLevel named coordinationLevel 0..1
* category 1..*
* category ^slicing.discriminator.type = #pattern
* category ^slicing.discriminator.path = "$this"
* category ^slicing.rules = #open
* category contains kind 1..1
* category[kind] ^patternCodeableConcept.coding.system = "https://siphub.se/fhir/CodeSystem/sip-communication-category"
* category[kind] from https://siphub.se/fhir/ValueSet/sip-communication-category (required)
* subject only Reference(SipPatient)
* sender 1..1
* sender only Reference(SipOrganization or SipPractitioner or SipPractitionerRole or SipPatient or SipRelatedPerson or SipHealthcareService)
* recipient only Reference(SipOrganization or SipPractitioner or SipPractitionerRole or SipPatient or SipRelatedPerson or SipHealthcareService or SipCareTeam)
* payload 1..*
* obeys sip-communication-subject and sip-deviation-about and sip-need-level

Invariant: sip-communication-subject
Description: "Ett meddelande anger vem det gäller, utom en förfrågan (consultation) som inte får göra det."
Severity: #error
Expression: "category.coding.where(system = 'https://siphub.se/fhir/CodeSystem/sip-communication-category' and code = 'consultation').exists() = subject.empty()"

Invariant: sip-deviation-about
Description: "En avvikelse anger vilken insats eller plan den gäller i about."
Severity: #error
Expression: "category.coding.where(system = 'https://siphub.se/fhir/CodeSystem/sip-communication-category' and code = 'deviation').empty() or about.exists()"

Invariant: sip-need-level
Description: "En anmälan om behov av SIP anger bedömd samordningsnivå."
Severity: #error
Expression: "category.coding.where(system = 'https://siphub.se/fhir/CodeSystem/sip-communication-category' and code = 'need').empty() or extension.where(url = 'https://siphub.se/fhir/StructureDefinition/sip-coordination-level').exists()"

Profile: SipEncounter
Parent: Encounter
Id: SipEncounter
Title: "Vårdtillfälle"
Description: "Inskrivning, utskrivningsklar och utskrivning enligt lagen om samverkan vid utskrivning."
* extension contains SipExpectedDischarge named expectedDischarge 0..1 and SipReadyForDischarge named readyForDischarge 0..1 and SipDischargeTrack named dischargeTrack 0..1
* subject 1..1
* subject only Reference(SipPatient)
* period 1..1
* period.start 1..1
* serviceProvider 1..1
* serviceProvider only Reference(SipOrganization)
