// Search parameters of the hub's own, for what R4 has no element for. https://hl7.org/fhir/R4/searchparameter.html

RuleSet: SearchOf(code, type)
* name = "{code}"
* code = #{code}
* type = #{type}
* base = #CarePlan
* status = #active
* url = "https://siphub.se/fhir/SearchParameter/sip-careplan-{code}"

Instance: sip-careplan-coordination-level
InstanceOf: SearchParameter
Usage: #definition
* insert SearchOf(coordination-level, token)
* description = "Planer med en viss samordningsnivå."
* expression = "CarePlan.extension('https://siphub.se/fhir/StructureDefinition/sip-coordination-level').value"

Instance: sip-careplan-next-follow-up
InstanceOf: SearchParameter
Usage: #definition
* insert SearchOf(next-follow-up, date)
* description = "Planer som ska följas upp senast en viss dag."
* expression = "CarePlan.extension('https://siphub.se/fhir/StructureDefinition/sip-next-follow-up').value.ofType(date)"

Instance: sip-careplan-overall-responsible
InstanceOf: SearchParameter
Usage: #definition
* insert SearchOf(overall-responsible, reference)
* description = "Planer som en viss region eller kommun har det övergripande ansvaret för."
* target = #Organization
* expression = "CarePlan.extension('https://siphub.se/fhir/StructureDefinition/sip-overall-responsible').value.ofType(Reference)"
