// Answers, figures, and the traces of who read and who wrote.

Profile: SipSurveyResponse
Parent: QuestionnaireResponse
Id: SipSurveyResponse
Title: "Enkätsvar (SIP-kollen)"
Description: "Ett anonymt svar: månad och kommun, inget mer om vem som svarade."
* extension contains SipSurveyMunicipality named municipality 1..1
* identifier 0..0
* basedOn 0..0
* partOf 0..0
* questionnaire 1..1
* status = #completed
* subject 0..0
* encounter 0..0
* author 0..0
* source 0..0
* authored 1..1
* authored obeys sip-survey-month

Invariant: sip-survey-month
Description: "Ett anonymt svar anger bara år och månad."
Severity: #error
Expression: "$this.toString().matches('^[0-9]{4}-[0-9]{2}$')"

Profile: SipSelfReport
Parent: QuestionnaireResponse
Id: SipSelfReport
Title: "Självskattning"
Description: "Den enskildes egna svar: hur har jag det, får jag det som lovats, hur nära är målet."
* basedOn only Reference(SipCarePlan)
* questionnaire 1..1
* subject 1..1
* subject only Reference(SipPatient)
* source 1..1
* source only Reference(SipPatient or SipRelatedPerson)
* authored 1..1

Profile: SipMeasureReport
Parent: MeasureReport
Id: SipMeasureReport
Title: "Uppföljning i siffror"
Description: "Sammanräknade tal där ingen kan kännas igen. Aldrig om en person. Vems tal det är står i reporter: subject får i R4 inte peka på en organisation."
* type = #summary
* date 1..1
* subject only Reference(Location)
* reporter 1..1
* reporter only Reference(SipOrganization)
* evaluatedResource 0..0

Profile: SipAuditEvent
Parent: AuditEvent
Id: SipAuditEvent
Title: "Loggpost"
Description: "Vem som gjorde vad, när, åt vilken part och om vem. Skapas av navet, en för varje person som berörs, efter mönstren i IHE Basic Audit Log Patterns. Sökfrågan själv och klientens adress står aldrig i loggen."
* type = http://terminology.hl7.org/CodeSystem/audit-event-type#rest
* action 1..1
* outcome 1..1
* agent.who 1..1
* agent ^slicing.discriminator.type = #pattern
* agent ^slicing.discriminator.path = "type"
* agent ^slicing.rules = #open
* agent contains recipient 0..1 and author 0..1 and user 0..1 and source 0..1 and destination 0..1
* agent[recipient] ^short = "Parten som fick uppgifter; policy: samtyckena som öppnade dem"
* agent[recipient].type = $participationType#IRCP
* agent[recipient].who only Reference(SipOrganization)
* agent[recipient].requestor = true
* agent[author] ^short = "Parten som skrev eller ändrade"
* agent[author].type = $participationType#AUT
* agent[author].who only Reference(SipOrganization)
* agent[author].requestor = true
* agent[user] ^short = "Den som arbetade hos parten, om klienten har sagt det; visas för parten själv"
* agent[user].type = http://terminology.hl7.org/CodeSystem/extra-security-role-type#humanuser
* agent[user].who.identifier 1..1
* agent[user].who.identifier.value 1..1
* agent[user].requestor = false
* agent[source] ^short = "Vid läsning navet, annars klienten"
* agent[source].type = $dicom#110153
* agent[destination] ^short = "Vid läsning klienten, annars navet"
* agent[destination].type = $dicom#110152
* source.observer 1..1
* entity 1..*
* entity ^slicing.discriminator.type = #pattern
* entity ^slicing.discriminator.path = "type"
* entity ^slicing.rules = #open
* entity contains patient 0..1 and object 0..* and transaction 0..1
* entity[patient].type = $auditEntityType#1
* entity[patient].role = $objectRole#1
* entity[patient].what 1..1
* entity[patient].what only Reference(SipPatient)
* entity[object] ^short = "En resurs, med vems den är (custodian), med vilken rätt (rule) och samtycket (consent); eller att en sökning gjordes"
* entity[object].type = $auditEntityType#2
* entity[transaction] ^short = "Begärans X-Request-Id"
* entity[transaction].type = https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType#XrequestId
* entity[transaction].what 1..1
* entity[transaction].what.identifier 1..1
* entity[transaction].what.identifier.value 1..1

Profile: SipProvenance
Parent: Provenance
Id: SipProvenance
Title: "Ursprung"
Description: "Vem som skrev eller ändrade något i planen, när och åt vilken part. Skapas av navet."
* activity 1..1
* agent.type 1..1
