// The plan and what it is made of.

Profile: SipCarePlan
Parent: CarePlan
Id: SipCarePlan
Title: "Samordnad individuell plan"
Description: "Den enskildes plan. description: det som är viktigt för mig, med den enskildes egna ord."
* extension contains SipNeed named need 0..* and SipStrength named strength 0..* and SipOverallResponsible named overallResponsible 0..1 and SipNextFollowUp named nextFollowUp 0..1 and SipFollowUpNote named followUpNote 0..* and SipCoordinationLevel named coordinationLevel 0..1 and SipLegalBasis named legalBasis 0..* and SipClosingReason named closingReason 0..1 and SipConsulted named consulted 0..* and SipParticipation named participation 0..1 and SipDischargeTrack named dischargeTrack 0..1
* intent = #plan
* category 1..*
* category ^slicing.discriminator.type = #pattern
* category ^slicing.discriminator.path = "$this"
* category ^slicing.rules = #open
* category contains planType 1..1
* category[planType] ^patternCodeableConcept.coding.system = "https://fhir.inera.se/CodeSystem/typeofcareplan-cs"
* category[planType] from https://siphub.se/fhir/ValueSet/sip-plan-type (required)
* title 1..1
* subject only Reference(SipPatient)
* encounter only Reference(SipEncounter)
* period 1..1
* period.start 1..1
* created 1..1
* author 1..1
* author only Reference(SipOrganization or SipPractitionerRole or SipPractitioner or SipPatient)
* contributor only Reference(SipOrganization or SipPractitionerRole or SipPractitioner or SipPatient or SipRelatedPerson or SipCareTeam)
* careTeam 1..1
* careTeam only Reference(SipCareTeam)
* goal only Reference(SipMainGoal or SipSubGoal)
* activity.reference 1..1
* activity.reference only Reference(SipIntervention or SipAppointment)
* activity.detail 0..0

RuleSet: SipGoalRules(kindCode)
* category 1..*
* category ^slicing.discriminator.type = #pattern
* category ^slicing.discriminator.path = "$this"
* category ^slicing.rules = #open
* category contains kind 1..1
* category[kind] = $goalKind#{kindCode}
* description.text 1..1
* subject only Reference(SipPatient)
* achievementStatus from http://hl7.org/fhir/ValueSet/goal-achievement (required)
* start[x] only date
* target.due[x] only date
* expressedBy only Reference(SipPatient or SipRelatedPerson or SipPractitioner or SipPractitionerRole)

Profile: SipMainGoal
Parent: Goal
Id: SipMainGoal
Title: "Huvudmål"
Description: "Det som den enskilde helst vill uppnå. En plan har exakt ett."
* insert SipGoalRules(main-goal)

Profile: SipSubGoal
Parent: Goal
Id: SipSubGoal
Title: "Delmål"
Description: "Ett steg på vägen till huvudmålet, under en ICF-rubrik och med den enskildes egna ord."
* insert SipGoalRules(sub-goal)
* category contains heading 0..1
* category[heading] ^patternCodeableConcept.coding.system = "http://hl7.org/fhir/sid/icf"
* category[heading] from https://siphub.se/fhir/ValueSet/sip-icf-heading (required)
* extension contains $goalRelationship named mainGoal 1..1
* extension[mainGoal].extension[type].valueCodeableConcept = $goalRelation#part-of
* obeys sip-sub-goal-heading

Invariant: sip-sub-goal-heading
Description: "Ett delmål har en ICF-kod (eller en svensk tilläggskod till ICF) som rubrik i category."
Severity: #error
Expression: "category.coding.where(system = 'http://hl7.org/fhir/sid/icf' or system = 'https://siphub.se/fhir/CodeSystem/icf-se').exists()"

Profile: SipIntervention
Parent: ServiceRequest
Id: SipIntervention
Title: "Insats"
Description: "Vad som ska göras, för vilket mål och vem som ansvarar för det."
* extension contains $pertainsToGoal named goal 1..* and $statusReason named statusReason 0..1
* extension[goal].valueReference only Reference(SipMainGoal or SipSubGoal)
* intent = #plan
* code 1..1
* subject only Reference(SipPatient)
* basedOn 1..1
* basedOn only Reference(SipCarePlan)
* performerType from https://siphub.se/fhir/ValueSet/sip-responsibility (required)
* performer 0..1
* performer only Reference(SipOrganization or SipPractitionerRole or SipPatient or SipRelatedPerson)
* obeys sip-performer-type

Invariant: sip-performer-type
Description: "En insats som har en utförare anger vems ansvar den är (performerType)."
Severity: #error
Expression: "performer.empty() or performerType.exists()"

Profile: SipCommitment
Parent: Task
Id: SipCommitment
Title: "Åtagande"
Description: "Den ansvariga partens eget besked om en insats: antagen, pågår, klar eller inte genomförd."
* code 1..1
* code = $taskCode#commitment
* intent = #plan
* status from https://siphub.se/fhir/ValueSet/sip-commitment-status (required)
* focus 1..1
* focus only Reference(SipIntervention)
* for 1..1
* for only Reference(SipPatient)
* owner 1..1
* owner only Reference(SipOrganization or SipPractitionerRole or SipPatient or SipRelatedPerson)
* obeys sip-commitment-reason

Invariant: sip-commitment-reason
Description: "Ett åtagande som avböjs eller inte kunde genomföras säger varför i statusReason."
Severity: #error
Expression: "(status = 'rejected' or status = 'failed') implies statusReason.exists()"

Profile: SipWorkItem
Parent: Task
Id: SipWorkItem
Title: "Att göra"
Description: "En påminnelse som navet skapar till den part som behöver göra något."
* code 1..1
* code from https://siphub.se/fhir/ValueSet/sip-work-item (required)
* intent = #order
* for 1..1
* for only Reference(SipPatient)
* focus 1..1
* owner 1..1
* owner only Reference(SipOrganization)

Profile: SipTask
Parent: Task
Id: SipTask
Title: "Uppgift"
Description: "En uppgift som en part ger sig själv eller en annan part i arbetet med planen."
* code 1..1
* for 1..1
* for only Reference(SipPatient)
* owner 1..1
* owner only Reference(SipOrganization or SipPractitionerRole or SipPractitioner or SipPatient or SipRelatedPerson)

Profile: SipCareTeam
Parent: CareTeam
Id: SipCareTeam
Title: "Vårdlag"
Description: "De som arbetar med planen och deras roller. Samordnaren är en namngiven person."
* status 1..1
* subject 1..1
* subject only Reference(SipPatient)
* participant 1..*
* participant.role 1..*
* participant.role from https://siphub.se/fhir/ValueSet/sip-team-role (required)
* participant.member 1..1
* participant.member only Reference(SipPractitionerRole or SipPractitioner or SipOrganization or SipPatient or SipRelatedPerson)
* participant.onBehalfOf only Reference(SipOrganization)
* participant obeys sip-coordinator-is-person
* managingOrganization only Reference(SipOrganization)

Invariant: sip-coordinator-is-person
Description: "Samordnaren är en person med uppdrag hos en part (PractitionerRole), inte en organisation."
Severity: #error
Expression: "role.coding.where(system = 'https://siphub.se/fhir/CodeSystem/sip-team-role' and code = 'coordinator').empty() or member.reference.startsWith('Organization').not()"
