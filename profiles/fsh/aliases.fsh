// Short names for the addresses used in this folder.
Alias: $goalRelationship = http://hl7.org/fhir/StructureDefinition/goal-relationship
Alias: $pertainsToGoal = http://hl7.org/fhir/StructureDefinition/resource-pertainsToGoal
Alias: $statusReason = http://hl7.org/fhir/StructureDefinition/request-statusReason
Alias: $personnummer = http://electronichealth.se/identifier/personnummer
Alias: $samordningsnummer = http://electronichealth.se/identifier/samordningsnummer
Alias: $reservnummer = http://electronichealth.se/identifier/nationelltReservnummer
Alias: $hsaId = urn:oid:1.2.752.29.4.19
Alias: $organisationsnummer = urn:oid:2.5.4.97
Alias: $kommunkod = urn:oid:1.2.752.129.2.2.1.17
Alias: $lanskod = urn:oid:1.2.752.129.2.2.1.18
Alias: $planType = https://fhir.inera.se/CodeSystem/typeofcareplan-cs
Alias: $icf = http://hl7.org/fhir/sid/icf
Alias: $partyType = https://siphub.se/fhir/CodeSystem/sip-party-type
Alias: $goalKind = https://siphub.se/fhir/CodeSystem/sip-goal-kind
Alias: $goalRelation = https://siphub.se/fhir/CodeSystem/sip-goal-relation
Alias: $taskCode = https://siphub.se/fhir/CodeSystem/sip-task-code
Alias: $communicationCategory = https://siphub.se/fhir/CodeSystem/sip-communication-category
Alias: $consentScope = http://terminology.hl7.org/CodeSystem/consentscope
Alias: $loinc = http://loinc.org
Alias: $dicom = http://dicom.nema.org/resources/ontology/DCM
Alias: $auditEntityType = http://terminology.hl7.org/CodeSystem/audit-entity-type
Alias: $objectRole = http://terminology.hl7.org/CodeSystem/object-role
Alias: $participationType = http://terminology.hl7.org/CodeSystem/v3-ParticipationType

// Says that what conforms to this profile also conforms to HL7 Sweden's base profile of the type.
RuleSet: CompliesWith(profile)
* ^extension[0].url = "http://hl7.org/fhir/StructureDefinition/structuredefinition-compliesWithProfile"
* ^extension[0].valueCanonical = "http://hl7.se/fhir/ig/base/StructureDefinition/{profile}"

// Lists sorted by identifier system; further systems are kept.
RuleSet: IdentifierSlices
* identifier ^slicing.discriminator.type = #value
* identifier ^slicing.discriminator.path = "system"
* identifier ^slicing.rules = #open
