// Operations of the hub's own. https://hl7.org/fhir/R4/operationdefinition.html

RuleSet: OwnOperation(type, code, name)
* name = "{name}"
* code = #{code}
* url = "https://siphub.se/fhir/OperationDefinition/{type}-{code}"
* kind = #operation
* status = #active
* resource = #{type}
* system = false

Instance: Consent-confirm
InstanceOf: OperationDefinition
Usage: #definition
* insert OwnOperation(Consent, confirm, ConfirmConsent)
* title = "Bekräfta ett gemensamt samtycke"
* description = "En organisation som namnges i ett samtycke som en annan part har registrerat bekräftar att också dess egna uppgifter får delas så som samtycket säger. Gäller från bekräftelsen. Kräver If-Match med den version som lästes. En senare version som öppnar mer måste bekräftas på nytt, och ett återkallat samtycke bekräftas på nytt om det åter blir aktivt."
* affectsState = true
* type = false
* instance = true
* parameter[0].name = #consent
* parameter[0].use = #out
* parameter[0].min = 1
* parameter[0].max = "1"
* parameter[0].documentation = "Den version av samtycket som bekräftades."
* parameter[0].type = #Reference
* parameter[1].name = #custodian
* parameter[1].use = #out
* parameter[1].min = 1
* parameter[1].max = "1"
* parameter[1].documentation = "Organisationen vars uppgifter öppnades."
* parameter[1].type = #Reference
* parameter[2].name = #confirmed
* parameter[2].use = #out
* parameter[2].min = 1
* parameter[2].max = "1"
* parameter[2].documentation = "När bekräftelsen togs emot."
* parameter[2].type = #instant
